"""Pours Northwind into Tandem through the public API; repeated, it changes nothing."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any, Protocol, TypeVar

from tandem.client import ApiError, Client
from tandem.northwind import records
from tandem.northwind.company import Company, PlacedOrder
from tandem.northwind.records import SOURCE, Body
from tandem.northwind.shipping import Awaited, await_posting
from tandem.northwind.tables import (
    Customer,
    Employee,
    Order,
    OrderDetail,
    Product,
    Row,
    RowFault,
    Supplier,
)

THREADS = 8
Item = TypeVar("Item")

_PLURALS = {
    Employee.FILE: "users",
    Supplier.FILE: "vendors",
    Product.FILE: "products",
    Customer.FILE: "accounts",
}
"""The records other rows name by a key of these files."""


class Progress(Protocol):
    """Where the work shows how far it is."""

    def begin(self, title: str, total: int) -> Callable[[int], None]:
        """Show a new step of `total` pieces; call the answer with how many more are done."""


@dataclass
class Summary:
    """What a run did: for each step how many were created, changed, unchanged or failed."""

    faults: list[RowFault]
    counts: dict[str, Counter[str]] = field(default_factory=dict)

    @property
    def written(self) -> int:
        """How many records this run created or changed."""
        return sum(c["created"] + c["changed"] for c in self.counts.values())


class _UnlinkedError(Exception):
    """A row names another that has not become a record; `field` is (column, sentence)."""

    def __init__(self, column: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = (column, sentence)


@dataclass(frozen=True, slots=True)
class _Upsert:
    """One record to come: its external key, its row, its body when its turn comes."""

    key: str
    row: int
    body: Callable[[], Body]


class Pouring:
    """One run over one company. What fails is kept as a fault of its row; the rest goes on."""

    def __init__(self, client: Client, company: Company, progress: Progress) -> None:
        self._client = client
        self._company = company
        self._progress = progress
        self._ids: dict[tuple[str, str], str] = {}
        self._lock = threading.Lock()
        self.summary = Summary(list(company.faults))

    def run(self) -> Summary:
        """Everything, in the order in which records need each other.

        Raises Unreachable or NotSignedIn; a later run goes on where this one stopped.
        """
        self._people()
        self._goods()
        self._customers()
        awaited: list[Awaited] = []
        self._each("Sales orders", self._company.orders, lambda order: self._order(order, awaited))
        self._shipments(awaited)
        return self.summary

    def _people(self) -> None:
        """Roles and users one after the other, superiors first: there are few of them."""
        top = next(self._client.each("roles", **{"filter[parent_id][empty]": "true"}))["id"]

        def role(node: records.Role) -> Body:
            parent = top if node.parent is None else self._id("roles", node.parent)
            return {"name": node.name, "parent_id": parent}

        def user(key: str, person: Employee) -> Body:
            role_id = self._id("roles", records.role_of(self._company, key))
            return records.user(person, role_id, self._find)

        self._upserts(
            ("Roles", "roles", Employee, {"name": "title"}),
            [
                _Upsert(node.key, node.row, partial(role, node))
                for node in records.roles(self._company)
            ],
            threads=1,
        )
        self._upserts(
            ("Users", "users", Employee, records.USER),
            [
                _Upsert(key, e.row, partial(user, key, e.value))
                for key, e in self._company.employees.items()
            ],
            threads=1,
        )

    def _goods(self) -> None:
        company = self._company
        head = self._owner(company.head.key if company.head else None)

        def product(row: Product) -> Body:
            category = company.categories[row.category_id].value.category_name
            return records.product(row, category, head, self._find)

        def opening(key: str) -> Body:
            return records.opening(self._find(Product.FILE, key, "productID"), company.opening[key])

        self._upserts(
            ("Vendors", "vendors", Supplier, records.VENDOR),
            [
                _Upsert(key, s.row, partial(records.vendor, s.value))
                for key, s in company.suppliers.items()
            ],
        )
        self._upserts(
            ("Products", "products", Product, records.PRODUCT),
            [_Upsert(key, p.row, partial(product, p.value)) for key, p in company.products.items()],
        )
        self._upserts(
            ("Opening stock", "stock-movements", Product, records.OPENING),
            [
                _Upsert(f"opening-{key}", p.row, partial(opening, key))
                for key, p in company.products.items()
                if company.opening[key] > 0
            ],
        )

    def _customers(self) -> None:
        """Owned by whoever served them last, or by the head of the company."""
        company = self._company
        head = company.head.key if company.head else None
        served = company.served_by()
        owners = {key: self._owner(served.get(key, head)) for key in company.customers}
        self._upserts(
            ("Accounts", "accounts", Customer, records.ACCOUNT),
            [
                _Upsert(key, c.row, partial(records.account, c.value, owners[key]))
                for key, c in company.customers.items()
            ],
        )
        self._upserts(
            ("Contacts", "contacts", Customer, records.CONTACT),
            [
                _Upsert(
                    key,
                    c.row,
                    partial(records.contact, c.value, owners[key], self._find),
                )
                for key, c in company.customers.items()
            ],
        )

    def _order(self, placed: PlacedOrder, awaited: list[Awaited]) -> None:
        """Store the order, approve it, and ship it if it was shipped; each only if not done yet."""
        title = "Sales orders"
        try:
            contact_id = self._id("contacts", placed.value.customer_id)
            body = records.order(placed, self._company, self._find, contact_id)
            answer = self._client.upsert("sales-orders", SOURCE, placed.key, body)
            self._count(title, answer.outcome)
            title = "Approvals"
            order = answer.body
            if order["status"] == "Created":
                order = self._client.post(f"/sales-orders/{order['id']}/approve")
                self._count(title, "changed")
            else:
                self._count(title, "unchanged")
            title = "Shipments"
            self._ship(placed, order, awaited)
        except _UnlinkedError as error:
            self._failed(title, [RowFault(Order.FILE, placed.row, (error.field,))])
        except ApiError as error:
            self._failed(title, _order_faults(placed, error))

    def _ship(self, placed: PlacedOrder, order: Mapping[str, Any], awaited: list[Awaited]) -> None:
        shipped = placed.value.shipped_date
        if shipped is None or order["status"] not in {"Approved", "Partially Shipped"}:
            if shipped is not None:
                self._count("Shipments", "unchanged")
            return
        rest = any(
            Decimal(line["quantity"]) > Decimal(line["shipping_quantity"])
            for line in order["lines"]
        )
        if rest:
            body = {"shipped_at": f"{shipped.isoformat()}T00:00:00Z"}
            self._client.post(f"/sales-orders/{order['id']}/ship", body)
        awaited.append(Awaited(order["id"], placed.row, "created" if rest else "unchanged"))

    def _shipments(self, awaited: Sequence[Awaited]) -> None:
        """Inventory answers with events: wait until each shipment is posted, or told short."""
        done = self._progress.begin("Shipments", len(awaited))
        for awaited_order, complaint in await_posting(self._client, awaited):
            if complaint:
                fields = (("shippedDate", complaint),)
                self._failed("Shipments", [RowFault(Order.FILE, awaited_order.row, fields)])
            else:
                self._count("Shipments", awaited_order.outcome)
            done(1)

    def _upserts(
        self,
        kind: tuple[str, str, type[Row], Mapping[str, str]],
        upserts: Sequence[_Upsert],
        *,
        threads: int = THREADS,
    ) -> None:
        title, plural, model, columns = kind

        def upsert(item: _Upsert) -> None:
            try:
                answer = self._client.upsert(plural, SOURCE, item.key, item.body())
                with self._lock:
                    self._ids[plural, item.key] = answer.body["id"]
                self._count(title, answer.outcome)
            except _UnlinkedError as error:
                self._failed(title, [RowFault(model.FILE, item.row, (error.field,))])
            except ApiError as error:
                fields = _fields(error, model, columns)
                self._failed(title, [RowFault(model.FILE, item.row, fields)])

        self._each(title, upserts, upsert, threads=threads)

    def _each(
        self,
        title: str,
        items: Sequence[Item],
        work: Callable[[Item], None],
        *,
        threads: int = THREADS,
    ) -> None:
        done = self._progress.begin(title, len(items))
        with ThreadPoolExecutor(threads) as pool:
            try:
                for future in as_completed([pool.submit(work, item) for item in items]):
                    future.result()
                    done(1)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _find(self, file: str, key: str, column: str) -> str:
        found = self._ids.get((_PLURALS[file], key))
        if found is None:
            raise _UnlinkedError(column, f"names {key!r} of {file}, which Tandem has refused")
        return found

    def _id(self, plural: str, key: str) -> str:
        found = self._ids.get((plural, key))
        if found is None:
            raise _UnlinkedError(
                "(row)", f"needs {key!r} of the {plural}, which Tandem has refused"
            )
        return found

    def _owner(self, employee: str | None) -> Body:
        return records.owned_by(self._ids.get(("users", employee or "")))

    def _count(self, title: str, outcome: str) -> None:
        with self._lock:
            self.summary.counts.setdefault(title, Counter())[outcome] += 1

    def _failed(self, title: str, faults: Iterable[RowFault]) -> None:
        self._count(title, "failed")
        with self._lock:
            self.summary.faults += faults


def _fields(
    error: ApiError, model: type[Row], columns: Mapping[str, str]
) -> tuple[tuple[str, str], ...]:
    """The API's bad fields under the names of the file's columns."""
    if not error.errors:
        return (("(row)", f"{error.detail} ({error.code})"),)
    return tuple((records.column_of(model, columns, e.pointer), e.detail) for e in error.errors)


def _order_faults(placed: PlacedOrder, error: ApiError) -> list[RowFault]:
    """What is wrong with a line is a fault of its own row in the other file."""
    header = []
    faults = []
    for bad in error.errors:
        parts = bad.pointer.strip("/").split("/")
        if parts[0] == "lines" and len(parts) > 1 and parts[1].isdecimal():
            column = records.column_of(OrderDetail, records.LINE, "/".join(parts[2:]))
            row = placed.lines[int(parts[1])].row
            faults.append(RowFault(OrderDetail.FILE, row, ((column, bad.detail),)))
        else:
            header.append((records.column_of(Order, records.ORDER, bad.pointer), bad.detail))
    if not error.errors:
        header.append(("(row)", f"{error.detail} ({error.code})"))
    if header:
        faults.append(RowFault(Order.FILE, placed.row, tuple(header)))
    return faults
