"""The seven steps from lines to total (spec 1.9), each amount rounded half-up where it arises.

The formulas are vtiger's (layouts/v7/modules/Inventory/resources/Edit.js:931-1330), which computes
them in the browser, in floats. Three things differ on purpose. A line's discount is rounded once
(docs/adr/0006). A compound tax is rounded on a line too, as vtiger does only for the group, and
may build on another compound tax in whatever order they are listed. And taxes and percentage
charges keep their sign: vtiger takes them absolute, so that a return there is taxed like a sale.
"""

from collections.abc import Sequence
from decimal import Decimal, localcontext

from crmkit.totals import checks
from crmkit.totals.document import Charge, Discount, Document, Line, Tax
from crmkit.totals.money import EXACT, HUNDRED, PERCENT, ZERO, Money, rounding_to
from crmkit.totals.results import ChargeTotals, LineTotals, TaxAmount, Totals


def totals(document: Document) -> Totals:
    """Compute every amount of `document`, in its currency and at that currency's decimals.

    Raises DocumentError, which lists everything wrong with the document at once.
    Source: spec 1.9, steps 1 to 7.
    """
    with localcontext(EXACT):
        faults = checks.of_lines(document)
        if faults:
            raise checks.DocumentError(faults + checks.of_header(document, sub_total=None))
        individual = document.tax_type == "individual"
        money = rounding_to(document.decimals)
        nothing = money(ZERO)

        # 1, 2. The lines, each with its discount and, in individual mode, its taxes.
        lines = tuple([_line(line, money, taxed=individual) for line in document.lines])

        # 3. The items together, and the discount on the whole.
        sub_total = sum([line.line_net for line in lines], nothing)
        faults = checks.of_header(document, sub_total)
        if faults:
            raise checks.DocumentError(faults)
        discount = _discount(document.discount, sub_total, money)
        base = sub_total - discount

        # 4. The charges, and the taxes on them.
        charges = tuple([_charge(charge, base, money) for charge in document.charges])
        charges_total = sum([charge.amount for charge in charges], nothing)
        charge_taxes = sum([charge.tax_total for charge in charges], nothing)

        # 5. The sum before tax. In individual mode the discount was taken on items that contain
        # their taxes and yet comes off here whole: that is how vtiger defines this figure.
        untaxed = sum([line.after_discount for line in lines], nothing)
        pre_tax_total = untaxed + charges_total - discount

        # 6. The taxes on the whole, and those the customer withholds.
        group_taxes = () if individual else _taxes(document.group_taxes, base, money)
        group_tax = sum([tax.amount for tax in group_taxes], nothing)
        deducted_taxes = _taxes(document.deducted_taxes, base, money)
        deducted_tax = sum([tax.amount for tax in deducted_taxes], nothing)

        # 7. The total.
        adjustment = money(document.adjustment)
        total = base + charges_total + charge_taxes - deducted_tax + group_tax + adjustment

        return Totals(
            lines=lines,
            sub_total=sub_total,
            discount=discount,
            charges=charges,
            charges_total=charges_total,
            charge_taxes=charge_taxes,
            pre_tax_total=pre_tax_total,
            group_taxes=group_taxes,
            tax_total=sum([line.tax_total for line in lines], group_tax),
            deducted_taxes=deducted_taxes,
            deducted_tax=deducted_tax,
            adjustment=adjustment,
            total=total,
        )


def balance(total: Decimal, received: Decimal) -> Decimal:
    """Return what is still owed: `total` less what was received (invoice) or paid (purchase).

    Both in the document's currency; negative when too much was paid. A float is a TypeError.
    Source: spec 1.15 (invoice) and 1.16 (purchase order).
    """
    return EXACT.subtract(total, received)


def _line(line: Line, money: Money, *, taxed: bool) -> LineTotals:
    """Take steps 1 and 2 for one line."""
    exact = line.quantity * line.list_price
    line_total = money(exact)
    if line.discount.kind == "percent":
        # Rounded once, from the exact value; the discount shown is what lies between. Rounding
        # the discount instead takes every half cent off the line, which adds up to 0.53 over
        # Northwind's 2,155 lines: 1,265,792.76 where the books say 1,265,793.29 (docs/adr/0006).
        after_discount = money(exact * (HUNDRED - line.discount.value) * PERCENT)
        discount = line_total - after_discount
    else:
        discount = _discount(line.discount, line_total, money)
        after_discount = line_total - discount
    taxes = _taxes(line.taxes, after_discount, money) if taxed else ()
    tax_total = sum([tax.amount for tax in taxes], money(ZERO))
    return LineTotals(
        line_total=line_total,
        discount=discount,
        after_discount=after_discount,
        taxes=taxes,
        tax_total=tax_total,
        line_net=after_discount + tax_total,
        margin=(
            None
            if line.purchase_cost is None
            else after_discount - money(line.quantity * line.purchase_cost)
        ),
    )


def _discount(discount: Discount, whole: Decimal, money: Money) -> Decimal:
    """Return what comes off `whole`: a percentage, or an amount, which takes its sign."""
    if discount.kind == "percent":
        return money(whole * discount.value * PERCENT)
    return money(discount.value.copy_sign(whole))


def _charge(charge: Charge, base: Decimal, money: Money) -> ChargeTotals:
    """Take step 4 for one charge; a percentage is of `base`, the discounted items."""
    percent = charge.kind == "percent"
    amount = money(base * charge.value * PERCENT if percent else charge.value)
    taxes = _taxes(charge.taxes, amount, money)
    return ChargeTotals(
        name=charge.name,
        amount=amount,
        taxes=taxes,
        tax_total=sum([tax.amount for tax in taxes], money(ZERO)),
    )


def _taxes(taxes: Sequence[Tax], base: Decimal, money: Money) -> tuple[TaxAmount, ...]:
    """Raise each tax on `base` plus the amounts it is compounded on; answered in the order given.

    The checks have refused names that are unknown and taxes that build on themselves, so each
    round over the waiting taxes settles at least one.
    """
    amounts: dict[str, Decimal] = {}
    waiting = taxes
    while waiting:
        for tax in waiting:
            if amounts.keys() >= set(tax.compound_on):
                compounded = sum([amounts[name] for name in tax.compound_on], base)
                amounts[tax.name] = money(compounded * tax.rate * PERCENT)
        waiting = [tax for tax in waiting if tax.name not in amounts]
    return tuple([TaxAmount(tax.name, tax.rate, amounts[tax.name]) for tax in taxes])
