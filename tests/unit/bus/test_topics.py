"""AMQP 0-9-1 topic patterns, as the broker matches them."""

import pytest

from crmkit.bus.subscription import matches

ORDER = "crm.sales.sales_order.approved.v1"


@pytest.mark.parametrize(
    ("pattern", "matched"),
    [
        (ORDER, True),
        ("crm.sales.sales_order.*.v1", True),
        ("crm.*.*.*.*", True),
        ("crm.#", True),
        ("#", True),
        ("#.v1", True),
        ("crm.#.approved.#", True),
        (f"#.{ORDER}.#", True),
        ("crm.*", False),
        ("crm.sales.*.v1", False),
        ("crm.sales.sales_order.*.v2", False),
        ("crm.sales.sales_orde*.approved.v1", False),
        (f"{ORDER}.*", False),
        ("CRM.#", False),
        ("", False),
    ],
)
def test_pattern(pattern: str, matched: bool) -> None:
    assert matches(pattern, ORDER) is matched


def test_a_dot_in_a_pattern_is_a_dot() -> None:
    assert not matches("crm.a", "crmxa")
