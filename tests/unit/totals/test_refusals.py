"""What cannot be added up is refused, with every bad figure named at once."""

from decimal import Decimal as D

import pytest

from crmkit.totals import Charge, Discount, Document, DocumentError, Line, Tax, totals

GOOD = Line(D(1), D(10))


def faults(document):
    with pytest.raises(DocumentError) as refusal:
        totals(document)
    return [(fault.pointer, fault.code) for fault in refusal.value.faults]


def of_line(**values):
    return faults(Document((Line(**{"quantity": D(1), "list_price": D(10)} | values),), "group", 2))


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"quantity": 1.5}, ("/lines/0/quantity", "not_a_decimal")),
        ({"quantity": D("NaN")}, ("/lines/0/quantity", "not_a_decimal")),
        ({"quantity": D(10) ** 16}, ("/lines/0/quantity", "out_of_range")),
        ({"list_price": D(-1)}, ("/lines/0/list_price", "out_of_range")),
        ({"list_price": D("Infinity")}, ("/lines/0/list_price", "not_a_decimal")),
        ({"purchase_cost": D(-1)}, ("/lines/0/purchase_cost", "out_of_range")),
        (
            {"discount": Discount("percent", D("100.01"))},
            ("/lines/0/discount/value", "out_of_range"),
        ),
        ({"discount": Discount("amount", D(-1))}, ("/lines/0/discount/value", "out_of_range")),
        (
            {"discount": Discount("amount", D("10.01"))},
            ("/lines/0/discount/value", "discount_above_total"),
        ),
        ({"discount": Discount("none", D(1))}, ("/lines/0/discount/value", "unexpected_value")),
        ({"discount": Discount("half", D(1))}, ("/lines/0/discount/kind", "not_a_choice")),
        ({"taxes": (Tax("VAT", D(101)),)}, ("/lines/0/taxes/0/rate", "out_of_range")),
        ({"taxes": (Tax("VAT", D(1), "odd"),)}, ("/lines/0/taxes/0/method", "not_a_choice")),
        ({"taxes": (Tax("VAT", D(1), "deducted"),)}, ("/lines/0/taxes/0/method", "misplaced_tax")),
        (
            {"taxes": (Tax("VAT", D(1)), Tax("VAT", D(2)))},
            ("/lines/0/taxes/1/name", "duplicate_tax"),
        ),
        (
            {"taxes": (Tax("VAT", D(1), "compound"),)},
            ("/lines/0/taxes/0/compound_on", "compound_on_missing"),
        ),
        (
            {"taxes": (Tax("VAT", D(1), "compound", ("Eco",)),)},
            ("/lines/0/taxes/0/compound_on/0", "unknown_tax"),
        ),
        (
            {"taxes": (Tax("VAT", D(1), "simple", ("Eco",)), Tax("Eco", D(1)))},
            ("/lines/0/taxes/0/compound_on", "unexpected_value"),
        ),
        (
            {"taxes": (Tax("VAT", D(1), "compound", ("Eco", "Eco")), Tax("Eco", D(1)))},
            ("/lines/0/taxes/0/compound_on/1", "duplicate_tax"),
        ),
    ],
)
def test_a_bad_line_is_named(values, fault):
    assert of_line(**values) == [fault]


def test_taxes_that_build_on_themselves_are_all_named():
    ring = (
        Tax("A", D(1), "compound", ("B",)),
        Tax("B", D(1), "compound", ("C",)),
        Tax("C", D(1), "compound", ("A",)),
        Tax("D", D(1), "compound", ("A",)),
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
        ({"discount": Discount("amount", D("10.01"))}, ("/discount/value", "discount_above_total")),
        ({"charges": (Charge("S&H", "odd", D(1)),)}, ("/charges/0/kind", "not_a_choice")),
        ({"charges": (Charge("S&H", "percent", D(-1)),)}, ("/charges/0/value", "out_of_range")),
        (
            {"charges": (Charge("S&H", "flat", D(1), (Tax("VAT", D(-1)),)),)},
            ("/charges/0/taxes/0/rate", "out_of_range"),
        ),
        ({"deducted_taxes": (Tax("TDS", D(1)),)}, ("/deducted_taxes/0/method", "misplaced_tax")),
        ({"adjustment": 0.1}, ("/adjustment", "not_a_decimal")),
    ],
)
def test_a_bad_header_is_named(values, fault):
    sound = {"lines": (GOOD,), "tax_type": "group", "decimals": 2}
    assert faults(Document(**sound | values)) == [fault]


def test_everything_wrong_is_named_at_once_lines_first():
    document = Document(
        lines=(GOOD, Line(D(1), D(-1)), Line(D("NaN"), D(1))),
        tax_type="group",
        decimals=2,
        discount=Discount("percent", D(200)),
        adjustment=D("Infinity"),
    )
    assert faults(document) == [
        ("/lines/1/list_price", "out_of_range"),
        ("/lines/2/quantity", "not_a_decimal"),
        ("/discount/value", "out_of_range"),
        ("/adjustment", "not_a_decimal"),
    ]


def test_a_negative_flat_charge_is_freight_paid_back():
    document = Document((GOOD,), "group", 2, charges=(Charge("S&H", "flat", D(-4)),))
    assert totals(document).total == D("6.00")
