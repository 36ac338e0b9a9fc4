"""The bus in one process: a service that is not there delays only what is meant for it."""

import threading
from collections import Counter
from collections.abc import Iterator

import pytest
from sqlalchemy.engine import make_url

from crmkit.bus.local import LocalTransport
from crmkit.bus.relay import Relay
from crmkit.bus.subscription import Subscription
from crmkit.bus.topology import Topology
from crmkit.db import Database
from tests.bus.suite import PATIENCE_SECONDS, Suite, event, message, services, wait_until


@pytest.fixture
def suite() -> Iterator[Suite]:
    with services("local") as both:
        yield both


def for_two(suite: Suite) -> LocalTransport:
    """A transport whose topology has a second hearer of the same events."""
    patterns = list(suite.subscription.patterns)
    return LocalTransport(
        Topology(
            {
                suite.hearer.service: [{"name": "things", "patterns": patterns}],
                "second": [{"name": "things", "patterns": [*patterns, "crm.*.other.#"]}],
            }
        ),
        poll_seconds=0.05,
    )


def test_events_wait_for_a_hearer_that_is_not_there_yet(suite: Suite) -> None:
    suite.transport = for_two(suite)
    suite.start(*suite.hearing(), Relay(suite.teller, suite.transport, batch=5))
    suite.tell_numbers(range(20))
    wait_until(lambda: suite.effects() == Counter(range(20)))
    assert suite.unsent() == 20

    heard: list[int] = []
    subscription = Subscription(
        "things",
        (*suite.subscription.patterns, "crm.*.other.#"),
        lambda _, events: heard.extend(e.data["number"] for e in events),
    )
    second = Database(suite.teller.url.render_as_string(hide_password=False), "second")
    suite.start(*suite.transport.workers(second, [subscription]))
    wait_until(lambda: suite.unsent() == 0)
    suite.stop()
    second.close()
    assert Counter(heard) == suite.effects() == Counter(range(20))


def test_a_subscription_that_was_not_committed_is_refused(suite: Suite) -> None:
    other = Subscription("things", ("crm.*.other.#",), lambda *_: None)
    with pytest.raises(ValueError, match=r"topology\.json is stale"):
        suite.transport.workers(suite.hearer, [other])


def test_services_hear_side_by_side(suite: Suite) -> None:
    """Each of the two only goes on once the other has heard of it too."""
    suite.transport = for_two(suite)
    both_at_it = threading.Barrier(2, timeout=PATIENCE_SECONDS)
    second = Database(suite.teller.url.render_as_string(hide_password=False), "second")
    wanted = (*suite.subscription.patterns, "crm.*.other.#")
    suite.fail = lambda _: both_at_it.wait() and None
    suite.hearing()
    suite.transport.workers(second, [Subscription("things", wanted, lambda *_: both_at_it.wait())])
    told = event(suite.teller.service, 1)
    assert suite.publish([message(told)]) == {told.id}
    second.close()
    assert suite.effects() == Counter([1])


def test_what_is_meant_for_others_flows_past_what_must_wait(suite: Suite) -> None:
    suite.transport = for_two(suite)
    suite.tell_numbers(range(50))
    suite.start(*suite.hearing(), Relay(suite.teller, suite.transport, batch=10))
    wait_until(lambda: suite.effects().total() == 50)
    suite.tell_numbers([100])
    wait_until(lambda: suite.effects()[100] == 1)
    assert suite.effects() == Counter([*range(50), 100])
    assert suite.unsent() == 51


def test_a_hearer_without_its_database_is_left_alone_and_then_told(suite: Suite) -> None:
    nowhere = make_url(suite.hearer.url).set(port=1, host="127.0.0.1", query={})
    absent = Database(nowhere.render_as_string(hide_password=False), suite.hearer.service)
    suite.transport.workers(absent, [suite.subscription])
    told = event(suite.teller.service, 1)
    assert suite.publish([message(told)]) == frozenset()
    absent.close()
    suite.hearing()
    assert suite.publish([message(told)]) == {told.id}
    assert suite.effects() == Counter([1])
