"""The demo's tables: every key they name exists, and every stage and status is there to see."""

from collections import Counter
from collections.abc import Sequence
from itertools import chain

import pytest

from services.inventory.entities.purchase_order import STATUSES as PURCHASE_STATUSES
from services.sales.entities.lead import STATUSES as LEAD_STATUSES
from services.sales.entities.opportunity import STAGES as OPPORTUNITY_STAGES
from services.sales.entities.quote import STAGES
from services.sales.entities.sales_order import STATUSES as ORDER_STATUSES
from services.support.entities.ticket import PRIORITIES, SEVERITIES
from services.support.entities.ticket import STATUSES as TICKET_STATUSES
from tandem.demo import company

PEOPLE = {person.key for person in company.PEOPLE}
PRODUCTS = {product.key for product in company.PRODUCTS}
CUSTOMERS = {customer.key for customer in company.CUSTOMERS}
VENDORS = {key for key, *_ in company.VENDORS}
SOLD = (*company.QUOTES, *company.ORDERS)


def test_no_key_is_used_twice_within_its_own_kind_or_across() -> None:
    tables: Sequence[Sequence[tuple[object, ...]]] = (
        company.ROLES,
        company.PEOPLE,
        company.VENDORS,
        company.PRODUCTS,
        company.CUSTOMERS,
        company.LEADS,
        company.OPPORTUNITIES,
        SOLD,
        company.PURCHASES,
        company.TICKETS,
        company.CONSENTS,
    )
    keys = Counter(row[0] for row in chain.from_iterable(tables))
    assert [key for key, count in keys.items() if count > 1] == []


def test_every_reference_is_to_somebody_or_something() -> None:
    roles = {key for key, *_ in company.ROLES}
    assert {p.role for p in company.PEOPLE} <= roles
    assert {p.manager for p in company.PEOPLE} <= PEOPLE | {None}
    assert {p.vendor for p in company.PRODUCTS} <= VENDORS
    assert {c.owner for c in company.CUSTOMERS} | {company.TAKES_OVER} <= PEOPLE
    assert (company.LEFT.role in roles, company.LEFT.manager in PEOPLE) == (True, True)
    assert company.LEAD_OF_WHO_LEFT.owner == company.LEFT.key
    assert {o.customer for o in company.OPPORTUNITIES} <= CUSTOMERS
    assert {d.customer for d in SOLD} <= CUSTOMERS
    assert {d.customer for d in company.PURCHASES} <= VENDORS
    lines = chain.from_iterable(d.lines for d in (*SOLD, *company.PURCHASES))
    assert {line.product for line in lines} <= PRODUCTS
    assert {t.product for t in company.TICKETS} <= PRODUCTS
    assert {c.customer for c in company.CONSENTS} | {company.ASKED_FOR_THEIR_DATA} <= CUSTOMERS
    assert {t.customer for t in company.TICKETS} <= CUSTOMERS
    assert company.INVOICED.keys() <= {o.key for o in company.ORDERS}


def test_there_is_one_of_everything_to_look_at() -> None:
    assert [o.stage for o in company.OPPORTUNITIES] == list(OPPORTUNITY_STAGES)
    assert {q.state for q in company.QUOTES} == set(STAGES)
    assert {o.state for o in company.ORDERS} == set(ORDER_STATUSES)
    assert {t.status for t in company.TICKETS} == set(TICKET_STATUSES)
    assert {t.priority for t in company.TICKETS} == set(PRIORITIES)
    assert {t.severity for t in company.TICKETS} == set(SEVERITIES)
    assert {p.state for p in company.PURCHASES} <= set(PURCHASE_STATUSES)
    assert {lead.status for lead in company.LEADS} <= set(LEAD_STATUSES)
    assert len(company.PRODUCTS) == 20


@pytest.mark.parametrize("product", company.PRODUCTS, ids=lambda product: product.key)
def test_what_is_shipped_is_in_stock(product: company.Product) -> None:
    shipped = sum(
        line.quantity
        for order in company.ORDERS
        if order.state in {"Delivered", "Partially Shipped"}
        for line in order.lines
        if line.product == product.key
    )
    assert shipped <= product.stock
