"""What only a broker can do: lose queues, and give up a message that nobody survives."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pika
import pytest

from crmkit.bus.rabbitmq import RabbitTransport
from crmkit.bus.topology import DELIVERY_LIMIT, EXCHANGE, dead_queue, definitions, queue_name
from tests.bus.suite import Suite, event, message, services, wait_until

pytestmark = pytest.mark.rabbitmq


@pytest.fixture
def suite(amqp_url: str) -> Iterator[Suite]:
    with services("rabbitmq", amqp_url) as both:
        yield both


@pytest.fixture
def channel(amqp_url: str) -> Iterator[Any]:
    connection = pika.BlockingConnection(pika.URLParameters(amqp_url))
    yield connection.channel()
    connection.close()


def declared(suite: Suite) -> RabbitTransport:
    assert isinstance(suite.transport, RabbitTransport)
    suite.transport.declare()
    return suite.transport


def wait_for(channel: Any, queue: str, count: int) -> None:
    wait_until(lambda: channel.queue_declare(queue, passive=True).method.message_count == count)


def consumers(channel: Any, suite: Suite) -> int:
    queue = queue_name(suite.hearer.service, "things")
    try:
        found = channel.connection.channel().queue_declare(queue, passive=True)
    except pika.exceptions.ChannelClosedByBroker:
        return 0
    return int(found.method.consumer_count)


def test_events_wait_in_the_queue_of_a_service_that_never_ran(suite: Suite, channel: Any) -> None:
    told = [event(suite.teller.service, number) for number in range(5)]
    assert suite.publish([message(e) for e in told]) == {e.id for e in told}
    wait_for(channel, queue_name(suite.hearer.service, "things"), 5)
    suite.start()
    wait_until(lambda: suite.effects() == Counter(range(5)))


def test_a_queue_that_is_gone_is_made_again_before_anything_counts_as_sent(
    suite: Suite, channel: Any
) -> None:
    publisher = declared(suite).publisher(suite.teller.service)
    first, second = event(suite.teller.service, 1), event(suite.teller.service, 2)
    assert publisher.publish([message(first)]) == {first.id}
    channel.queue_delete(queue_name(suite.hearer.service, "things"))
    assert publisher.publish([message(second)]) == frozenset()
    assert publisher.publish([message(second)]) == {second.id}
    publisher.close()
    suite.start()
    wait_until(lambda: suite.effects() == Counter([2]))


def test_a_hearer_whose_queue_is_deleted_makes_it_again(suite: Suite, channel: Any) -> None:
    suite.start()
    suite.tell_numbers([1])
    suite.assert_exact()
    channel.queue_delete(queue_name(suite.hearer.service, "things"))
    wait_until(lambda: consumers(channel, suite) == 1)
    suite.tell_numbers([2])
    suite.assert_exact()


def test_a_message_that_outlives_its_consumers_is_parked(suite: Suite, channel: Any) -> None:
    told = event(suite.teller.service, 1)
    suite.publish([message(told)])
    queue = queue_name(suite.hearer.service, "things")
    wait_for(channel, queue, 1)
    for _ in range(DELIVERY_LIMIT + 1):
        method, _properties, _body = next(channel.consume(queue, inactivity_timeout=10))
        channel.basic_nack(method.delivery_tag, requeue=True)
    channel.cancel()
    wait_for(channel, dead_queue(suite.hearer.service), 1)
    suite.start()
    wait_until(lambda: len(suite.parked()) == 1)
    [case] = suite.parked()
    assert (case.event_id, case.subscription) == (told.id, "things")
    assert case.error.startswith(f"given up by the broker after {queue} was read in vain")
    assert suite.effects() == Counter()


def test_a_stranger_in_the_dead_queue_and_in_the_queue_is_parked(
    suite: Suite, channel: Any
) -> None:
    declared(suite)
    channel.basic_publish("", dead_queue(suite.hearer.service), b"?")
    channel.basic_publish("", queue_name(suite.hearer.service, "things"), b"\xff\x00 no event")
    suite.start()
    suite.tell_numbers([1])
    suite.assert_exact()
    wait_until(lambda: len(suite.parked()) == 2)
    found = {(case.subscription, case.event) for case in suite.parked()}
    assert found == {("unknown", b"?"), ("things", b"\xff\x00 no event")}


@pytest.mark.parametrize("former", ["crm.{0}.*.changed.v1", "crm.{0}.other.changed.v1", "crm.#"])
def test_what_a_subscription_no_longer_wants_is_unbound(
    suite: Suite, channel: Any, former: str
) -> None:
    declared(suite)
    queue, teller = queue_name(suite.hearer.service, "things"), suite.teller.service
    channel.queue_bind(queue, EXCHANGE, former.format(teller))
    other = replace(event(teller, 7), type=f"crm.{teller}.other.changed.v1")
    channel.confirm_delivery()

    def publish() -> bool:
        """Whether any queue wants it."""
        sent = pika.BasicProperties(message_id=other.id, type=other.type)
        try:
            channel.basic_publish(EXCHANGE, other.type, b"{}", sent, mandatory=True)
        except pika.exceptions.UnroutableError:
            return False
        return True

    assert publish()
    suite.start()
    wait_until(lambda: not publish())
    suite.tell_numbers([1])
    suite.assert_exact()
    assert suite.parked() == []


def test_the_definitions_file_is_what_the_workers_declare(suite: Suite, channel: Any) -> None:
    declared(suite)
    document = definitions(suite.topology)
    assert {e["name"] for e in document["exchanges"]} >= {EXCHANGE, "crm.retry.5000ms"}
    for queue in document["queues"]:
        if queue["name"].startswith(suite.hearer.service):
            channel.queue_declare(queue["name"], durable=True, arguments=queue["arguments"])
