"""What cannot be added up is refused, with every bad figure named at once."""

from decimal import Decimal

import pytest

from crmkit.totals import Charge, Discount, Document, DocumentError, Line, Tax, totals

GOOD = Line(Decimal(1), Decimal(10))


def faults(document):
    with pytest.raises(DocumentError) as refusal:
        totals(document)
    return [(fault.pointer, fault.code) for fault in refusal.value.faults]


def of_line(**values):
    return faults(
        Document(
            (Line(**{"quantity": Decimal(1), "list_price": Decimal(10)} | values),), "group", 2
        )
    )


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"quantity": 1.5}, ("/lines/0/quantity", "not_a_decimal")),
        ({"quantity": Decimal("NaN")}, ("/lines/0/quantity", "not_a_decimal")),
        ({"quantity": Decimal(10) ** 16}, ("/lines/0/quantity", "out_of_range")),
        ({"list_price": Decimal(-1)}, ("/lines/0/list_price", "out_of_range")),
        ({"list_price": Decimal("Infinity")}, ("/lines/0/list_price", "not_a_decimal")),
        ({"purchase_cost": Decimal(-1)}, ("/lines/0/purchase_cost", "out_of_range")),
        (
            {"discount": Discount("percent", Decimal("100.01"))},
            ("/lines/0/discount/value", "out_of_range"),
        ),
        (
            {"discount": Discount("amount", Decimal(-1))},
            ("/lines/0/discount/value", "out_of_range"),
        ),
        (
            {"discount": Discount("amount", Decimal("10.01"))},
            ("/lines/0/discount/value", "discount_above_total"),
        ),
        (
            {"discount": Discount("none", Decimal(1))},
            ("/lines/0/discount/value", "unexpected_value"),
        ),
        ({"discount": Discount("half", Decimal(1))}, ("/lines/0/discount/kind", "not_a_choice")),
        ({"taxes": (Tax("VAT", Decimal(101)),)}, ("/lines/0/taxes/0/rate", "out_of_range")),
        ({"taxes": (Tax("VAT", Decimal(1), "odd"),)}, ("/lines/0/taxes/0/method", "not_a_choice")),
        (
            {"taxes": (Tax("VAT", Decimal(1), "deducted"),)},
            ("/lines/0/taxes/0/method", "misplaced_tax"),
        ),
        (
            {"taxes": (Tax("VAT", Decimal(1)), Tax("VAT", Decimal(2)))},
            ("/lines/0/taxes/1/name", "duplicate_tax"),
        ),
        (
            {"taxes": (Tax("VAT", Decimal(1), "compound"),)},
            ("/lines/0/taxes/0/compound_on", "compound_on_missing"),
        ),
        (
            {"taxes": (Tax("VAT", Decimal(1), "compound", ("Eco",)),)},
            ("/lines/0/taxes/0/compound_on/0", "unknown_tax"),
        ),
        (
            {"taxes": (Tax("VAT", Decimal(1), "simple", ("Eco",)), Tax("Eco", Decimal(1)))},
            ("/lines/0/taxes/0/compound_on", "unexpected_value"),
        ),
        (
            {"taxes": (Tax("VAT", Decimal(1), "compound", ("Eco", "Eco")), Tax("Eco", Decimal(1)))},
            ("/lines/0/taxes/0/compound_on/1", "duplicate_tax"),
        ),
    ],
)
def test_a_bad_line_is_named(values, fault):
    assert of_line(**values) == [fault]


def test_taxes_that_build_on_themselves_are_all_named():
    ring = (
        Tax("A", Decimal(1), "compound", ("B",)),
        Tax("B", Decimal(1), "compound", ("C",)),
        Tax("C", Decimal(1), "compound", ("A",)),
        Tax("D", Decimal(1), "compound", ("A",)),
    )
    assert faults(Document((GOOD,), "group", 2, group_taxes=ring)) == [
        (f"/group_taxes/{n}/compound_on", "tax_cycle") for n in range(3)
    ]


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"decimals": 4}, ("/decimals", "out_of_range")),
        ({"decimals": True}, ("/decimals", "out_of_range")),
        ({"tax_type": "mixed"}, ("/tax_type", "not_a_choice")),
        (
            {"discount": Discount("amount", Decimal("10.01"))},
            ("/discount/value", "discount_above_total"),
        ),
        ({"charges": (Charge("S&H", "odd", Decimal(1)),)}, ("/charges/0/kind", "not_a_choice")),
        (
            {"charges": (Charge("S&H", "percent", Decimal(-1)),)},
            ("/charges/0/value", "out_of_range"),
        ),
        (
            {"charges": (Charge("S&H", "flat", Decimal(1), (Tax("VAT", Decimal(-1)),)),)},
            ("/charges/0/taxes/0/rate", "out_of_range"),
        ),
        (
            {"deducted_taxes": (Tax("TDS", Decimal(1)),)},
            ("/deducted_taxes/0/method", "misplaced_tax"),
        ),
        ({"adjustment": 0.1}, ("/adjustment", "not_a_decimal")),
    ],
)
def test_a_bad_header_is_named(values, fault):
    sound = {"lines": (GOOD,), "tax_type": "group", "decimals": 2}
    assert faults(Document(**sound | values)) == [fault]


def test_everything_wrong_is_named_at_once_lines_first():
    document = Document(
        lines=(GOOD, Line(Decimal(1), Decimal(-1)), Line(Decimal("NaN"), Decimal(1))),
        tax_type="group",
        decimals=2,
        discount=Discount("percent", Decimal(200)),
        adjustment=Decimal("Infinity"),
    )
    assert faults(document) == [
        ("/lines/1/list_price", "out_of_range"),
        ("/lines/2/quantity", "not_a_decimal"),
        ("/discount/value", "out_of_range"),
        ("/adjustment", "not_a_decimal"),
    ]


def test_a_negative_flat_charge_is_freight_paid_back():
    document = Document((GOOD,), "group", 2, charges=(Charge("S&H", "flat", Decimal(-4)),))
    assert totals(document).total == Decimal("6.00")
