"""What holds for every document: the lines add up, and a return mirrors its sale."""

from dataclasses import replace
from decimal import Decimal, localcontext

from hypothesis import given
from hypothesis import strategies as st

from crmkit.totals import NO_DISCOUNT, Charge, Discount, Document, Line, Tax, totals

percents = st.decimals(0, 100, places=2)
prices = st.decimals(0, 10**6, places=4)
discounts = st.one_of(st.just(NO_DISCOUNT), st.builds(Discount, st.just("percent"), percents))


@st.composite
def tax_sets(draw):
    simple = Tax("VAT", draw(percents))
    if draw(st.booleans()):
        return (simple,)
    return (Tax("City", draw(percents), "compound", ("VAT",)), simple)


lines = st.builds(
    Line,
    quantity=st.decimals(0, 10**4, places=3),
    list_price=prices,
    discount=discounts,
    taxes=tax_sets(),
    purchase_cost=st.none() | prices,
)
documents = st.builds(
    Document,
    lines=st.lists(lines, max_size=5).map(tuple),
    tax_type=st.sampled_from(["individual", "group"]),
    decimals=st.integers(0, 3),
    discount=discounts,
    group_taxes=tax_sets(),
    charges=st.lists(
        st.builds(
            Charge, st.just("S&H"), st.sampled_from(["flat", "percent"]), percents, tax_sets()
        ),
        max_size=2,
    ).map(tuple),
    deducted_taxes=st.builds(lambda rate: (Tax("TDS", rate, "deducted"),), percents),
    adjustment=st.decimals(-100, 100, places=4),
)


@given(documents)
def test_the_parts_add_up_to_the_total(document):
    result = totals(document)
    assert result.total == (
        result.pre_tax_total
        + result.tax_total
        + result.charge_taxes
        - result.deducted_tax
        + result.adjustment
    )
    assert result.sub_total == sum(line.line_net for line in result.lines)
    assert result.charges_total == sum(charge.amount for charge in result.charges)
    for line in result.lines:
        assert line.after_discount == line.line_total - line.discount
        assert line.line_net == line.after_discount + line.tax_total
        assert line.tax_total == sum(tax.amount for tax in line.taxes)


@given(documents)
def test_every_amount_has_exactly_the_decimals_of_the_currency(document):
    result = totals(document)
    amounts = [result.sub_total, result.discount, result.pre_tax_total, result.total]
    amounts += [line.after_discount for line in result.lines]
    amounts += [line.discount for line in result.lines]
    assert {amount.as_tuple().exponent for amount in amounts} == {-document.decimals}


@given(documents)
def test_a_line_is_at_most_half_a_unit_from_its_exact_amount(document):
    half = Decimal(10) ** -document.decimals / 2
    for line, result in zip(document.lines, totals(document).lines, strict=True):
        exact = line.quantity * line.list_price * (100 - line.discount.value) / 100
        assert abs(result.after_discount - exact) <= half


@given(documents)
def test_returned_goods_are_the_exact_negative_of_the_sale(document):
    sale = replace(document, charges=(), adjustment=Decimal(0))
    back = replace(sale, lines=tuple(replace(x, quantity=-x.quantity) for x in sale.lines))
    sold, returned = totals(sale), totals(back)
    assert returned.total == -sold.total
    assert [x.line_net for x in returned.lines] == [-x.line_net for x in sold.lines]


@given(documents)
def test_the_order_of_the_lines_does_not_matter(document):
    backwards = replace(document, lines=document.lines[::-1])
    assert totals(backwards).total == totals(document).total


@given(documents)
def test_the_arithmetic_of_the_caller_does_not_matter(document):
    with localcontext() as narrow:
        narrow.prec = 4
        result = totals(document)
    assert result == totals(document)


@given(documents)
def test_the_taxes_that_the_tax_type_does_not_count_change_nothing(document):
    if document.tax_type == "group":
        other = replace(document, lines=tuple(replace(x, taxes=()) for x in document.lines))
    else:
        other = replace(document, group_taxes=())
    assert totals(other) == totals(document)
