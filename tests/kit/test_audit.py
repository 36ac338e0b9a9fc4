"""The audit: what gets into it, who may read it, and that nobody can change it unseen."""

import json
import threading
import uuid
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from contracts.caller import Caller
from crmkit import migrations
from crmkit.db import Database
from crmkit.records import auditing
from crmkit.records.auditing import chain, verifying
from crmkit.records.writing import journal
from crmkit.unit_of_work import UnitOfWork
from tests import cluster
from tests.kit.importing.importer import Importer
from tests.kit.test_parked_events import park  # noqa: F401 - a fixture
from tests.service.served import BEN, BOSS


def rows(boss, **wanted):
    """What the audit holds, the oldest first, without reads of itself."""
    query = "&".join(f"{name}={value}" for name, value in wanted.items())
    found, cursor = [], ""
    while cursor is not None:
        page = boss.get(f"/audit?limit=200&{query}" + (f"&cursor={cursor}" if cursor else ""))
        found += [row for row in page["items"] if row["act"] != "audit.read"]
        cursor = page["next_cursor"]
    return found[::-1]


class TestWhatGetsIntoIt:
    def test_what_administrators_alone_write(self, boss, tag):
        secret = boss.create("secrets", text=tag)
        boss(
            "PATCH", f"/secrets/{secret['id']}", {"text": f"{tag} two"}, X_Forwarded_For="192.0.2.7"
        )
        boss("DELETE", f"/secrets/{secret['id']}", status=204)
        found = rows(boss, subject_id=secret["id"])
        assert [(row["act"], row["actor_id"]) for row in found] == [
            ("secret.created", BOSS),
            ("secret.changed", BOSS),
            ("secret.deleted", BOSS),
        ]
        assert found[1]["details"] == {"changes": {"text": [tag, f"{tag} two"]}}
        assert found[1]["personal"] == {"address": "192.0.2.7"}
        assert found[2]["personal"] == {"address": "127.0.0.1"}

    def test_exports_with_filter_and_count(self, ben, boss, widget, tag):
        ben.ask("POST", "/widgets/export", {"filter": {"field": "name", "value": tag}})
        (row,) = [r for r in rows(boss, act="records.exported", actor_id=BEN) if tag in str(r)]
        assert row["subject_type"] == "widget"
        assert row["details"] == {"format": "csv", "fields": [], "view": None, "count": 1}
        asked = {"filter": {"field": "name", "value": tag}, "q": ""}
        assert row["personal"] == {**asked, "address": "127.0.0.1"}

    def test_mass_changes_and_purges(self, ben, boss, widget):
        chosen = {"ids": [widget["id"]]}
        ben("POST", "/widgets/mass", {"operation": "delete", "selection": chosen})
        boss("POST", "/widgets/bin/purge", chosen)
        found = [row for row in rows(boss, subject_type="widget") if widget["id"] in str(row)]
        assert [(row["act"], row["actor_id"]) for row in found] == [
            ("records.mass_changed", BEN),
            ("records.purged", BOSS),
        ]
        assert found[0]["details"]["counts"] == {"done": 1}
        assert found[1]["details"] == {"count": 1, "ids": [widget["id"]]}

    def test_imports_and_that_they_are_taken_back(self, ben, boss, tag):
        importer = Importer(ben)
        sent = importer.send(f"Name,Parts\n{tag} one,1\n{tag} two,2\n", name=f"{tag}.csv")
        run = importer.ended(importer.start("run", sent))
        importer.start("run", sent, status=409)
        undo = importer.ended(importer.start("undo", sent))
        found = [row for row in rows(boss, subject_type="widget") if sent["id"] in str(row)]
        assert [(row["act"], row["actor_id"], row["details"]) for row in found] == [
            (act, BEN, {"import_id": sent["id"], "job_id": job["id"], "count": 2})
            for act, job in (("records.imported", run), ("records.import_undone", undo))
        ]
        assert found[0]["personal"]["file"] == f"{tag}.csv"
        assert found[0]["personal"]["plan"] == sent["proposal"]

    def test_how_modules_are_tailored(self, boss, tag):
        boss("PUT", "/meta/medal/names", {"nl": {"one": tag, "many": f"{tag}s"}})
        row = rows(boss, act="module.tailored", subject_type="medal")[-1]
        assert row["details"]["what"] == "names"
        assert tag in json.dumps(row["details"]["changes"])

    def test_decisions_on_parked_events(self, boss, park):  # noqa: F811
        parked_id, _ = park()
        boss("POST", f"/parked-events/{parked_id}/discard")
        (row,) = rows(boss, subject_id=parked_id)
        assert row["act"] == "parked_event.discarded"
        assert row["details"] == {
            "type": "crm.elsewhere.thing.created.v1",
            "subscription": "people",
        }

    def test_that_it_was_read(self, boss):
        boss.get("/audit?act=nothing.like.it")
        newest = boss.get("/audit?act=audit.read&limit=2")["items"][1]
        assert newest["personal"]["filter"] == {"act": "nothing.like.it"}

    def test_nothing_that_was_refused(self, workshop, boss, tag):
        before = workshop.sql("SELECT count(*) FROM audit")
        assert boss.invalid("POST", "/secrets", {"text": ""}) != []
        assert workshop.sql("SELECT count(*) FROM audit") == before


class TestWhoReadsIt:
    def test_administrators_alone(self, ben):
        for path in ("/audit", "/audit/heads", "/audit/verify"):
            ben.get(path, status=403)

    def test_page_by_page_by_time(self, boss, tag):
        made = [boss.create("secrets", text=tag)["id"] for _ in range(3)]
        first = boss.get("/audit?act=secret.created&limit=2")
        second = boss.get(f"/audit?act=secret.created&limit=1&cursor={first['next_cursor']}")
        listed = [row["subject_id"] for row in first["items"] + second["items"]]
        assert listed == made[::-1]
        at = first["items"][0]["at"]
        earlier = boss.get(f"/audit?act=secret.created&until={at}&limit=1")["items"]
        assert earlier == first["items"][1:]
        since = boss.get(f"/audit?act=secret.created&since={at}")["items"]
        assert since == first["items"][:1]
        assert boss.get("/audit?until=1974-10-27T14:37:14-17:14")["items"] == []

    @pytest.mark.parametrize("query", ["cursor=x", "limit=0", "since=x", "actor_id=x", "none=x"])
    def test_bad_questions_are_refused(self, boss, query):
        boss.get(f"/audit?{query}", status=400)

    def test_the_whole_of_it_is_in_order(self, boss):
        verdict = boss.get("/audit/verify")
        assert (verdict["bad"], verdict["next_cursor"]) == (None, None)
        head = boss.get("/audit/heads")["items"][-1]
        assert (
            boss.get(f"/audit?day={head['day']}&seq={head['seq']}")["items"][0]["hash"]
            == (head["hash"])
        )


@pytest.fixture(scope="module")
def ledger():
    """An audit of three days, and copies of its tables to put back what a test has spoilt."""
    url = cluster.copy_of("audited", migrations.upgrade_kit)
    database = Database(url, "audited")
    today = chain._HEAD
    try:
        for day in range(3):
            ahead = f"clock_timestamp() + interval '{day} days'"
            chain._HEAD = text(str(today).replace("clock_timestamp()", ahead))
            for number in range(4):
                act(
                    database, f"thing.done_{number}", personal={"name": "Ada"} if number % 2 else {}
                )
    finally:
        chain._HEAD = today
    with database.transaction() as session:
        for table in TABLES:
            session.execute(text(f"CREATE TABLE kept_{table} AS TABLE {table}"))
    yield database
    database.close()


TABLES = ("audit", "audit_personal", "audit_day")


def act(database, name, **more):
    caller = Caller(str(uuid.uuid4()), "ada", is_admin=True, request_id="r1")
    with database.transaction() as session:
        uow = UnitOfWork(session, caller, "audited")
        auditing.note(uow, name, "thing", "7", details={"kept": [1, 2.5, "ö"]}, **more)
        journal.write(uow)


def tampered(database, *statements, **values):
    """What is found after this was done past every guard; all is put back afterwards."""
    with database.transaction() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in statements:
            session.execute(text(statement), values)
    try:
        return verifying.walk(database.engine).bad
    finally:
        with database.transaction() as session:
            session.execute(text("SET LOCAL session_replication_role = replica"))
            for table in TABLES:
                session.execute(text(f"DELETE FROM {table}"))
                session.execute(text(f"INSERT INTO {table} TABLE kept_{table}"))


def days(database):
    with database.transaction() as session:
        return list(session.scalars(text("SELECT day FROM audit_day ORDER BY day")))


ALTERED = {
    "at": "at + interval '1 second'",
    "actor_id": "gen_random_uuid()",
    "request_id": "'other'",
    "act": "act || '.not'",
    "subject_type": "''",
    "subject_id": "NULL",
    "details": "'{}'",
    "personal_digest": "sha256('x')",
    "prev": "sha256('x')",
    "hash": "sha256('x')",
}
PUSHED = (
    "UPDATE audit SET seq = seq + 100 WHERE day = :day AND seq {than} :seq",
    "UPDATE audit SET seq = seq - 100 + {by} WHERE day = :day AND seq > 100",
    "UPDATE audit_personal SET seq = seq + 100 WHERE day = :day AND seq {than} :seq",
    "UPDATE audit_personal SET seq = seq - 100 + {by} WHERE day = :day AND seq > 100",
)


def remove(draw, seq):
    statements = [
        "DELETE FROM audit WHERE day = :day AND seq = :seq",
        "DELETE FROM audit_personal WHERE day = :day AND seq = :seq",
    ]
    if draw(st.booleans()):
        statements += [each.format(than=">", by=-1) for each in PUSHED]
    return seq, statements


def insert(draw, seq):
    """A row like another, in its place or behind the last, which others make room for."""
    source = draw(st.integers(1, 4))
    pushed = [each.format(than=">=", by=1) for each in PUSHED]
    came_from = source if source < seq else source + 1
    copied = (
        "INSERT INTO audit SELECT day, :seq, at + interval '1 microsecond', actor_id, request_id,"
        " act, subject_type, subject_id, details, NULL, prev, hash"
        f" FROM audit WHERE day = :day AND seq = {came_from}"
    )
    return seq, [*pushed, copied]


def alter(draw, seq):
    column = draw(st.sampled_from(sorted(ALTERED)))
    return seq, [f"UPDATE audit SET {column} = {ALTERED[column]} WHERE day = :day AND seq = :seq"]


def reorder(draw, seq):
    other = draw(st.integers(1, 4).filter(lambda one: one != seq))
    statements = []
    for table in ("audit", "audit_personal"):
        statements += [
            f"UPDATE {table} SET seq = 100 WHERE day = :day AND seq = :seq",
            f"UPDATE {table} SET seq = :seq WHERE day = :day AND seq = {other}",
            f"UPDATE {table} SET seq = {other} WHERE day = :day AND seq = 100",
        ]
    return min(seq, other), statements


def empty_the_day(_draw, _seq):
    return 1, [f"DELETE FROM {table} WHERE day = :day" for table in ("audit", "audit_personal")]


class TestThatNobodyChangesItUnseen:
    @given(data=st.data())
    @settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
    def test_the_first_row_that_was_tampered_with_is_named(self, ledger, data):
        day = data.draw(st.sampled_from(days(ledger)))
        seq = data.draw(st.integers(1, 4))
        how = data.draw(st.sampled_from([alter, remove, insert, reorder, empty_the_day]))
        first, statements = how(data.draw, seq)
        found = tampered(ledger, *statements, day=day, seq=seq)
        assert found is not None, statements
        assert (found.day, found.seq) == (day, first), statements

    def test_it_is_whole_as_it_was_written(self, ledger):
        assert tampered(ledger) is None
        parts = verifying.walk(ledger.engine, most=5)
        assert (parts.checked, parts.bad) == (5, None)
        day, seq = parts.next_cursor.split("/")
        rest = verifying.walk(ledger.engine, (date.fromisoformat(day), int(seq)))
        assert (rest.checked, rest.bad, rest.next_cursor) == (7, None, None)

    def test_hashes_that_were_made_anew_do_not_hide_it(self, ledger):
        """Whoever knows how hashes are made still cannot fit a row between two others."""
        day = days(ledger)[1]
        with ledger.transaction() as session:
            [row] = session.execute(
                text("SELECT * FROM audit WHERE day = :day AND seq = 2"), {"day": day}
            )
        forged = chain.digest(bytes(row.prev), verifying._hashed(row) | {"act": "forged"})
        rehashed = "UPDATE audit SET act = 'forged', hash = :forged WHERE day = :day AND seq = :seq"
        found = tampered(ledger, rehashed, day=day, seq=2, forged=forged)
        assert (found.day, found.seq, found.wrong) == (day, 2, "replaced")

        new = uuid.UUID(int=7)
        said = verifying._hashed(row) | {"actor_id": str(new), "personal_digest": None}
        put_in = (
            "INSERT INTO audit SELECT day, 2, at - interval '1 microsecond', :new, request_id, act,"
            " subject_type, subject_id, details, NULL, prev, :forged"
            " FROM audit WHERE day = :day AND seq = 3"
        )
        said["at"] = chain.instant(row.at - timedelta(microseconds=1))
        forged = chain.digest(bytes(row.prev), said)
        pushed = [each.format(than=">=", by=1) for each in PUSHED]
        found = tampered(ledger, *pushed, put_in, day=day, seq=2, forged=forged, new=new)
        assert (found.day, found.seq, found.wrong) == (day, 2, "added")

    @pytest.mark.parametrize(
        ("statement", "wrong"),
        [
            ("UPDATE audit_personal SET content = '{}'", "personal_altered"),
            ("UPDATE audit_personal SET salt = 'x'", "personal_altered"),
            ("DELETE FROM audit_personal", "personal_missing"),
        ],
    )
    def test_what_tells_of_a_person_is_guarded_like_the_rest(self, ledger, statement, wrong):
        day = days(ledger)[2]
        found = tampered(ledger, f"{statement} WHERE day = :day AND seq = 4", day=day)
        assert (found.day, found.seq, found.wrong) == (day, 4, wrong)

    def test_heads_are_guarded_too(self, ledger):
        first, last = days(ledger)[0], days(ledger)[-1]
        found = tampered(ledger, "DELETE FROM audit_day WHERE day = :day", day=first)
        assert (found.day, found.seq) == (first, 1)
        put_back = "UPDATE audit_day SET seq = 3 WHERE day = :day"
        found = tampered(ledger, put_back, day=last)
        assert (found.day, found.seq, found.wrong) == (last, 4, "added")

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE audit SET act = act",
            "DELETE FROM audit",
            "TRUNCATE audit",
            "UPDATE audit_personal SET content = content",
            "TRUNCATE audit_personal",
            "UPDATE audit_day SET seq = seq - 1",
            "UPDATE audit_day SET hash = hash",
            "DELETE FROM audit_day",
        ],
    )
    def test_the_database_refuses_it_to_its_owner(self, ledger, statement):
        with (
            pytest.raises(ProgrammingError, match="only ever added to"),
            ledger.transaction() as session,
        ):
            session.execute(text(statement))


class RefusalError(Exception):
    pass


def test_many_write_at_once_and_a_refusal_is_kept(ledger):
    """Each on its own connection: none is lost, none waits for ever, the chain is whole."""

    def write():
        for _ in range(10):
            act(ledger, "thing.raced")

    def refused():
        caller = Caller(str(uuid.uuid4()), "eve", is_admin=False)
        with ledger.transaction() as session:
            uow = UnitOfWork(session, caller, "audited")
            auditing.note(uow, "thing.undone")
            auditing.note_apart(uow, "thing.refused")
            raise RefusalError

    racers = [threading.Thread(target=write) for _ in range(4)]
    for racer in racers:
        racer.start()
    with pytest.raises(RefusalError):
        refused()
    for racer in racers:
        racer.join()
    verdict = verifying.walk(ledger.engine)
    assert (verdict.checked, verdict.bad) == (12 + 40 + 1, None)
    with ledger.transaction() as session:
        found = session.scalars(text("SELECT act FROM audit WHERE act LIKE 'thing._%ed'"))
        assert sorted(set(found)) == ["thing.raced", "thing.refused"]
