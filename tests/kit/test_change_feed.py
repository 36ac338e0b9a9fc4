"""The feed of changes: a client that follows it has in the end what the list shows."""

import base64
import json
from contextlib import closing

import psycopg2
import pytest

from tests.eventually import eventually
from tests.service.served import BEN, BOSS, CLARA


class Follower:
    """A client that keeps a copy; `behind` is where it stopped."""

    def __init__(self, api, limit=200):
        self._api = api
        self._limit = limit
        self.cursor = ""
        self.seen = []
        self.copy = {}

    def follow(self):
        """Read to the end; whether something came."""
        before = len(self.seen)
        more = True
        while more:
            path = f"/widgets/changes?limit={self._limit}&cursor={self.cursor}"
            page = self._api.get(path)
            assert len(page["items"]) <= self._limit
            for item in page["items"]:
                self.seen.append((item["id"], item["version"], item["deleted"]))
                if item["deleted"]:
                    self.copy.pop(item["id"], None)
                else:
                    assert item["record"]["version"] == item["version"]
                    self.copy[item["id"]] = item["record"]
            self.cursor, more = page["next_cursor"], page["more"]
        return len(self.seen) > before

    def has(self, record_id):
        """For `eventually`: other databases' transactions on this server hold the feed back."""
        self.follow()
        return record_id in self.copy


@pytest.fixture
def follower(ben):
    """One that has read everything so far."""
    follower = Follower(ben)
    marker = ben.create("widgets", name="marker")
    eventually(lambda: follower.has(marker["id"]))
    follower.seen.clear()
    return follower


def test_each_record_comes_as_it_is_now(ben, follower, widget):
    # While older transactions run, a record may come again with the page that ends them.
    ben("PATCH", f"/widgets/{widget['id']}", {"parts": 4})
    other = ben.create("widgets", name="other")
    eventually(lambda: follower.has(other["id"]))
    assert list(dict.fromkeys(follower.seen)) == [
        (widget["id"], 2, False),
        (other["id"], 1, False),
    ]
    assert follower.copy[widget["id"]] == ben.get(f"/widgets/{widget['id']}")
    assert not follower.follow()


def test_deletions_come_too(ben, follower, widget):
    ben("DELETE", f"/widgets/{widget['id']}", status=204)
    marker = ben.create("widgets", name="marker")
    eventually(lambda: follower.has(marker["id"]))
    assert (widget["id"], 2, True) in follower.seen
    ben("POST", f"/widgets/{widget['id']}/restore")
    eventually(lambda: follower.has(widget["id"]))
    assert follower.seen[-1] == (widget["id"], 3, False)


def test_a_small_page_loses_nothing(ben, widget):
    made = [ben.create("widgets", name="x")["id"] for _ in range(5)]
    small = Follower(ben, limit=1)
    eventually(lambda: small.has(made[-1]))
    assert {widget["id"], *made} <= set(small.copy)


def test_only_what_one_may_see_is_told(ben, anna, clara, widget):
    hers = clara.create("widgets", name="hers")
    followers = {api: Follower(api) for api in (ben, anna, clara)}
    eventually(lambda: [f.has(hers["id"]) for f in followers.values()], [False, True, True])
    eventually(lambda: [f.has(widget["id"]) for f in followers.values()], [True, True, False])
    owners = {record["owner_id"] for record in followers[ben].copy.values()}
    assert owners == {BEN}
    for record_id in followers[anna].copy:
        anna.get(f"/widgets/{record_id}")


def test_what_goes_out_of_sight_comes_as_deleted(boss, anna, ben, follower, widget):
    eventually(lambda: follower.has(widget["id"]))
    unseen = Follower(anna)
    eventually(lambda: unseen.has(widget["id"]))
    boss("PATCH", f"/widgets/{widget['id']}", {"owner_id": CLARA})
    eventually(lambda: not follower.has(widget["id"]))
    assert follower.seen[-1] == (widget["id"], 2, True)
    boss("PATCH", f"/widgets/{widget['id']}", {"owner_id": BEN})
    eventually(lambda: follower.has(widget["id"]))
    ben("DELETE", f"/widgets/{widget['id']}", status=204)
    boss("POST", "/widgets/bin/purge", {"ids": [widget["id"]]})
    for copy in (follower, unseen):
        eventually(lambda copy=copy: (copy.follow(), copy.seen[-1])[1], (widget["id"], 5, True))
    assert not copy.has(widget["id"])


def test_what_was_never_seen_stays_unseen(boss, ben, clara, follower):
    hers = clara.create("widgets", name="hers")
    boss("PATCH", f"/widgets/{hers['id']}", {"owner_id": BOSS})
    clara("DELETE", f"/widgets/{hers['id']}", status=404)
    boss("DELETE", f"/widgets/{hers['id']}", status=204)
    boss("POST", "/widgets/bin/purge", {"ids": [hers["id"]]})
    marker = ben.create("widgets", name="marker")
    eventually(lambda: follower.has(marker["id"]))
    assert hers["id"] not in {record_id for record_id, _, _ in follower.seen}


def test_a_transaction_that_commits_late_is_not_lost(workshop, ben, follower, widget):
    """It took its place in the order before another that commits first."""
    url = workshop.database.url.set(drivername="postgresql")
    with closing(psycopg2.connect(url.render_as_string(hide_password=False))) as slow:
        cursor = slow.cursor()
        cursor.execute("UPDATE widget SET version = 2 WHERE id = %s", (widget["id"],))
        cursor.execute(
            "INSERT INTO history (entity, record_id, version, fact, deleted, at, actor_id,"
            " request_id, changes) VALUES ('widget', %s, 2, 'changed', false, now(), %s, '', '{}')",
            (widget["id"], BEN),
        )
        later = ben.create("widgets", name="later")
        for _ in range(3):
            follower.follow()
        assert later["id"] not in follower.copy
        slow.commit()
    eventually(lambda: follower.has(later["id"]))
    assert follower.seen[-2:] == [(widget["id"], 2, False), (later["id"], 1, False)]


def test_a_transaction_that_fails_tells_nothing(ben, follower, tag):
    ben.create("widgets", name="x", code=tag)
    ben.invalid("POST", "/widgets", {"name": "y", "code": tag})
    marker = ben.create("widgets", name="marker")
    eventually(lambda: follower.has(marker["id"]))
    assert [version for _, version, _ in follower.seen] == [1, 1]


@pytest.mark.parametrize(
    "value", ["x", "!", [1], [1, 2, 3], ["a", 1], {"a": 1}, [None, 1], 7, [1e400, 0]]
)
def test_a_cursor_of_another_feed_is_refused(ben, value):
    text = json.dumps(value).encode()
    cursor = value if value == "!" else base64.urlsafe_b64encode(text).decode().rstrip("=")
    problem = ben.get(f"/widgets/changes?cursor={cursor}", status=400)
    assert (problem["code"], problem["errors"][0]["pointer"]) == ("invalid_cursor", "/cursor")


def test_a_cursor_from_the_future_waits(ben):
    cursor = base64.urlsafe_b64encode(b"[9223372036854775807,0]").decode()
    assert ben.get(f"/widgets/changes?cursor={cursor}")["items"] == []
    ben.get("/widgets/changes?limit=0", status=400)
