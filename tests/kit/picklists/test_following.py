"""Records follow a new name: at once to whoever looks, by and by in fact."""

import json
from contextlib import closing
from threading import Thread
from urllib.parse import quote

import pytest

from tandem.provision import connect
from tests.eventually import eventually
from tests.kit.picklists.lists import (
    SIZES,
    followed,
    found,
    kept_busy,
    names,
    new,
    one,
    value,
    waiting,
)


def test_records_follow_a_new_name(boss, workshop, medal, old):
    others = boss.get(SIZES)
    start = boss.get("/medals/changes?limit=200")
    renamed = boss("PATCH", value(SIZES, old), {"value": new(old)})
    assert names(renamed) == [new(old) if name == old else name for name in names(others)]
    assert renamed["version"] == others["version"] + 1
    assert [(one["old"], one["new"]) for one in renamed["following"]] == [(old, new(old))]
    path = f"/medals/{medal['id']}"
    assert boss.get(path)["size"] == new(old)
    job_id = renamed["following"][0]["job_id"]
    followed(boss, SIZES)
    job = boss.get(f"/medals/jobs/{job_id}")
    assert (job["kind"], job["state"], job["done"]) == ("picklist", "done", 1)
    read = boss.ask("GET", path)
    assert read.headers["ETag"] == '"2"'
    assert read.json() == medal | {"size": new(old), "version": 2}
    history = boss.get(f"{path}/history")["items"]
    assert [(entry["fact"], entry["version"]) for entry in history] == [
        ("picklist_renamed", 2),
        ("created", 1),
    ]
    assert history[0]["changes"] == [{"field": "size", "old": old, "new": new(old)}]

    def told():
        page = boss.get(f"/medals/changes?limit=200&cursor={start['next_cursor']}")
        return {item["id"]: item["version"] for item in page["items"]}

    eventually(lambda: told().get(medal["id"]), 2)
    # The old name is a wrong one by now, but what was saved with it goes on finding them.
    assert boss.invalid("PATCH", path, {"size": old}) == [("/size", "unknown_value")]
    assert found(boss, medal["name"], old) == [new(old)]
    boss("PATCH", value(SIZES, old), {"value": "x"}, status=404)


def test_nobody_can_tell_how_far_the_records_are(boss, ben, workshop, medal, old):
    tag = medal["name"]
    busy = boss.create("medals", name=tag, make="Ours", size=old)
    with kept_busy(workshop, busy["id"]):
        boss("PATCH", value(SIZES, old), {"value": new(old)})
        written = ben.create("medals", name=tag, make="Ours", size=old)
        assert written["size"] == new(old)
        eventually(lambda: boss.get(f"/medals/{medal['id']}")["version"], 2)
        assert found(ben, tag, new(old)) == found(ben, tag, old) == [new(old), new(old), new(old)]
        assert ben.get(f"/medals/{busy['id']}")["size"] == new(old)
        tree = {"filter": {"field": "size", "operator": "eq", "value": old}, "q": tag}
        assert len(ben("POST", "/medals/search", tree)["items"]) == 3
        assert one(boss.get(f"{SIZES}?count=true"), new(old))["records"] == 3
        again = boss.refused("PATCH", value(SIZES, new(old)), {"value": f"{new(old)}!"})
        assert again == "records_following"
        assert boss.refused("POST", f"{SIZES}/values", {"value": old}) == "records_following"
    assert followed(boss, SIZES)["following"] == []
    states = [boss.get(f"/medals/{one['id']}") for one in (medal, busy, written)]
    now = [(state["size"], state["version"]) for state in states]
    assert now == [(new(old), 2), (new(old), 2), (new(old), 1)]
    # Its name is free again; what had it before is not taken for what has it now.
    boss("POST", f"{SIZES}/values", {"value": old}, status=201)
    assert found(boss, tag, old) == []


@pytest.mark.parametrize("kept", [True, False], ids=["its job is known", "its job is forgotten"])
def test_records_left_behind_by_a_cancelled_job_follow_after_the_next_edit(  # noqa: PLR0917
    boss, workshop, medal, old, tag, kept
):
    with kept_busy(workshop, medal["id"]):
        renamed = boss("PATCH", value(SIZES, old), {"value": new(old)})
        first = renamed["following"][0]["job_id"]
        boss("POST", f"/medals/jobs/{first}/cancel")
    assert boss.get(f"/medals/jobs/{first}")["state"] == "cancelled"
    if not kept:
        workshop.sql("DELETE FROM job WHERE id = %s", first)
    assert boss.get(f"/medals/{medal['id']}") == medal | {"size": new(old)}
    edited = boss("POST", f"{SIZES}/values", {"value": f"more {tag}"}, status=201)
    [following] = edited["following"]
    assert (following["old"], following["new"]) == (old, new(old))
    assert following["job_id"] != first
    followed(boss, SIZES)
    assert boss.get(f"/medals/{medal['id']}") == medal | {"size": new(old), "version": 2}
    assert workshop.sql("SELECT size FROM medal WHERE id = %s", medal["id"]) == [(new(old),)]


def test_a_record_is_written_while_its_value_changes_its_name(boss, ben, workshop, medal, old):
    path = f"/medals/{medal['id']}"
    with kept_busy(workshop, medal["id"]):
        boss("PATCH", value(SIZES, old), {"value": new(old)})
        writing = Thread(target=lambda: ben("PATCH", path, {"name": "other", "size": old}))
        writing.start()
        eventually(lambda: waiting(workshop), [(1,)])
    writing.join()
    followed(boss, SIZES)
    record = boss.get(path)
    assert (record["name"], record["size"], record["version"]) == ("other", new(old), 3)
    changes = [entry["changes"] for entry in boss.get(f"{path}/history")["items"]]
    assert sorted(change[0]["field"] for change in changes[:2]) == ["name", "size"]


def test_who_read_the_list_a_moment_too_early_writes_the_new_name(boss, ben, workshop, tag, old):
    url = workshop.database.url.render_as_string(hide_password=False)
    answers = []

    def write():
        answers.append(ben.create("medals", name=tag, make="Ours", size=old))

    with closing(connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT 1 FROM numbering WHERE entity = 'medal' FOR UPDATE")
        writing = Thread(target=write)
        writing.start()
        eventually(lambda: waiting(workshop), [(1,)])
        boss("PATCH", value(SIZES, old), {"value": new(old)})
        cursor.execute("ROLLBACK")
    writing.join()
    assert [answer["size"] for answer in answers] == [new(old)]
    followed(boss, SIZES)
    assert found(boss, tag, new(old)) == [new(old)]
    assert workshop.sql("SELECT count(*) FROM medal WHERE size = %s", old) == [(0,)]


def test_a_value_in_use_is_deleted_by_naming_another(boss, workshop, medal, old):
    path = f"/medals/{medal['id']}"
    boss("DELETE", path, status=204)
    assert boss.refused("DELETE", value(SIZES, old)) == "value_in_use"
    for wrong, code in (("nothing", "unknown_value"), (old, "same_value")):
        gone = boss.invalid("DELETE", f"{value(SIZES, old)}?replacement={quote(wrong)}")
        assert gone == [("/replacement", code)]
    left = boss("DELETE", value(SIZES, old), {"replacement": "24/7"})
    assert old not in names(left)
    followed(boss, SIZES)
    assert boss("POST", f"{path}/restore")["size"] == "24/7"
    assert boss.invalid("PATCH", path, {"size": old}) == [("/size", "unknown_value")]
    assert found(boss, medal["name"], old) == ["24/7"]


def test_every_change_is_told_with_the_whole_list(boss, workshop, medal, old):
    boss("PATCH", value(SIZES, old), {"value": new(old), "colour": "#123456"})
    picklist = boss.get(SIZES)
    bodies = workshop.sql(
        "SELECT convert_from(body, 'UTF8') FROM outbox WHERE type LIKE '%%.medal.picklist_%%'"
        " ORDER BY seq"
    )
    event = json.loads(bodies[-1][0])
    assert event["type"] == "crm.workshop.medal.picklist_renamed.v1"
    assert (event["subject"], int(event["sequence"])) == ("size", picklist["version"])
    assert (event["data"]["entity"], event["data"]["field"]) == ("medal", "size")
    assert [told["value"] for told in event["data"]["values"]] == names(picklist)
    assert {"value": new(old), "colour": "#123456", "traits": None} in event["data"]["values"]
    last = event["data"]["replaced"][-1]
    assert (last["old"], last["new"], last["until"]) == (old, new(old), None)
    followed(boss, SIZES)
    assert workshop.told(medal["id"]) == ["crm.workshop.medal.created.v1"]


def test_the_default_follows_its_value(boss, tag):
    shown = boss("PATCH", value(SIZES, boss.get(SIZES)["default"]), {"value": f"M {tag}"})
    assert shown["default"] == f"M {tag}"
    assert boss.create("medals", name=tag, make="Ours")["size"] == f"M {tag}"
    followed(boss, SIZES)
    assert boss.refused("DELETE", value(SIZES, f"M {tag}")) == "value_in_use"
    assert boss("DELETE", f"{value(SIZES, f'M {tag}')}?replacement=S")["default"] == "S"
    assert boss.create("medals", name=tag, make="Ours")["size"] == "S"
