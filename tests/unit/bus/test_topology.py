"""Who hears what, and the broker objects that follow from it."""

import pytest

from crmkit.bus.subscription import Subscription
from crmkit.bus.topology import Topology, broker_objects

TOPOLOGY = Topology(
    {
        "inventory": [{"name": "orders", "patterns": ["crm.sales.sales_order.*.v1"]}],
        "reporting": [{"name": "facts", "patterns": ["crm.sales.#", "crm.inventory.#"]}],
        "sales": [],
    }
)


def test_hearers() -> None:
    found = TOPOLOGY.hearers("crm.sales.sales_order.approved.v1")
    assert [route.queue for route in found] == ["inventory.orders", "reporting.facts"]
    assert TOPOLOGY.hearers("crm.support.ticket.created.v1") == ()


def test_one_service_declares_its_own_queues_only() -> None:
    objects = broker_objects(TOPOLOGY.of("inventory"), (0.5, 5))
    assert [queue.name for queue in objects.queues] == [
        "inventory.orders",
        "inventory.dead",
        "crm.retry.500ms",
        "crm.retry.5000ms",
    ]
    first = objects.bindings[0]
    assert (first.exchange, first.queue, first.key) == (
        "crm.events",
        "inventory.orders",
        "crm.sales.sales_order.*.v1",
    )


def test_every_queue_that_may_dead_letter_does_so_at_least_once() -> None:
    for queue in broker_objects(TOPOLOGY).queues:
        assert queue.arguments["x-queue-type"] == "quorum"
        if "x-dead-letter-exchange" in queue.arguments:
            assert queue.arguments["x-dead-letter-strategy"] == "at-least-once"
            assert queue.arguments["x-overflow"] == "reject-publish"


@pytest.mark.parametrize(
    "subscription",
    [
        Subscription("orders", ("crm.sales.sales_order.*.v2",), lambda *_: None),
        Subscription("others", ("crm.sales.sales_order.*.v1",), lambda *_: None),
    ],
)
def test_code_that_hears_otherwise_than_committed_is_refused(subscription: Subscription) -> None:
    with pytest.raises(ValueError, match=f"stale: inventory.{subscription.name} is not in it"):
        TOPOLOGY.check("inventory", [subscription])
