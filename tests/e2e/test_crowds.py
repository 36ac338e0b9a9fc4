"""64 people trade with the same five products at once: nobody is refused, every unit is counted."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat

from tests.e2e.conftest import line, stock
from tests.e2e.running import PATIENCE
from tests.eventually import eventually

PEOPLE = 64
ON_HAND = 1000


def trade(me, products, number):
    """From a lead to money; every fourth customer gives up when the goods are on the way.

    The quantities of each product in the order, and the order's id.
    """
    quantities = [1 + (number + place) % 5 for place in range(len(products))]
    lead = me.create("leads", last_name="Doe", company=f"Company {uuid.uuid4()}")
    became = me("POST", f"/leads/{lead['id']}/convert", {})
    quote = me.create(
        "quotes",
        subject="Goods",
        account_id=became["account_id"],
        opportunity_id=became["opportunity_id"],
        lines=[line(*each, "2.50") for each in zip(products, quantities, strict=True)],
    )
    me("POST", f"/quotes/{quote['id']}/accept")
    order = me("POST", f"/quotes/{quote['id']}/to-order", status=201)
    path = f"/sales-orders/{order['id']}"
    me("POST", f"{path}/approve")
    some = {"lines": [{"line_id": order["lines"][number % 5]["id"], "quantity": "1"}]}
    me("POST", f"{path}/ship", some, status=201)
    me("POST", f"{path}/ship", status=201)
    if gives_up(number):
        assert me("POST", f"{path}/cancel")["status"] == "Cancelled"
    else:
        invoice = me("POST", f"{path}/invoice", status=201)
        assert float(invoice["balance"]) == 2.5 * sum(quantities)
        me("POST", f"/invoices/{invoice['id']}/payments", {"amount": "2.5"}, status=201)
        rest = f"{2.5 * sum(quantities) - 2.5:.2f}"
        me("POST", f"/invoices/{invoice['id']}/payments", {"amount": rest}, status=201)
        assert me.get(f"/invoices/{invoice['id']}")["status"] == "Paid"
    return order["id"], quantities


def gives_up(number):
    return number % 4 == 3


def test_no_request_fails_and_every_unit_is_accounted_for(suite, people, ben, make_products):
    products = make_products(*[ON_HAND] * 5)
    token = suite.token("ben")
    sellers = [suite.with_token(token) for _ in range(PEOPLE)]
    with ThreadPoolExecutor(PEOPLE) as pool:
        trades = list(pool.map(trade, sellers, repeat(products), range(PEOPLE)))
    gone = [
        sum(q[place] for number, (_, q) in enumerate(trades) if not gives_up(number))
        for place in range(5)
    ]
    left = [(str(ON_HAND - units), "0", str(ON_HAND - units), "0") for units in gone]
    eventually(lambda: [stock(ben, product) for product in products], left, within=PATIENCE)

    def statuses():
        """Of the orders, as soon as sales has heard what became of every shipment."""
        return [ben.get(f"/sales-orders/{order_id}")["status"] for order_id, _ in trades]

    expected = ["Cancelled" if gives_up(number) else "Delivered" for number in range(PEOPLE)]
    eventually(statuses, expected, within=PATIENCE)
    for product, units in zip(products, gone, strict=True):
        assert in_movements(ben, product) == ON_HAND - units
    ours = ",".join(order_id for order_id, _ in trades)
    unsettled = f"filter[status]=pending,short&filter[sales_order_id]={ours}"
    assert ben.get(f"/shipments?{unsettled}&count=exact")["count"] == 0


def in_movements(api, product):
    """The sum of all that ever came and went."""
    total, cursor = 0, ""
    while cursor is not None:
        within = f"filter[product_id]={product['id']}&limit=200&cursor={cursor}"
        page = api.get(f"/stock-movements?{within}")
        total += sum(int(movement["quantity"]) for movement in page["items"])
        cursor = page["next_cursor"]
    return total
