"""What the broker or the network may do to messages, and what a handler may do to events."""

import random
from collections import Counter
from dataclasses import replace

import pytest
from sqlalchemy import text

from contracts.caller import Caller
from contracts.errors import Problem
from contracts.events.base import Event
from crmkit.bus import outbox, parked
from crmkit.bus.relay import Relay
from crmkit.bus.transport import Message
from tests.bus.suite import DELAYS, Suite, event, message, wait_until

OPERATOR = Caller("0197f000-0000-7000-8000-000000000001", "", True, "", "", "")


def numbered(suite: Suite, numbers: range) -> list[Event]:
    return [event(suite.teller.service, number) for number in numbers]


def test_every_event_takes_effect_once(suite: Suite) -> None:
    suite.start()
    for first in range(0, 500, 25):
        suite.tell_numbers(range(first, first + 25))
    suite.assert_exact()
    assert suite.told() == Counter(range(500))


def test_ten_deliveries_have_one_effect(suite: Suite) -> None:
    suite.start()
    copies = [message(e) for e in numbered(suite, range(150)) for _ in range(10)]
    random.Random(1).shuffle(copies)
    assert suite.publish(copies) == {m.id for m in copies}
    wait_until(lambda: suite.handled("applied") + suite.handled("duplicate") == 1500)
    assert suite.effects() == Counter(range(150))
    assert suite.handled("duplicate") == 1350


def test_a_projection_ends_at_the_newest_version_in_any_order(suite: Suite) -> None:
    suite.start()
    events = [
        event(suite.teller.service, number, version)
        for number in range(20)
        for version in range(1, 16)
    ]
    random.Random(2).shuffle(events)
    suite.publish([message(e) for e in events])
    wait_until(lambda: suite.effects().total() == 300)
    with suite.hearer.transaction() as session:
        latest = session.execute(text("SELECT number, version FROM latest ORDER BY number")).all()
    assert [tuple(row) for row in latest] == [(number, 15) for number in range(20)]


def test_a_handler_by_version_needs_no_inbox(suite: Suite) -> None:
    suite.subscription = replace(suite.subscription, by_version=True)
    suite.start()
    told = message(event(suite.teller.service, 7, 2))
    suite.publish([told] * 3)
    suite.publish([message(event(suite.teller.service, 7, 1))])
    wait_until(lambda: suite.handled("applied") + suite.handled("duplicate") == 4)
    with suite.hearer.transaction() as session:
        assert session.execute(text("SELECT number, version FROM latest")).all() == [(7, 2)]
        assert session.scalar(text("SELECT count(*) FROM inbox")) == 0


def test_poison_is_parked_and_its_neighbours_are_applied(suite: Suite) -> None:
    suite.start()
    good = numbered(suite, range(90))
    kind = good[0].type
    impossible = event(suite.teller.service, 1000, poison=True)
    messages = [message(e) for e in good]
    messages[30:30] = [message(impossible)]
    messages[60:60] = [
        Message("0197f000-0000-7000-8000-0000000000aa", kind, b"{not json"),
        Message("0197f000-0000-7000-8000-0000000000ab", kind, b'{"specversion": "1.0"}'),
    ]
    suite.publish(messages)
    wait_until(lambda: suite.effects().total() == 90 and len(suite.parked()) == 3)
    assert suite.effects() == Counter(range(90))
    errors = {p.event_id: p.error.split("\n")[0] for p in suite.parked()}
    assert errors.pop(impossible.id) == "PermanentError: this can never be"
    assert all(error.startswith("PermanentError: not an event: ") for error in errors.values())
    assert {p.attempts for p in suite.parked()} == {1}


def test_a_handler_that_fails_for_a_while_is_asked_again(suite: Suite) -> None:
    tries: Counter[int] = Counter()

    def fail(heard: Event) -> None:
        tries[heard.data["number"]] += 1
        if heard.data["number"] == 3 and tries[3] < 3:
            raise RuntimeError("not yet")

    suite.fail = fail
    suite.start()
    suite.tell_numbers([3])
    suite.assert_exact()
    assert tries[3] == 3
    suite.tell_numbers(range(4, 24))
    suite.assert_exact()
    assert suite.parked() == []


def test_after_the_last_try_an_event_waits_for_a_decision(suite: Suite) -> None:
    broken = True

    def fail(heard: Event) -> None:
        if broken and heard.data["number"] in {7, 8}:
            raise RuntimeError("out of order")

    suite.fail = fail
    suite.start()
    told = {e.data["number"]: e for e in suite.tell_numbers(range(10))}
    wait_until(lambda: len(suite.parked()) == 2)
    assert suite.effects() == Counter(range(10)) - Counter([7, 8])
    cases = {p.event_id: p for p in suite.parked()}
    assert {p.attempts for p in cases.values()} == {len(DELAYS) + 1}
    assert {p.error.split("\n")[0] for p in cases.values()} == {"RuntimeError: out of order"}

    broken = False
    with suite.hearer.transaction() as session:
        parked.retry(session, cases[told[7].id].id, OPERATOR)
        discarded = parked.discard(session, cases[told[8].id].id, OPERATOR)
    assert (discarded.state, discarded.decided_by) == ("discarded", OPERATOR.user_id)
    wait_until(lambda: suite.effects()[7] == 1)
    before = suite.handled("duplicate")
    suite.publish([message(told[8]), message(told[7])])
    wait_until(lambda: suite.handled("duplicate") == before + 2)
    assert suite.effects() == Counter(range(10)) - Counter([8])
    with suite.hearer.transaction() as session, pytest.raises(Problem) as refusal:
        parked.retry(session, cases[told[8].id].id, OPERATOR)
    assert refusal.value.code == "already_decided"


def test_several_relays_and_hearers_share_the_work(suite: Suite) -> None:
    suite.start(*suite.hearing(), *suite.hearing())
    suite.start(*(Relay(suite.teller, suite.transport, batch=20) for _ in range(3)))
    for first in range(0, 600, 30):
        suite.tell_numbers(range(first, first + 30))
    suite.assert_exact()


def test_events_of_jobs_let_all_others_go_first(suite: Suite) -> None:
    suite.start(*suite.hearing())
    relay, publisher = (
        Relay(suite.teller, suite.transport),
        suite.transport.publisher(suite.teller.service),
    )
    suite.tell_numbers(range(250), bulk=True)
    suite.tell_numbers([1000])
    assert relay.send_batch(publisher) == 1
    wait_until(lambda: suite.effects() == Counter([1000]))
    assert relay.send_batch(publisher) == 200
    # As long as those took, whatever else there is goes out, and none of theirs.
    suite.tell_numbers([1001])
    assert relay.send_batch(publisher) == 1
    assert relay.send_batch(publisher) == 0
    wait_until(lambda: relay.send_batch(publisher) == 50)
    wait_until(lambda: suite.effects() == Counter([*range(250), 1000, 1001]))
    publisher.close()


def test_a_relay_is_woken_up(suite: Suite) -> None:
    """It polls so rarely here that only the wake-up call explains the arrival in time."""
    suite.start(*suite.hearing(), Relay(suite.teller, suite.transport, poll_seconds=50))
    for number in range(3):
        suite.tell_numbers([number])
        wait_until(lambda seen=number + 1: suite.effects().total() == seen)
    suite._stop.set()
    suite.tell_numbers([3])  # so that it sees the end of the test, too


def test_a_relay_that_is_not_woken_up_polls(suite: Suite) -> None:
    suite.start()
    with suite.teller.transaction() as session:
        rows = outbox.rows([event(suite.teller.service, 1)])
        session.execute(outbox.outbox.insert(), rows)
    wait_until(lambda: suite.effects() == Counter([1]))


def test_what_nobody_wants_is_sent_and_done(suite: Suite) -> None:
    suite.start()
    unwanted = event("nobody", 1)
    with suite.teller.transaction() as session:
        outbox.add(session, [unwanted])
    suite.tell_numbers([2])
    wait_until(lambda: suite.unsent() == 0)
    wait_until(lambda: suite.effects() == Counter([2]))


def test_nothing_is_sent_twice_or_forgotten_when_the_workers_stop_and_start(suite: Suite) -> None:
    for first in range(0, 400, 100):
        suite.start()
        suite.tell_numbers(range(first, first + 100))
        suite.stop()
    suite.start()
    suite.assert_exact()
