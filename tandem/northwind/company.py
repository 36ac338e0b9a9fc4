"""Northwind as a whole: the good rows of every file tied together, and the faults of the rest."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tandem.northwind.tables import (
    Category,
    Customer,
    Employee,
    Keys,
    Order,
    OrderDetail,
    Placed,
    Product,
    RawTable,
    RowFault,
    Shipper,
    Supplier,
)


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """An order with its lines, all of them good; `row` and `key` as in orders.csv."""

    row: int
    key: str
    value: Order
    lines: tuple[Placed[OrderDetail], ...]


@dataclass(frozen=True)
class Company:
    """What can be imported. `opening` is each product's stock before anything was shipped."""

    employees: Mapping[str, Placed[Employee]]
    suppliers: Mapping[str, Placed[Supplier]]
    categories: Mapping[str, Placed[Category]]
    shippers: Mapping[str, Placed[Shipper]]
    products: Mapping[str, Placed[Product]]
    customers: Mapping[str, Placed[Customer]]
    orders: Sequence[PlacedOrder]
    opening: Mapping[str, int]
    faults: Sequence[RowFault]

    @property
    def head(self) -> Placed[Employee] | None:
        """The first employee who answers to nobody."""
        return next((e for e in self.employees.values() if e.value.reports_to is None), None)

    def served_by(self) -> dict[str, str]:
        """For each customer with orders, the employee who took the newest one."""
        newest = sorted(self.orders, key=lambda o: (o.value.order_date, o.row))
        return {o.value.customer_id: o.value.employee_id for o in newest}


def read(directory: Path) -> Company:
    """Read all eight files. Raises CannotStart when one is missing or is not that table."""
    keys, faults = Keys(), list[RowFault]()
    models = (Employee, Supplier, Category, Shipper, Product, Customer, Order, OrderDetail)
    raw = {model.FILE: RawTable.read(directory, model, keys) for model in models}

    employees = raw[Employee.FILE].typed(Employee, keys, faults)
    employees = _under_a_head(employees, keys, faults)
    suppliers = raw[Supplier.FILE].typed(Supplier, keys, faults)
    categories = raw[Category.FILE].typed(Category, keys, faults)
    shippers = raw[Shipper.FILE].typed(Shipper, keys, faults)
    products = raw[Product.FILE].typed(Product, keys, faults)
    customers = raw[Customer.FILE].typed(Customer, keys, faults)
    orders = raw[Order.FILE].typed(Order, keys, faults)
    details = raw[OrderDetail.FILE].typed(OrderDetail, keys, faults)

    whole = list(_with_lines(orders, details, keys, faults))
    shipped: dict[str, int] = defaultdict(int)
    for order in whole:
        if order.value.shipped_date is not None:
            for line in order.lines:
                shipped[line.value.product_id] += line.value.quantity
    return Company(
        employees=employees,
        suppliers=suppliers,
        categories=categories,
        shippers=shippers,
        products=products,
        customers=customers,
        orders=whole,
        opening={k: p.value.units_in_stock + shipped[k] for k, p in products.items()},
        faults=faults,
    )


def _under_a_head(
    employees: Mapping[str, Placed[Employee]], keys: Keys, faults: list[RowFault]
) -> dict[str, Placed[Employee]]:
    """Managers before those they manage; who hangs in the air or in a ring is a fault."""
    settled: dict[str, Placed[Employee]] = {}
    waiting = dict(employees)
    while waiting:
        ready = [k for k, e in waiting.items() if e.value.reports_to in {None, *settled}]
        if not ready:
            break
        settled |= {key: waiting.pop(key) for key in ready}
    for key, employee in waiting.items():
        manager = str(employee.value.reports_to)
        reason = keys.fault_of(Employee.FILE, manager) or "leads to no head of the company"
        faults.append(RowFault(Employee.FILE, employee.row, (("reportsTo", reason),)))
        keys.bad[Employee.FILE].add(key)
    return settled


def _with_lines(
    orders: Mapping[str, Placed[Order]],
    details: Mapping[str, Placed[OrderDetail]],
    keys: Keys,
    faults: list[RowFault],
) -> Iterator[PlacedOrder]:
    """Orders whose lines are all good: an order without one of them would have a wrong total."""
    lines: dict[str, list[Placed[OrderDetail]]] = defaultdict(list)
    for detail in details.values():
        lines[detail.value.order_id].append(detail)
    bad: dict[str, str] = {}
    for key in sorted(keys.bad[OrderDetail.FILE]):
        row = keys.rows[OrderDetail.FILE][key]
        bad[key.split(" ")[0]] = f"is left out: row {row} of {OrderDetail.FILE} is bad"
    for order_id, stray in lines.items():
        if order_id not in keys.rows[Order.FILE]:
            fields = (("orderID", f"{Order.FILE} has no row {order_id!r}"),)
            faults += [RowFault(OrderDetail.FILE, line.row, fields) for line in stray]
    for key, order in orders.items():
        reason = bad.get(key) or ("" if lines[key] else f"has no line in {OrderDetail.FILE}")
        if reason:
            faults.append(RowFault(Order.FILE, order.row, (("orderID", reason),)))
        else:
            yield PlacedOrder(order.row, key, order.value, tuple(lines[key]))
