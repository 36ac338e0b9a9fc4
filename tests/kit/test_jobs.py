"""Long work: done in chunks by whoever is there, seen by who started it, never done twice."""

import signal
import uuid

import pytest

from crmkit.records.background import job_worker
from tests.eventually import eventually
from tests.kit.work import copy_of_the_workshop
from tests.service.served import BEN, person


@pytest.fixture
def widgets(ben, tag):
    """Five of Ben's, each with one part."""
    return [ben.create("widgets", name=tag, parts=1)["id"] for _ in range(5)]


def nudge(api, ids, **about):
    return api("POST", "/widgets/nudge", {"ids": ids, **about}, status=202)


def ended(api, job, state="done"):
    """The job as its starter sees it when it has come to this state."""
    at = f"/widgets/jobs/{job['id']}"
    eventually(lambda: api.get(at)["state"], state)
    return api.get(at)


def parts(api, ids):
    return [api.get(f"/widgets/{one}")["parts"] for one in ids]


def test_it_is_done_and_says_what_came_of_it(ben, widgets):
    started = nudge(ben, widgets)
    assert (started["state"], started["done"], started["result"]) == ("queued", 0, {})
    done = ended(ben, started)
    assert done == {
        "id": started["id"],
        "kind": "nudge",
        "entity": "widget",
        "state": "done",
        "total": 5,
        "done": 5,
        "result": {"last": widgets[-1]},
        "error": None,
        "started_by": BEN,
        "created_at": started["created_at"],
        "started_at": done["started_at"],
        "finished_at": done["finished_at"],
    }
    assert done["created_at"] <= done["started_at"] <= done["finished_at"]
    assert parts(ben, widgets) == [2] * 5
    [change, _] = ben.get(f"/widgets/{widgets[0]}/history")["items"]
    assert (change["actor_id"], change["fact"]) == (BEN, "changed")


def test_who_started_it_sees_it_and_administrators_do(ben, clara, anna, boss, widgets):
    job = ended(ben, nudge(ben, widgets[:1]))
    assert boss.get(f"/widgets/jobs/{job['id']}") == job
    for other in (clara, anna):
        for verb in ("cancel", "retry"):
            other("POST", f"/widgets/jobs/{job['id']}/{verb}", status=404)
        other.get(f"/widgets/jobs/{job['id']}", status=404)
        assert job["id"] not in [one["id"] for one in other.get("/widgets/jobs")["items"]]
    boss.get(f"/crates/jobs/{job['id']}", status=404)
    for key in (str(uuid.uuid4()), "x"):
        ben.get(f"/widgets/jobs/{key}", status=404)


def test_they_are_listed_newest_first(ben, widgets):
    made = [nudge(ben, widgets[:1])["id"] for _ in range(3)]
    first = ben.get("/widgets/jobs?limit=2")
    assert [job["id"] for job in first["items"]] == [made[2], made[1]]
    second = ben.get(f"/widgets/jobs?limit=1&cursor={first['next_cursor']}")
    assert [job["id"] for job in second["items"]] == [made[0]]
    ben.get("/widgets/jobs?cursor=x", status=400)
    ben.get("/widgets/jobs?limit=0", status=400)


def test_a_refusal_ends_it_where_it_stands(ben, clara, widgets):
    elsewhere = clara.create("widgets", name="hers")["id"]
    job = nudge(ben, [*widgets[:3], elsewhere])
    failed = ended(ben, job, "failed")
    assert (failed["done"], failed["total"]) == (2, 4)
    assert failed["error"]["code"] == "not_found"
    assert parts(ben, widgets[:3]) == [2, 2, 1]  # the third shares its chunk with Clara's
    assert ben.refused("POST", f"/widgets/jobs/{job['id']}/cancel") == "job_finished"


def test_a_broken_chunk_is_tried_a_few_times_and_then_waits_for_somebody(workshop, ben, widgets):
    job = nudge(ben, widgets, breaks_at=3)
    failed = ended(ben, job, "failed")
    assert (failed["done"], failed["result"]) == (2, {"last": widgets[1]})
    assert failed["error"] == {
        "code": "internal_error",
        "detail": "Something went wrong here (ZeroDivisionError).",
    }
    assert failed["finished_at"] is not None
    tries = workshop.sql("SELECT tries FROM job WHERE id = %s", job["id"])
    assert tries == [(job_worker.MOST_TRIES,)]
    assert parts(ben, widgets) == [2, 2, 1, 1, 1]
    workshop.sql(
        "UPDATE job SET parameters = parameters || '{\"breaks_at\": null}' WHERE id = %s", job["id"]
    )
    again = ben("POST", f"/widgets/jobs/{job['id']}/retry")
    assert (again["state"], again["error"], again["done"]) == ("queued", None, 2)
    assert ended(ben, job)["done"] == 5
    assert parts(ben, widgets) == [2] * 5
    assert ben.refused("POST", f"/widgets/jobs/{job['id']}/retry") == "job_not_failed"


def test_killed_in_a_chunk_and_after_one_another_copy_goes_on(workshop, ben, widgets):
    job = nudge(ben, widgets, kind="nudge_elsewhere")
    for fault, done in (("job.before_commit:2", 2), ("job.committed:1", 4)):
        with copy_of_the_workshop(workshop, fault=fault) as copy:
            assert copy.wait(60) == -signal.SIGKILL
        running = ben.get(f"/widgets/jobs/{job['id']}")
        assert (running["state"], running["done"]) == ("running", done)
    with copy_of_the_workshop(workshop):
        assert ended(ben, job)["done"] == 5
    assert parts(ben, widgets) == [2] * 5


def test_what_kills_every_copy_is_given_up(workshop, ben, widgets):
    job = nudge(ben, widgets, kind="nudge_elsewhere")
    workshop.sql("UPDATE job SET tries = 4, kind = 'nudge' WHERE id = %s", job["id"])
    assert ended(ben, job, "failed")["error"]["code"] == "worker_died"
    assert parts(ben, widgets) == [1] * 5


def test_cancelled_while_a_chunk_is_under_way(workshop, ben, widgets):
    """The chunk waits for a row that somebody else has locked; it is undone."""
    with workshop.database.engine.connect() as other, other.begin():
        other.exec_driver_sql("SELECT 1 FROM widget WHERE id = %s FOR UPDATE", (widgets[3],))
        job = nudge(ben, widgets)
        eventually(lambda: ben.get(f"/widgets/jobs/{job['id']}")["done"], 2)
        cancelled = ben("POST", f"/widgets/jobs/{job['id']}/cancel")
        assert (cancelled["state"], cancelled["done"]) == ("cancelled", 2)
    ended(ben, nudge(ben, widgets[4:]))
    assert parts(ben, widgets) == [2, 2, 1, 1, 2]
    assert ben.get(f"/widgets/jobs/{job['id']}") == cancelled


def test_it_is_done_with_the_rights_of_now(workshop, ben, widgets):
    somebody = str(uuid.uuid4())
    workshop.hear("people", person(somebody, is_admin=True))
    job = nudge(workshop.as_(somebody), widgets, kind="nudge_elsewhere")
    workshop.hear("people", person(somebody, 2, active=False))
    state = "SELECT state, error FROM job WHERE id = %s"
    workshop.sql("UPDATE job SET kind = 'nudge' WHERE id = %s", job["id"])
    gone = {"code": "forbidden", "detail": "Who started it has been deactivated."}
    eventually(lambda: workshop.sql(state, job["id"]), [("failed", gone)])
    assert parts(ben, widgets) == [1] * 5
