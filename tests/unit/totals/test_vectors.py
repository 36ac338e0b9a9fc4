"""The two documents of spec 1.9, with every figure in between, and how single figures round."""

from decimal import Decimal

import pytest

from crmkit.totals import (
    NO_DISCOUNT,
    Charge,
    ChargeTotals,
    Discount,
    Document,
    Line,
    LineTotals,
    Tax,
    TaxAmount,
    Totals,
    balance,
    totals,
)

VAT, SALES, SERVICE = (
    Tax("VAT", Decimal("4.5")),
    Tax("Sales", Decimal(10)),
    Tax("Service", Decimal("12.5")),
)
TAXES = (VAT, SALES, SERVICE)
LINES = (
    Line(
        Decimal(3), Decimal(100), Discount("percent", Decimal(10)), TAXES, purchase_cost=Decimal(60)
    ),
    Line(Decimal(2), Decimal(50), Discount("amount", Decimal("5.00")), TAXES),
)
SHIPPING = Charge("Shipping & Handling", "flat", Decimal(20), TAXES)
SHIPPING_TOTALS = ChargeTotals(
    "Shipping & Handling",
    Decimal("20.00"),
    (
        TaxAmount("VAT", Decimal("4.5"), Decimal("0.90")),
        TaxAmount("Sales", Decimal(10), Decimal("2.00")),
        TaxAmount("Service", Decimal("12.5"), Decimal("2.50")),
    ),
    Decimal("5.40"),
)


def spec_document(tax_type):
    return Document(
        lines=LINES,
        tax_type=tax_type,
        decimals=2,
        discount=Discount("percent", Decimal(10)),
        group_taxes=TAXES,
        charges=(SHIPPING,),
    )


def one_line(quantity, price, discount=NO_DISCOUNT, decimals=2):
    result = totals(
        Document((Line(Decimal(quantity), Decimal(price), discount),), "group", decimals)
    )
    return result.lines[0]


def test_group_taxes_as_in_the_spec():
    assert totals(spec_document("group")) == Totals(
        lines=(
            LineTotals(
                Decimal("300.00"),
                Decimal("30.00"),
                Decimal("270.00"),
                (),
                Decimal("0.00"),
                Decimal("270.00"),
                Decimal("90.00"),
            ),
            LineTotals(
                Decimal("100.00"),
                Decimal("5.00"),
                Decimal("95.00"),
                (),
                Decimal("0.00"),
                Decimal("95.00"),
                None,
            ),
        ),
        sub_total=Decimal("365.00"),
        discount=Decimal("36.50"),
        charges=(SHIPPING_TOTALS,),
        charges_total=Decimal("20.00"),
        charge_taxes=Decimal("5.40"),
        pre_tax_total=Decimal("348.50"),
        group_taxes=(
            TaxAmount("VAT", Decimal("4.5"), Decimal("14.78")),
            TaxAmount("Sales", Decimal(10), Decimal("32.85")),
            TaxAmount("Service", Decimal("12.5"), Decimal("41.06")),
        ),
        tax_total=Decimal("88.69"),
        deducted_taxes=(),
        deducted_tax=Decimal("0.00"),
        adjustment=Decimal("0.00"),
        total=Decimal("442.59"),
    )


def test_individual_taxes_as_in_the_spec():
    result = totals(spec_document("individual"))
    first, second = result.lines
    assert first.taxes == (
        TaxAmount("VAT", Decimal("4.5"), Decimal("12.15")),
        TaxAmount("Sales", Decimal(10), Decimal("27.00")),
        TaxAmount("Service", Decimal("12.5"), Decimal("33.75")),
    )
    assert (first.tax_total, first.line_net) == (Decimal("72.90"), Decimal("342.90"))
    assert second.taxes == (
        TaxAmount("VAT", Decimal("4.5"), Decimal("4.28")),
        TaxAmount("Sales", Decimal(10), Decimal("9.50")),
        TaxAmount("Service", Decimal("12.5"), Decimal("11.88")),
    )
    assert (second.tax_total, second.line_net) == (Decimal("25.66"), Decimal("120.66"))
    assert (result.sub_total, result.discount) == (Decimal("463.56"), Decimal("46.36"))
    assert (result.charges_total, result.charge_taxes) == (Decimal("20.00"), Decimal("5.40"))
    assert result.pre_tax_total == Decimal("338.64")
    assert (result.group_taxes, result.tax_total) == ((), Decimal("98.56"))
    assert result.total == Decimal("442.60")


def test_withheld_taxes_and_the_adjustment_change_the_total_alone():
    document = Document(
        lines=LINES,
        tax_type="group",
        decimals=2,
        deducted_taxes=(Tax("TDS", Decimal(2), "deducted"),),
        adjustment=Decimal("-0.305"),
    )
    result = totals(document)
    assert (result.pre_tax_total, result.tax_total) == (Decimal("365.00"), Decimal("0.00"))
    assert result.deducted_taxes == (TaxAmount("TDS", Decimal(2), Decimal("7.30")),)
    assert (result.deducted_tax, result.adjustment) == (Decimal("7.30"), Decimal("-0.31"))
    assert result.total == Decimal("357.39")


def test_a_percentage_charge_is_of_the_discounted_items():
    document = Document(
        lines=LINES,
        tax_type="group",
        decimals=2,
        discount=Discount("amount", Decimal(65)),
        charges=(
            Charge("Insurance", "percent", Decimal("1.5")),
            Charge("Crate", "flat", Decimal("7.005")),
        ),
    )
    result = totals(document)
    assert [charge.amount for charge in result.charges] == [Decimal("4.50"), Decimal("7.01")]
    assert (result.charges_total, result.total) == (Decimal("11.51"), Decimal("311.51"))


def test_compound_taxes_build_on_each_other_in_whatever_order_they_are_listed():
    on_both = Tax("City", Decimal(1), "compound", ("GST", "QST"))
    on_gst = Tax("QST", Decimal("9.5"), "compound", ("GST",))
    taxes = (on_both, on_gst, Tax("GST", Decimal(5)))
    result = totals(Document((Line(Decimal(1), Decimal(100)),), "group", 2, group_taxes=taxes))
    assert [tax.amount for tax in result.group_taxes] == [
        Decimal("1.15"),
        Decimal("9.98"),
        Decimal("5.00"),
    ]
    assert result.total == Decimal("116.13")


def test_a_percentage_is_taken_off_the_exact_line_and_rounded_once():
    # Order 10264 of Northwind: 163.625 exactly; rounding the discount first would give 163.62.
    line = one_line(25, "7.70", Discount("percent", Decimal(15)))
    assert (line.line_total, line.discount, line.after_discount) == (
        Decimal("192.50"),
        Decimal("28.87"),
        Decimal("163.63"),
    )


@pytest.mark.parametrize(("decimals", "amount"), [(0, "1"), (1, "1.2"), (2, "1.24"), (3, "1.235")])
def test_amounts_have_the_decimals_of_the_currency(decimals, amount):
    total = one_line("0.5", "2.470", decimals=decimals).line_net
    assert str(total) == amount


def test_a_half_is_rounded_away_from_zero_on_both_sides():
    assert one_line(1, "0.125").line_net == Decimal("0.13")
    assert one_line(-1, "0.125").line_net == Decimal("-0.13")


def test_a_return_is_the_mirror_of_its_sale_and_nothing_is_minus_zero():
    sold = one_line(2, 50, Discount("amount", Decimal("5.00")))
    returned = one_line(-2, 50, Discount("amount", Decimal("5.00")))
    assert (sold.after_discount, returned.after_discount) == (Decimal("95.00"), Decimal("-95.00"))
    assert returned.discount == Decimal("-5.00")
    assert str(one_line(-1, "0.001").line_total) == "0.00"


def test_a_document_without_lines_is_its_charges_and_adjustment():
    result = totals(Document((), "group", 2, charges=(SHIPPING,), adjustment=Decimal(1)))
    assert (result.sub_total, result.total) == (Decimal("0.00"), Decimal("26.40"))


def test_the_balance_is_what_is_still_owed():
    assert balance(Decimal("442.59"), Decimal("400.00")) == Decimal("42.59")
    assert balance(Decimal("10.00"), Decimal("12.50")) == Decimal("-2.50")
    with pytest.raises(TypeError):
        balance(Decimal(1), 0.5)
