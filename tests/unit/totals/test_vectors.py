"""The two documents of spec 1.9, with every figure in between, and how single figures round."""

from decimal import Decimal as D

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

VAT, SALES, SERVICE = Tax("VAT", D("4.5")), Tax("Sales", D(10)), Tax("Service", D("12.5"))
TAXES = (VAT, SALES, SERVICE)
LINES = (
    Line(D(3), D(100), Discount("percent", D(10)), TAXES, purchase_cost=D(60)),
    Line(D(2), D(50), Discount("amount", D("5.00")), TAXES),
)
SHIPPING = Charge("Shipping & Handling", "flat", D(20), TAXES)
SHIPPING_TOTALS = ChargeTotals(
    "Shipping & Handling",
    D("20.00"),
    (
        TaxAmount("VAT", D("4.5"), D("0.90")),
        TaxAmount("Sales", D(10), D("2.00")),
        TaxAmount("Service", D("12.5"), D("2.50")),
    ),
    D("5.40"),
)


def spec_document(tax_type):
    return Document(
        lines=LINES,
        tax_type=tax_type,
        decimals=2,
        discount=Discount("percent", D(10)),
        group_taxes=TAXES,
        charges=(SHIPPING,),
    )


def one_line(quantity, price, discount=NO_DISCOUNT, decimals=2):
    result = totals(Document((Line(D(quantity), D(price), discount),), "group", decimals))
    return result.lines[0]


def test_group_taxes_as_in_the_spec():
    assert totals(spec_document("group")) == Totals(
        lines=(
            LineTotals(
                D("300.00"), D("30.00"), D("270.00"), (), D("0.00"), D("270.00"), D("90.00")
            ),
            LineTotals(D("100.00"), D("5.00"), D("95.00"), (), D("0.00"), D("95.00"), None),
        ),
        sub_total=D("365.00"),
        discount=D("36.50"),
        charges=(SHIPPING_TOTALS,),
        charges_total=D("20.00"),
        charge_taxes=D("5.40"),
        pre_tax_total=D("348.50"),
        group_taxes=(
            TaxAmount("VAT", D("4.5"), D("14.78")),
            TaxAmount("Sales", D(10), D("32.85")),
            TaxAmount("Service", D("12.5"), D("41.06")),
        ),
        tax_total=D("88.69"),
        deducted_taxes=(),
        deducted_tax=D("0.00"),
        adjustment=D("0.00"),
        total=D("442.59"),
    )


def test_individual_taxes_as_in_the_spec():
    result = totals(spec_document("individual"))
    first, second = result.lines
    assert first.taxes == (
        TaxAmount("VAT", D("4.5"), D("12.15")),
        TaxAmount("Sales", D(10), D("27.00")),
        TaxAmount("Service", D("12.5"), D("33.75")),
    )
    assert (first.tax_total, first.line_net) == (D("72.90"), D("342.90"))
    assert second.taxes == (
        TaxAmount("VAT", D("4.5"), D("4.28")),
        TaxAmount("Sales", D(10), D("9.50")),
        TaxAmount("Service", D("12.5"), D("11.88")),
    )
    assert (second.tax_total, second.line_net) == (D("25.66"), D("120.66"))
    assert (result.sub_total, result.discount) == (D("463.56"), D("46.36"))
    assert (result.charges_total, result.charge_taxes) == (D("20.00"), D("5.40"))
    assert result.pre_tax_total == D("338.64")
    assert (result.group_taxes, result.tax_total) == ((), D("98.56"))
    assert result.total == D("442.60")


def test_withheld_taxes_and_the_adjustment_change_the_total_alone():
    document = Document(
        lines=LINES,
        tax_type="group",
        decimals=2,
        deducted_taxes=(Tax("TDS", D(2), "deducted"),),
        adjustment=D("-0.305"),
    )
    result = totals(document)
    assert (result.pre_tax_total, result.tax_total) == (D("365.00"), D("0.00"))
    assert result.deducted_taxes == (TaxAmount("TDS", D(2), D("7.30")),)
    assert (result.deducted_tax, result.adjustment) == (D("7.30"), D("-0.31"))
    assert result.total == D("357.39")


def test_a_percentage_charge_is_of_the_discounted_items():
    document = Document(
        lines=LINES,
        tax_type="group",
        decimals=2,
        discount=Discount("amount", D(65)),
        charges=(Charge("Insurance", "percent", D("1.5")), Charge("Crate", "flat", D("7.005"))),
    )
    result = totals(document)
    assert [charge.amount for charge in result.charges] == [D("4.50"), D("7.01")]
    assert (result.charges_total, result.total) == (D("11.51"), D("311.51"))


def test_compound_taxes_build_on_each_other_in_whatever_order_they_are_listed():
    on_both = Tax("City", D(1), "compound", ("GST", "QST"))
    on_gst = Tax("QST", D("9.5"), "compound", ("GST",))
    taxes = (on_both, on_gst, Tax("GST", D(5)))
    result = totals(Document((Line(D(1), D(100)),), "group", 2, group_taxes=taxes))
    assert [tax.amount for tax in result.group_taxes] == [D("1.15"), D("9.98"), D("5.00")]
    assert result.total == D("116.13")


def test_a_percentage_is_taken_off_the_exact_line_and_rounded_once():
    # Order 10264 of Northwind: 163.625 exactly; rounding the discount first would give 163.62.
    line = one_line(25, "7.70", Discount("percent", D(15)))
    assert (line.line_total, line.discount, line.after_discount) == (
        D("192.50"),
        D("28.87"),
        D("163.63"),
    )


@pytest.mark.parametrize(("decimals", "amount"), [(0, "1"), (1, "1.2"), (2, "1.24"), (3, "1.235")])
def test_amounts_have_the_decimals_of_the_currency(decimals, amount):
    total = one_line("0.5", "2.470", decimals=decimals).line_net
    assert str(total) == amount


def test_a_half_is_rounded_away_from_zero_on_both_sides():
    assert one_line(1, "0.125").line_net == D("0.13")
    assert one_line(-1, "0.125").line_net == D("-0.13")


def test_a_return_is_the_mirror_of_its_sale_and_nothing_is_minus_zero():
    sold = one_line(2, 50, Discount("amount", D("5.00")))
    returned = one_line(-2, 50, Discount("amount", D("5.00")))
    assert (sold.after_discount, returned.after_discount) == (D("95.00"), D("-95.00"))
    assert returned.discount == D("-5.00")
    assert str(one_line(-1, "0.001").line_total) == "0.00"


def test_a_document_without_lines_is_its_charges_and_adjustment():
    result = totals(Document((), "group", 2, charges=(SHIPPING,), adjustment=D(1)))
    assert (result.sub_total, result.total) == (D("0.00"), D("26.40"))


def test_the_balance_is_what_is_still_owed():
    assert balance(D("442.59"), D("400.00")) == D("42.59")
    assert balance(D("10.00"), D("12.50")) == D("-2.50")
    with pytest.raises(TypeError):
        balance(D(1), 0.5)
