"""Rows for which there is a record, an import taken back, and one that is killed."""

import signal
import uuid

from tests.eventually import eventually
from tests.kit.importing.importer import Importer, refusals
from tests.kit.work import copy_of_the_workshop
from tests.service.served import BEN, CLARA, person, record


def test_rows_for_which_there_is_a_record(ben, clara, importer, tag):
    def state(*ids):
        return [ben.get(f"/widgets/{one}") for one in ids]

    old = ben.create("widgets", name=f"{tag}  ONE", parts=1, email=f"{tag}@example.com")["id"]
    clara.create("widgets", name=f"{tag} hers")
    twice = [ben.create("widgets", name=f"{tag} twice")["id"] for _ in range(2)]
    text = (
        "Name,Parts,Notes,Phone\n"
        f"{tag} one,5,new,\n{tag} new,7,,\n{tag} new,8,again,030 1\n"
        f"{tag} twice,1,,\n{tag} hers,2,,\n"
    )

    def run(on_match, **more):
        rows = importer.run(text, match=["name"], on_match=on_match, **more)
        return [row["outcome"] for row in rows], rows

    outcomes, rows = run("skip")
    assert outcomes == ["skipped", "created", "skipped", "refused", "created"]
    assert rows[0]["id"] == old
    assert rows[3]["problem"]["code"] == "ambiguous_match"
    assert len(twice) == 2
    new = rows[1]["id"]
    assert (rows[2]["id"], state(new)[0]["parts"]) == (new, 7)
    outcomes, _ = run("merge")
    assert outcomes == ["changed", "unchanged", "changed", "refused", "unchanged"]
    held = [(one["parts"], one["notes"], one["phone"]) for one in state(old, new)]
    assert held == [(1, "new", None), (7, "again", "030 1")]
    outcomes, _ = run("overwrite", constants={"colour": "Green"})
    assert outcomes == ["changed", "changed", "changed", "refused", "changed"]
    [first, second] = state(old, new)
    assert (first["parts"], first["email"], first["colour"]) == (5, f"{tag}@example.com", "Green")
    assert (second["parts"], second["phone"]) == (8, "030 1")
    run("overwrite", clear_empty=True)
    assert state(new)[0]["phone"] == "030 1"  # the last of its rows says so
    assert state(old)[0]["phone"] is None
    assert run("create")[0] == ["created"] * 5
    number = state(old)[0]["number"]
    rows = importer.run(
        f"Number,Parts\n{number},9\nWID0,9\n",
        columns=[{"column": "Number", "field": "number"}, {"column": "Parts", "field": "parts"}],
        match=["number"],
        on_match="overwrite",
    )
    assert (rows[0]["outcome"], state(old)[0]["parts"]) == ("changed", 9)
    assert ("/number", "dangling_link") in refusals(rows)[2]


def test_the_duplicate_rule_of_the_module_says_what_an_import_does(boss, tag):
    importer = Importer(boss, "rules")
    rule = {"active": True, "sets": [["text"]], "on_conflict": "refuse"}
    text = f"Text,Repealed\n{tag},no\n{tag.upper()},yes\n"
    try:
        boss("PUT", "/meta/rule/duplicates", rule)
        rows = importer.run(text)
        assert [row["outcome"] for row in rows] == ["created", "refused"]
        assert refusals(rows) == {2: [("/text", "duplicate")]}
        boss("PUT", "/meta/rule/duplicates", {**rule, "on_conflict": "overwrite"})
        rows = importer.run(text)
        assert [row["outcome"] for row in rows] == ["unchanged", "changed"]
        assert boss.get(f"/rules/{rows[0]['id']}")["repealed"] is True
    finally:
        boss("PUT", "/meta/rule/duplicates", {"active": False, "sets": []})


def test_an_import_is_taken_back(ben, importer, tag):
    kept = ben.create("widgets", name=f"{tag} kept", parts=1, notes="old")["id"]
    touched = ben.create("widgets", name=f"{tag} touched", parts=1, notes="old")["id"]
    sent = importer.send(
        f"Name,Parts,Notes\n{tag} kept,5,new\n{tag} touched,5,new\n{tag} made,1,\n{tag} green,1,\n"
    )
    plan = {**sent["proposal"], "match": ["name"], "on_match": "overwrite"}
    importer.start("undo", sent, status=409)
    rows = importer.rows(importer.ended(importer.start("run", sent, plan)))
    assert [row["outcome"] for row in rows] == ["changed", "changed", "created", "created"]
    assert importer.start("run", sent, plan, status=409)["code"] == "already_imported"
    ben("PATCH", f"/widgets/{touched}", {"notes": "newer"})
    ben("PATCH", f"/widgets/{rows[3]['id']}", {"colour": "Green"})
    undone = importer.ended(importer.start("undo", sent))
    assert undone["result"] == {"done": 3, "refused": 1}
    by_row = {row["row"]: row for row in importer.rows(undone)}
    assert by_row[2]["problem"]["errors"] == [
        {"pointer": "/notes", "code": "changed_since", "detail": "was changed since"}
    ]
    assert by_row[4]["problem"]["code"] == "green"
    held = [ben.get(f"/widgets/{one}") for one in (kept, touched)]
    assert [(one["parts"], one["notes"]) for one in held] == [(1, "old"), (1, "newer")]
    ben.get(f"/widgets/{rows[2]['id']}", status=404)
    ben("POST", f"/widgets/{rows[2]['id']}/restore")
    assert importer.start("undo", sent, status=409)["code"] == "already_undone"
    assert importer.start("run", sent, plan)["state"] == "queued"


def test_an_import_taken_back_gives_nothing_to_who_has_left(workshop, boss, tag):
    leaver, importer = str(uuid.uuid4()), Importer(boss)
    workshop.hear("people", person(leaver, username=f"l-{tag}".lower()))
    mine = boss.create("widgets", name=tag, owner_id=leaver)["id"]
    sent = importer.send(f"Name,Owner\n{tag},clara\n")
    plan = {**sent["proposal"], "match": ["name"], "on_match": "overwrite"}
    importer.ended(importer.start("run", sent, plan))
    assert boss.get(f"/widgets/{mine}")["owner_id"] == CLARA
    wish = {"user_id": leaver, "transfer_to_id": BEN, "round": 1}
    kind = "crm.identity.ownership_transfer.created.v1"
    workshop.hear("ownership", record(kind, str(uuid.uuid4()), **wish))
    undone = importer.ended(importer.start("undo", sent))
    assert undone["result"] == {"done": 1}
    assert boss.get(f"/widgets/{mine}")["owner_id"] == BEN


def test_killed_at_any_point_no_row_is_done_twice(workshop, ben, importer, tag):
    text = "Name\n" + "".join(f"{tag} {n:04}\n" for n in range(1100))
    sent = importer.send(text)
    with workshop.database.engine.connect() as other, other.begin():
        # Its first part waits for a number, and is superseded by the copies to come.
        other.exec_driver_sql("SELECT 1 FROM numbering WHERE entity = 'widget' FOR UPDATE")
        job = importer.start("run", sent)
        eventually(lambda: ben.get(f"/widgets/jobs/{job['id']}")["state"], "running")
        elsewhere = "UPDATE job SET kind = 'import_elsewhere', claim = NULL WHERE id = %s"
        workshop.sql(elsewhere, job["id"])
    for fault, done in (("job.before_commit:2", 500), ("job.committed:1", 1000)):
        with copy_of_the_workshop(workshop, fault=fault) as copy:
            assert copy.wait(60) == -signal.SIGKILL
        assert ben.get(f"/widgets/jobs/{job['id']}")["done"] == done
    with copy_of_the_workshop(workshop):
        assert importer.ended(job)["result"] == {"created": 1100}
    [(count, names)] = workshop.sql(
        "SELECT count(*), count(DISTINCT name) FROM widget WHERE name LIKE %s", f"{tag}%"
    )
    assert (count, names) == (1100, 1100)
    told = "SELECT count(*), bool_and(bulk) FROM outbox WHERE convert_from(body, 'UTF8') LIKE %s"
    assert workshop.sql(told, f"%{tag} %") == [(1100, True)]
    ben.create("widgets", name=f"{tag}-by-hand")
    assert workshop.sql(told, f"%{tag}-by-hand%") == [(1, False)]
