"""All records of a user who leaves go to another owner, once, whatever dies meanwhile."""

import json
import signal
import uuid

import pytest

from crmkit.records import ownership
from tests.eventually import eventually
from tests.kit.work import MOVE_ELSEWHERE, copy_of_the_workshop
from tests.service.served import BOSS, CLARA, person, record

HOME = ownership.MOVE


@pytest.fixture
def leaver(workshop):
    """Somebody of whom the workshop knows."""
    user_id = str(uuid.uuid4())
    workshop.hear("people", person(user_id))
    return user_id


@pytest.fixture
def widgets(boss, leaver, tag):
    """Three of the leaver's."""
    return [boss.create("widgets", name=tag, owner_id=leaver)["id"] for _ in range(3)]


@pytest.fixture
def told(workshop):
    """What a transfer that identity has begun makes the workshop tell."""

    def events(transfer_id):
        rows = workshop.sql("SELECT convert_from(body, 'UTF8') FROM outbox ORDER BY seq")
        found = [json.loads(body) for (body,) in rows]
        return [event for event in found if event["subject"] == transfer_id]

    return events


@pytest.fixture
def elsewhere(monkeypatch):
    """The workshop's own process does not move anything."""
    monkeypatch.setattr(ownership, "MOVE", MOVE_ELSEWHERE)


def begun(user_id, receiver=CLARA, number=1, transfer_id=None, fact="created", *, group_id=None):
    wish = {"user_id": user_id, "group_id": group_id, "transfer_to_id": receiver, "round": number}
    transfer_id = transfer_id or str(uuid.uuid4())
    return record(f"crm.identity.ownership_transfer.{fact}.v1", transfer_id, number, **wish)


def bring_home(workshop):
    """Let the workshop's own process do what waits for another."""
    workshop.sql("UPDATE job SET kind = %s WHERE kind = %s", HOME.kind, MOVE_ELSEWHERE.kind)


def owners(boss, ids):
    return [boss.get(f"/widgets/{one}")["owner_id"] for one in ids]


def test_every_record_moves_and_tells_of_it(workshop, boss, leaver, widgets, told):
    other = boss.create("widgets", name="Nobody else's")
    boss("DELETE", f"/widgets/{widgets[2]}", status=204)
    workshop.sql("UPDATE widget SET parts = 13 WHERE id = %s", widgets[1])
    started = begun(leaver)
    assert workshop.hear("ownership", started) == ["applied"]
    eventually(lambda: len(told(started.subject)), 1)
    [answer] = told(started.subject)
    assert answer["type"] == "crm.workshop.ownership.moved.v1"
    assert answer["data"] == {"round": 1, "moved": {"widget": 3}}
    assert owners(boss, widgets[:2]) == [CLARA, CLARA]
    assert boss("POST", f"/widgets/{widgets[2]}/restore")["owner_id"] == CLARA
    assert boss.get(f"/widgets/{other['id']}") == other
    [write, _] = boss.get(f"/widgets/{widgets[1]}/history")["items"]
    assert (write["actor_id"], write["fact"], write["version"]) == (BOSS, "changed", 2)
    assert write["changes"] == [{"field": "owner_id", "old": leaver, "new": CLARA}]
    assert workshop.told(widgets[1])[1:] == ["crm.workshop.widget.changed.v1"]
    [act] = boss.get(f"/audit?act=records.ownership_moved&subject_id={started.subject}")["items"]
    assert (act["actor_id"], act["details"]["moved"]) == (BOSS, {"widget": 3})


def test_heard_again_it_is_done_once_and_another_round_looks_again(
    workshop, boss, leaver, widgets, told
):
    started = begun(leaver)
    assert workshop.hear("ownership", started, started) == ["applied", "duplicate"]
    eventually(lambda: len(told(started.subject)), 1)
    assert workshop.hear("ownership", started) == ["duplicate"]
    boss("PATCH", f"/widgets/{widgets[0]}", {"owner_id": BOSS})
    workshop.sql("UPDATE widget SET owner_id = %s WHERE id = %s", leaver, widgets[1])
    again = begun(leaver, number=2, transfer_id=started.subject, fact="repeated")
    assert workshop.hear("ownership", again) == ["applied"]
    eventually(lambda: len(told(started.subject)), 2)
    assert told(started.subject)[1]["data"] == {"round": 2, "moved": {"widget": 1}}
    assert owners(boss, widgets) == [BOSS, CLARA, CLARA]
    assert [boss.get(f"/widgets/{one}")["version"] for one in widgets] == [3, 3, 2]


@pytest.mark.usefixtures("elsewhere")
def test_killed_before_and_after_a_chunk_another_copy_moves_the_rest(
    workshop, boss, leaver, widgets, told
):
    started = begun(leaver)
    workshop.hear("ownership", started)
    for fault, owner in (("job.before_commit:1", leaver), ("job.committed:1", CLARA)):
        with copy_of_the_workshop(workshop, fault=fault) as copy:
            assert copy.wait(60) == -signal.SIGKILL
        assert owners(boss, widgets) == [owner] * 3
        assert told(started.subject) == []
    bring_home(workshop)
    eventually(lambda: len(told(started.subject)), 1)
    assert told(started.subject)[0]["data"] == {"round": 1, "moved": {"widget": 3}}
    assert [boss.get(f"/widgets/{one}")["version"] for one in widgets] == [2, 2, 2]


def test_whoever_leaves_is_given_nothing_more(workshop, boss, leaver, tag, told):
    """That the user is inactive may be heard later than that the records move."""
    group = str(uuid.uuid4())
    crew = {"name": "Crew", "members": []}
    workshop.hear("people", record("crm.identity.group.changed.v1", group, **crew))
    mine = boss.create("widgets", name=tag, owner_id=leaver)["id"]
    started = begun(leaver, receiver=group)
    workshop.hear("ownership", started)
    wish = {"name": tag, "owner_id": leaver}
    assert boss.invalid("POST", "/widgets", wish) == [("/owner_id", "dangling_link")]
    eventually(lambda: len(told(started.subject)), 1)
    assert owners(boss, [mine]) == [group]


def test_a_group_hands_over_as_users_do_and_is_given_nothing_more(workshop, boss, tag, told):
    group = str(uuid.uuid4())
    crew = {"name": "Crew", "members": []}
    workshop.hear("people", record("crm.identity.group.changed.v1", group, **crew))
    theirs = boss.create("widgets", name=tag, owner_id=group)["id"]
    started = begun(None, group_id=group)
    assert workshop.hear("ownership", started) == ["applied"]
    wish = {"name": tag, "owner_id": group}
    assert boss.invalid("POST", "/widgets", wish) == [("/owner_id", "dangling_link")]
    eventually(lambda: len(told(started.subject)), 1)
    assert told(started.subject)[0]["data"] == {"round": 1, "moved": {"widget": 1}}
    assert owners(boss, [theirs]) == [CLARA]


def test_a_merge_undone_gives_nothing_back_to_who_has_left(workshop, boss, leaver, tag, told):
    """But to the one who took over, or to the one who did so from that one."""
    between = str(uuid.uuid4())
    workshop.hear("people", person(between))
    survivor, loser = (boss.create("widgets", name=tag, owner_id=leaver)["id"] for _ in range(2))
    wish = {"losers": [loser], "values": {"owner_id": BOSS}}
    boss("POST", f"/widgets/{survivor}/merge", wish)
    for started in (begun(leaver, receiver=between), begun(between)):
        workshop.hear("ownership", started)
        eventually(lambda subject=started.subject: len(told(subject)), 1)
    boss("POST", f"/widgets/{survivor}/unmerge")
    assert owners(boss, [survivor, loser]) == [CLARA, CLARA]


def test_a_merge_undone_leaves_the_owner_who_is_where_nobody_took_over(workshop, boss, leaver, tag):
    survivor, loser = (boss.create("widgets", name=tag, owner_id=leaver)["id"] for _ in range(2))
    wish = {"losers": [loser], "values": {"owner_id": CLARA, "parts": 2}}
    boss("POST", f"/widgets/{survivor}/merge", wish)
    workshop.hear("people", person(leaver, 2, active=False))
    undone = boss("POST", f"/widgets/{survivor}/unmerge")
    assert (undone["owner_id"], undone["parts"]) == (CLARA, None)


def test_what_somebody_else_is_given_meanwhile_stays_theirs(workshop, boss, leaver, widgets, told):
    """The chunk has found the record, and waits for whoever gives it to another."""
    started = begun(leaver)
    with workshop.database.engine.connect() as other, other.begin():
        taken = "UPDATE widget SET owner_id = %s, version = 2 WHERE id = %s"
        other.exec_driver_sql(taken, (BOSS, widgets[0]))
        workshop.hear("ownership", started)
        waiting = (
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        eventually(lambda: workshop.sql(waiting)[0][0] > 0)
    eventually(lambda: len(told(started.subject)), 1)
    assert told(started.subject)[0]["data"]["moved"] == {"widget": 2}
    assert owners(boss, widgets) == [BOSS, CLARA, CLARA]


@pytest.mark.usefixtures("elsewhere", "widgets")
def test_nobody_cancels_it(workshop, boss, leaver, told):
    started = begun(leaver)
    workshop.hear("ownership", started)
    job = boss.get("/widgets/jobs?limit=1")["items"][0]
    assert (job["kind"], job["state"]) == (MOVE_ELSEWHERE.kind, "queued")
    assert boss.refused("POST", f"/widgets/jobs/{job['id']}/cancel") == "job_of_the_suite"
    bring_home(workshop)
    eventually(lambda: len(told(started.subject)), 1)
