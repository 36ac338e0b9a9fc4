"""Sales with currencies, goods and a warehouse, and what tests do there again and again."""

import uuid

import pytest

from crmkit.unit_of_work import new_id
from tests.service.served import ANNA, BEN, BOSS, event, record, serving

WAREHOUSE = "01990000-0000-7000-8000-0000000000c1"
CHAI, CHANG, SYRUP = (f"01990000-0000-7000-8000-0000000000b{n}" for n in range(3))


@pytest.fixture(scope="session")
def sales():
    with serving("sales") as service:
        service.hear("currencies", _currency("USD", 2, "1"), _currency("JPY", 0, "150.5"))
        service.hear(
            "links",
            *(
                record("crm.inventory.product.created.v1", product, number=f"PRO{n}", name=name)
                for n, (product, name) in enumerate(
                    ((CHAI, "Chai"), (CHANG, "Chang"), (SYRUP, "Syrup"))
                )
            ),
            record("crm.inventory.warehouse.created.v1", WAREHOUSE, number="WH1", name="Main"),
        )
        yield service


def _currency(code, decimals, rate):
    state = {"code": code, "decimals": decimals, "conversion_rate": rate, "active": True}
    is_base = code == "USD"
    return record("crm.identity.currency.created.v1", new_id(), is_base=is_base, **state)


@pytest.fixture
def boss(sales):
    return sales.as_(BOSS)


@pytest.fixture
def anna(sales):
    """A manager: sees what is hers and Ben's."""
    return sales.as_(ANNA)


@pytest.fixture
def ben(sales):
    """A seller: sees what is his."""
    return sales.as_(BEN)


@pytest.fixture
def account(boss):
    return boss.create("accounts", name=f"Account {uuid.uuid4()}")


def line(product, quantity, price, **more):
    return {"product_id": product, "quantity": quantity, "list_price": price} | more


@pytest.fixture
def make_order(boss, account):
    """An approved order of 10 Chai, 5 Chang and 2 Syrup, unless lines are given."""

    def make(*lines, approved=True, **values):
        lines = lines or (line(CHAI, "10", "18"), line(CHANG, "5", "19"), line(SYRUP, "2", "10"))
        order = boss.create(
            "sales-orders", subject="Tea", account_id=account["id"], lines=lines, **values
        )
        return boss("POST", f"/sales-orders/{order['id']}/approve") if approved else order

    return make


def posted(shipment):
    """Inventory's answer that all of a shipment has left."""
    return event(
        "crm.inventory.stock.posted.v1",
        shipment["id"],
        sales_order_id=shipment["sales_order_id"],
        warehouse_id=WAREHOUSE,
        lines=[_told(held) for held in shipment["lines"]],
    )


def short(shipment, on_hand="0"):
    """Inventory's answer that nothing of a shipment has left."""
    return event(
        "crm.inventory.stock.short.v1",
        shipment["id"],
        sales_order_id=shipment["sales_order_id"],
        warehouse_id=WAREHOUSE,
        missing=[_told(held) | {"on_hand": on_hand} for held in shipment["lines"]],
    )


def _told(held):
    names = ("order_line_id", "product_id", "quantity")
    return {"line_id": held["id"]} | {name: held[name] for name in names}
