"""A document with prices is computed by the server, and every refusal names the client's field."""

from decimal import Decimal

import pytest
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from contracts.caller import system_caller
from contracts.errors import Problem
from crmkit.db import Database
from crmkit.priced import Priced, PricedLine, compute_totals
from crmkit.records.currencies import currency
from crmkit.unit_of_work import UnitOfWork
from tests import cluster


class Base(DeclarativeBase):
    pass


class Offer(Priced, Base):
    __tablename__ = "offer"
    lines: Mapped[list["OfferLine"]] = relationship(order_by="OfferLine.sequence")


class OfferLine(PricedLine, Base):
    __tablename__ = "offer_line"
    record_id: Mapped[str] = mapped_column(ForeignKey("offer.id"))


@pytest.fixture(scope="module")
def database():
    database = Database(cluster.fresh_database("priced"), "sales")
    with database.transaction() as session:
        currency.create(session.connection())
        rows = [("EUR", 2, "1", True, True), ("JPY", 0, "160", False, True)]
        rows.append(("FRF", 2, "6.55957", False, False))
        for number, (code, decimals, rate, is_base, active) in enumerate(rows):
            session.execute(
                currency.insert().values(
                    currency_id=f"00000000-0000-7000-8000-00000000000{number}",
                    code=code,
                    decimals=decimals,
                    conversion_rate=Decimal(rate),
                    is_base=is_base,
                    active=active,
                    version=1,
                )
            )
    yield database
    database.close()


@pytest.fixture
def compute(database):
    def run(document, before=None):
        with database.transaction() as session:
            compute_totals(UnitOfWork(session, system_caller(), "sales"), document, before or {})
        return document

    return run


def line(**values):
    sound = {"quantity": Decimal(3), "list_price": Decimal(100), "taxes": []}
    return OfferLine(**sound | values)


def offer(*lines, **values):
    sound = {"tax_type": "group", "taxes": [], "charges": [], "deducted_taxes": []}
    return Offer(**sound | {"adjustment": Decimal(0), "lines": list(lines)} | values)


def tax(name, rate, method="simple", compound_on=()):
    return {"name": name, "rate": rate, "method": method, "compound_on": list(compound_on)}


def refusal(compute, document):
    with pytest.raises(Problem) as refused:
        compute(document)
    assert (refused.value.status, refused.value.code) == (422, "validation_failed")
    return [(error.pointer, error.code) for error in refused.value.errors]


def test_every_total_is_set_from_what_was_typed(compute):
    rates = [tax("VAT", "4.5"), tax("Sales", "10"), tax("Service", "12.5")]
    document = compute(
        offer(
            line(discount_percent=Decimal(10), purchase_cost=Decimal(60)),
            line(quantity=Decimal(2), list_price=Decimal(50), discount_amount=Decimal(5)),
            discount_percent=Decimal(10),
            taxes=rates,
            charges=[{"name": "S&H", "kind": "flat", "value": "20", "taxes": rates}],
        )
    )
    first = document.lines[0]
    assert (first.line_total, first.discount_total, first.after_discount) == (300, 30, 270)
    assert (first.tax_total, first.line_net, first.margin) == (0, 270, 90)
    assert (document.sub_total, document.discount_total) == (Decimal("365.00"), Decimal("36.50"))
    assert (document.charges_total, document.charge_taxes) == (Decimal("20.00"), Decimal("5.40"))
    assert (document.pre_tax_total, document.tax_total) == (Decimal("348.50"), Decimal("88.69"))
    assert (document.deducted_tax, document.total) == (Decimal("0.00"), Decimal("442.59"))
    assert (document.currency, document.conversion_rate) == ("EUR", Decimal(1))


def test_the_currency_decides_decimals_and_rate(compute):
    document = compute(offer(line(list_price=Decimal("100.5")), currency="JPY"))
    assert (str(document.total), document.conversion_rate) == ("302", Decimal(160))


def test_an_old_document_keeps_a_currency_no_longer_used_but_a_new_one_cannot_take_it(compute):
    kept = compute(offer(line(), currency="FRF"), {"currency": "FRF"})
    assert kept.conversion_rate == Decimal("6.55957")
    found = refusal(compute, offer(line(), currency="FRF"))
    assert found == [("/currency", "unknown_currency")]


def test_two_discounts_on_one_place_are_refused_wherever_they_stand(compute):
    both = {"discount_percent": Decimal(1), "discount_amount": Decimal(1)}
    assert refusal(compute, offer(line(), line(**both), **both)) == [
        ("/discount_amount", "two_discounts"),
        ("/lines/1/discount_amount", "two_discounts"),
    ]


@pytest.mark.parametrize(
    ("document", "fault"),
    [
        (
            lambda: offer(line(), line(discount_amount=Decimal(301))),
            ("/lines/1/discount_amount", "discount_above_total"),
        ),
        (
            lambda: offer(line(discount_percent=Decimal(101))),
            ("/lines/0/discount_percent", "out_of_range"),
        ),
        (
            lambda: offer(line(), discount_amount=Decimal(301)),
            ("/discount_amount", "discount_above_total"),
        ),
        (
            lambda: offer(line(), discount_percent=Decimal(101)),
            ("/discount_percent", "out_of_range"),
        ),
        (
            lambda: offer(line(), taxes=[tax("VAT", "1", "compound", ["Eco"])]),
            ("/taxes/0/compound_on/0", "unknown_tax"),
        ),
        (
            lambda: offer(line(taxes=[tax("VAT", "1"), tax("VAT", "2")])),
            ("/lines/0/taxes/1/name", "duplicate_tax"),
        ),
        (
            lambda: offer(line(), deducted_taxes=[tax("TDS", "1")]),
            ("/deducted_taxes/0/method", "misplaced_tax"),
        ),
        (lambda: offer(line(quantity=Decimal(10) ** 16)), ("/lines/0/quantity", "out_of_range")),
        (
            lambda: offer(
                line(), charges=[{"name": "S", "kind": "percent", "value": "-1", "taxes": []}]
            ),
            ("/charges/0/value", "out_of_range"),
        ),
    ],
)
def test_a_figure_that_cannot_be_right_is_named_by_the_field_the_client_sent(
    compute, document, fault
):
    assert refusal(compute, document()) == [fault]
