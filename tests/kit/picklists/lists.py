"""Addresses of the picklists that tests change, and what they do with them again and again."""

from contextlib import closing, contextmanager
from urllib.parse import quote

from tandem.provision import connect
from tests.eventually import eventually

SIZES, SHAPES, GRADES = (f"/meta/medal/picklists/{name}" for name in ("size", "shape", "grade"))


def new(old):
    """What a test renames it to."""
    return old.replace("old", "new")


def value(picklist, name):
    return f"{picklist}/values/{quote(name, safe='')}"


def names(document):
    return [one["value"] for one in document["values"]]


def one(document, name):
    (found,) = (held for held in document["values"] if held["value"] == name)
    return found


def followed(api, picklist):
    """The picklist, once its records have followed."""
    eventually(lambda: api.get(picklist)["following"], [])
    return api.get(picklist)


@contextmanager
def kept_busy(workshop, *ids):
    """Somebody is writing these records for as long as the block lasts."""
    url = workshop.database.url.render_as_string(hide_password=False)
    with closing(connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT 1 FROM medal WHERE id = ANY(%s::uuid[]) FOR UPDATE", (list(ids),))
        yield
        cursor.execute("ROLLBACK")


def waiting(workshop):
    """How many transactions wait for another one."""
    return workshop.sql(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )


def found(api, tag, size):
    path = f"/medals?q={tag}&filter[size]={quote(size)}&sort=size,name&fields=size"
    return [item["size"] for item in api.get(path)["items"]]
