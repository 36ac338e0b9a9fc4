"""What is kept of a record goes when the record is gone for good, and nothing else does."""

import uuid

import pytest

from crmkit.db import KIT
from crmkit.unit_of_work import new_id
from tests.eventually import eventually

LEFT = {
    "audit": "who purged it and when",
    "history": "the same",
    "outbox": "what was told, for seven days",
    "idempotency_key": "an answer to a POST that may be repeated, for a day",
    "kept_part": "a file that may hold it, for a day",
    "job_row": "what a job did with it, by its id",
}
"""Where something may still stand after a purge, as docs/how-to/merge-and-purge.md says."""
OTHERS = {"linked_record"}
"""What is kept of other services' records."""


def tables_holding(workshop, word):
    """The tables in which some row says `word`, in whichever column."""
    columns = workshop.sql(
        "SELECT table_name, column_name, data_type FROM information_schema.columns "
        "JOIN information_schema.tables USING (table_schema, table_name) "
        "WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
    )
    found = set()
    for table, column, kind in columns:
        text = f"encode(\"{column}\", 'escape')" if kind == "bytea" else f'"{column}"::text'
        if workshop.sql(f'SELECT 1 FROM "{table}" WHERE {text} LIKE %s LIMIT 1', f"%{word}%"):
            found.add(table)
    return found


def about_records():
    """The kit's tables that name a record of the service."""
    columns = {"record_id", "other_id", "target_id", "survivor_id", "loser_id"}
    return {name for name, table in KIT.tables.items() if columns & set(table.c.keys())}


@pytest.fixture
def told(ben, workshop, tag):
    """A widget and one that was merged into it, with a word of theirs wherever one can stand."""

    def make(word):
        body = {"name": word, "notes": word, "code": word}
        key = str(uuid.uuid4())
        widget = ben("POST", "/widgets", body, status=201, Idempotency_Key=key)
        loser = ben("PUT", f"/widgets/external/{word}/1", {"name": word, "notes": word}, status=201)
        crate = ben.create("crates", name=tag)
        for each in (widget, loser):
            at = f"/widgets/{each['id']}"
            ben("PUT", f"{at}/tags/{word}", {"visibility": "shared"}, status=204)
            ben("PUT", f"{at}/follow", status=204)
            ben("PUT", f"{at}/related/crates/{crate['id']}", status=204)
            said = ben("POST", f"{at}/comments", {"body": word}, status=201)["id"]
            ben("PATCH", f"{at}/comments/{said}", {"body": f"{word} again"})
        wish = {"losers": [loser["id"]], "take": {"notes": loser["id"]}}
        at = f"/widgets/{widget['id']}"
        ben("POST", f"{at}/merge", wish)
        ben.create("widgets", name=tag, parent_id=widget["id"])
        ben.get(at)
        seen = "SELECT 1 FROM recent_view WHERE record_id = %s"
        eventually(lambda: bool(workshop.sql(seen, widget["id"])))
        workshop.sql(
            "WITH started AS (INSERT INTO job (id, kind, entity, actor_id, request_id, traceparent,"
            " parameters, state, finished_at) VALUES (%s, 'mass', 'widget', %s, '',"
            " '', '{}', 'done', now()) RETURNING id) INSERT INTO job_row SELECT id, 1, %s,"
            " 'refused', jsonb_build_object('detail', %s), jsonb_build_object('name', %s)"
            " FROM started",
            *(new_id(), widget["created_by"], widget["id"], word, word),
        )
        workshop.sql(
            "WITH made AS (INSERT INTO kept_file (id, entity, actor_id, name, media_type,"
            " expires_at) VALUES (gen_random_uuid(), 'widget', %s, %s, '', now() + interval"
            " '7 days') RETURNING id) INSERT INTO kept_part SELECT id, 0, %s FROM made",
            *(widget["created_by"], tag, word.encode()),
        )
        ben("DELETE", at, status=204)
        return widget["id"], loser["id"]

    return make


def test_a_purge_leaves_nothing_behind(workshop, boss, told, tag):
    word, other = f"{tag}w", f"{tag}o"
    widget, loser = told(word)
    kept = told(other)
    holding = [tables_holding(workshop, each) for each in (other, *kept)]
    named = tables_holding(workshop, widget) | tables_holding(workshop, loser)
    assert about_records() - OTHERS <= named, "let told() have one of each"
    assert tables_holding(workshop, word) >= {"merge", "comment_version", "job_row", "history"}
    boss("POST", "/widgets/bin/purge", {"ids": [widget]})
    for each in (word, widget, loser):
        assert tables_holding(workshop, each) <= LEFT.keys()
    for table in ("audit", "history", "job_row"):
        assert table not in tables_holding(workshop, word)
    rows = workshop.sql("SELECT fact FROM history WHERE record_id IN (%s, %s)", widget, loser)
    assert rows == [("purged",)] * 2
    soon = "SELECT expires_at < now() + interval '25 hours' FROM kept_file WHERE name = %s"
    assert set(workshop.sql(soon, tag)) == {(True,)}
    assert [tables_holding(workshop, each) for each in (other, *kept)] == holding
