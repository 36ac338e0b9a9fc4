"""What must come out, reckoned from the CSV files alone, without a line of the importer's code."""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

_CENT = Decimal("0.01")
_NULL = "NULL"


@dataclass(frozen=True)
class Books:
    """Northwind's figures. Mappings go by the names people read, as the suite's lists show them.

    `low` are the products whose stock, less what unshipped orders still want, is below the
    reorder level. Opening stock is posted before any order, and from then on orders only take
    away, so each of them has crossed its level exactly once and no other product ever has.
    """

    rows: Mapping[str, int]
    on_hand: Mapping[str, int]
    reserved: Mapping[str, int]
    low: frozenset[str]
    orders: int
    shipped_orders: int
    units: int
    shipped_units: int
    freight: Decimal
    by_month: Mapping[str, Decimal]
    by_product: Mapping[str, Decimal]
    by_account: Mapping[str, Decimal]
    by_owner: Mapping[str, Decimal]

    @property
    def line_total(self) -> Decimal:
        """All lines together, each rounded to the cent half-up."""
        return sum(self.by_product.values(), Decimal(0))

    @classmethod
    def of(cls, directory: Path) -> "Books":
        """Add up the files of `directory`."""
        products = {row["productID"]: row for row in _rows(directory, "products")}
        customers = {row["customerID"]: row for row in _rows(directory, "customers")}
        people = {row["employeeID"]: row for row in _rows(directory, "employees")}
        suppliers = list(_rows(directory, "suppliers"))
        orders = {row["orderID"]: row for row in _rows(directory, "orders")}
        names = {key: row["productName"] for key, row in products.items()}

        amounts: dict[str, dict[str, Decimal]] = {
            kind: defaultdict(Decimal) for kind in ("month", "product", "account", "owner")
        }
        units: Counter[bool] = Counter()
        reserved: Counter[str] = Counter()
        for line in _rows(directory, "order-details"):
            order = orders[line["orderID"]]
            quantity = int(line["quantity"])
            amount = _amount(line)
            person = people[order["employeeID"]]
            amounts["month"][order["orderDate"][:7]] += amount
            amounts["product"][names[line["productID"]]] += amount
            amounts["account"][customers[order["customerID"]]["companyName"]] += amount
            amounts["owner"][f"{person['firstName']} {person['lastName']}"] += amount
            shipped = order["shippedDate"] != _NULL
            units[shipped] += quantity
            if not shipped:
                reserved[names[line["productID"]]] += quantity
        return cls(
            rows={
                "users": len(people),
                "vendors": len(suppliers),
                "products": len(products),
                "accounts": len(customers),
                "contacts": len(customers),
                "sales-orders": len(orders),
            },
            on_hand={row["productName"]: int(row["unitsInStock"]) for row in products.values()},
            reserved={name: reserved[name] for name in names.values()},
            low=frozenset(
                name
                for key, name in names.items()
                if int(products[key]["unitsInStock"]) - reserved[name]
                < int(products[key]["reorderLevel"])
            ),
            orders=len(orders),
            shipped_orders=sum(row["shippedDate"] != _NULL for row in orders.values()),
            units=units.total(),
            shipped_units=units[True],
            freight=sum((Decimal(row["freight"]) for row in orders.values()), Decimal(0)),
            by_month=amounts["month"],
            by_product=amounts["product"],
            by_account=amounts["account"],
            by_owner=amounts["owner"],
        )


def _amount(line: Mapping[str, str]) -> Decimal:
    exact = Decimal(line["unitPrice"]) * int(line["quantity"]) * (1 - Decimal(line["discount"]))
    return exact.quantize(_CENT, ROUND_HALF_UP)


def _rows(directory: Path, name: str) -> Iterator[dict[str, str]]:
    """Rows by column; texts with a comma and a space in them are not quoted in these files."""
    with (directory / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        header, *lines = csv.reader(file)
    for cells in lines:
        while len(cells) > len(header):
            at = next(n for n, cell in enumerate(cells) if cell.startswith(" "))
            cells[at - 1 : at + 1] = [f"{cells[at - 1]},{cells[at]}"]
        yield dict(zip(header, cells, strict=True))
