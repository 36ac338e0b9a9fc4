"""All that a service keeps, as one value: what was refused must leave it as it was."""

_TABLES = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind = 'r' ORDER BY c.relname
"""


def kept(service, *, but=()):
    """A digest of every row of each of the service's tables, by table; not of those named `but`."""
    tables = [name for (name,) in service.sql(_TABLES) if name not in but]
    one = "SELECT '{0}', count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM \"{0}\" t"
    rows = service.sql(" UNION ALL ".join(one.format(name) for name in tables))
    return {name: (count, digest) for name, count, digest in rows}


def changed(before, after):
    """The names of the tables of which something has changed."""
    return sorted(name for name in before if before[name] != after[name])
