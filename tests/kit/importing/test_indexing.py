"""What a file's rows are matched and linked by is indexed for as long as people import by it."""

import pytest
from sqlalchemy import event, text

from crmkit.records.deduplication import agreement
from crmkit.records.importing import linking
from crmkit.records.tailoring import indexes
from tests.eventually import eventually

HEADINGS = "Name,Notes,Email,Parent,Gizmo,Owner"


def lent(workshop, *, like="%"):
    """Each index that imports have asked for: its table, and whether PostgreSQL has it."""
    return workshop.sql(
        "SELECT w.record_table, w.name, coalesce(i.indisvalid, false) FROM wanted_index w"
        " LEFT JOIN pg_class c ON c.relname = w.name LEFT JOIN pg_index i ON i.indexrelid = c.oid"
        " WHERE w.name LIKE '%%_lent_%%' AND w.definition LIKE %s ORDER BY 1, w.definition",
        like,
    )


def tended(workshop):
    """For each index that is lent whether PostgreSQL has it."""
    indexes.tend(workshop.database)
    return [made for _, _, made in lent(workshop)]


def nobody_imports(workshop):
    """As when the last import was more than seven days ago."""
    workshop.sql(
        "UPDATE wanted_index SET wanted_until = now() - interval '1 second'"
        " WHERE name LIKE '%%_lent_%%' RETURNING 1"
    )
    eventually(lambda: tended(workshop), [])


@pytest.fixture
def imported(workshop, importer, tag):
    """An import by name and address, with links to this service's records and to another's; what
    others were lent is gone.
    """
    nobody_imports(workshop)
    sent = importer.send(f"{HEADINGS}\n{tag},x,{tag}@example.com,{tag} a,{tag} b,ben\n")
    plan = sent["proposal"] | {"match": ["email", "name"], "on_match": "skip"}
    importer.ended(importer.start("check", sent, plan))
    eventually(lambda: tended(workshop), [True] * 4)
    return sent, plan


def used(workshop, ask):
    """The indexes that the statements of `ask(uow)` would go by among a million records."""
    asked = []

    def note(_connection, _cursor, statement, parameters, _context, _many):
        asked.append((statement, parameters))

    engine = workshop.database.engine
    with workshop.unit_of_work() as uow:
        uow.session.execute(text("SET LOCAL enable_seqscan = off"))
        event.listen(engine, "before_cursor_execute", note)
        try:
            ask(uow)
        finally:
            event.remove(engine, "before_cursor_execute", note)
        for statement, parameters in asked:
            cursor = uow.session.connection().connection.cursor()
            cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}", parameters)
            [(plans,)] = cursor.fetchall()
            yield from _names(plans[0]["Plan"])


def _names(step):
    if "Index Name" in step:
        yield step["Index Name"]
    for below in step.get("Plans", []):
        yield from _names(below)


def test_rows_are_matched_and_linked_from_indexes(workshop, imported):
    def match(uow):
        agreement.holders(uow, uow.entities["widget"], [("email", "name")], [["some key"]])

    def link(uow, target, by):
        wanted = linking.Links()
        wanted.want(target, by, "Somebody")
        linking.resolve(uow, wanted)

    [(_, matched, _)] = lent(workshop, like="%md5%")
    assert list(used(workshop, match)) == [matched]
    [(_, named, _)] = lent(workshop, like="%coalesce(CAST(name%")
    assert list(used(workshop, lambda uow: link(uow, "widget", "name"))) == [named]
    [(_, elsewhere, _)] = lent(workshop, like="%(label%")
    assert list(used(workshop, lambda uow: link(uow, "gizmo", "name"))) == [elsewhere]
    [(_, numbered, _)] = lent(workshop, like="%number%")
    assert list(used(workshop, lambda uow: link(uow, "gizmo", "number"))) == [numbered]


def test_what_nobody_imports_by_any_more_goes(workshop, importer, imported):
    nobody_imports(workshop)
    importer.ended(importer.start("check", *imported))
    eventually(lambda: tended(workshop), [True] * 4)
    [(days,)] = workshop.sql(
        "SELECT DISTINCT round(extract(epoch FROM wanted_until - now()) / 86400)"
        " FROM wanted_index WHERE name LIKE '%%_lent_%%'"
    )
    assert days == 7
