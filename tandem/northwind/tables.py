"""The rows of the Northwind files, typed; a row that is wrong is reported with every bad field."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, ClassVar, Generic, TypeVar

from pydantic import (
    AfterValidator,
    AliasGenerator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    ValidationError,
    ValidationInfo,
)
from pydantic import Field as Constraint
from pydantic.alias_generators import to_camel

from tandem.refusals import CannotStart


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong with one row. `row` counts the header as 1; `fields` is (column, sentence)."""

    file: str
    row: int
    fields: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return "\n".join(f"{self.file} row {self.row}: {c}: {s}" for c, s in self.fields)


@dataclass
class Keys:
    """The keys each file has, with their row, and which of those rows turned out bad."""

    rows: dict[str, dict[str, int]] = field(default_factory=dict)
    bad: dict[str, set[str]] = field(default_factory=dict)

    def fault_of(self, file: str, key: str) -> str:
        """Why a row may not name this one; empty when it may."""
        row = self.rows[file].get(key)
        if row is None:
            return f"{file} has no row {key!r}"
        return f"names row {row} of {file}, which is bad" if key in self.bad[file] else ""


def _cleaned(value: Any) -> Any:
    """A cell without the blanks around it; None when nothing is in it."""
    if not isinstance(value, str):
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("is not UTF-8") from None
    text = value.strip()
    return None if text in ("", "NULL") else text


def refers_to(file: str) -> AfterValidator:
    """The value must be the key of a good row of `file`."""

    def check(value: str, info: ValidationInfo) -> str:
        assert isinstance(info.context, Keys)
        if fault := info.context.fault_of(file, value):
            raise ValueError(fault)
        return value

    return AfterValidator(check)


_NULL = BeforeValidator(_cleaned)
Key = Annotated[str, _NULL, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,40}$")]
Text = Annotated[str, _NULL, StringConstraints(min_length=1)]
OptionalText = Annotated[str | None, _NULL]
Day = Annotated[date, _NULL]
OptionalDay = Annotated[date | None, _NULL]
Price = Annotated[Decimal, _NULL, Constraint(ge=0, allow_inf_nan=False)]
Count = Annotated[int, _NULL, Constraint(ge=0)]
Quantity = Annotated[int, _NULL, Constraint(gt=0)]
Share = Annotated[Decimal, _NULL, Constraint(ge=0, le=1, allow_inf_nan=False)]


def _column(name: str) -> str:
    return to_camel(name).removesuffix("Id") + ("ID" if name.endswith("_id") else "")


class Row(BaseModel):
    """One row. Columns nobody asks for (photos) are not read."""

    model_config = ConfigDict(
        extra="ignore", frozen=True, alias_generator=AliasGenerator(validation_alias=_column)
    )
    FILE: ClassVar[str]
    KEY: ClassVar[tuple[str, ...]]
    """The columns that name a row."""


class Addressed(Row):
    """The columns of a postal address."""

    address: OptionalText
    city: OptionalText
    region: OptionalText
    postal_code: OptionalText
    country: OptionalText


class Employee(Addressed):
    """Someone who sells. `reports_to` is the employee they answer to; none for the head."""

    FILE = "employees.csv"
    KEY = ("employeeID",)
    employee_id: Key
    last_name: Text
    first_name: Text
    title: Text
    home_phone: OptionalText
    notes: OptionalText
    reports_to: Annotated[str | None, _NULL]


class Supplier(Addressed):
    """Who products are bought from."""

    FILE = "suppliers.csv"
    KEY = ("supplierID",)
    supplier_id: Key
    company_name: Text
    contact_name: OptionalText
    contact_title: OptionalText
    phone: OptionalText
    fax: OptionalText
    home_page: OptionalText


class Category(Row):
    """A shelf products stand on."""

    FILE = "categories.csv"
    KEY = ("categoryID",)
    category_id: Key
    category_name: Text


class Shipper(Row):
    """Who carries a shipment."""

    FILE = "shippers.csv"
    KEY = ("shipperID",)
    shipper_id: Key
    company_name: Text


class Product(Row):
    """What is sold; `units_in_stock` is what is left after everything shipped."""

    FILE = "products.csv"
    KEY = ("productID",)
    product_id: Key
    product_name: Text
    supplier_id: Annotated[Key, refers_to("suppliers.csv")]
    category_id: Annotated[Key, refers_to("categories.csv")]
    quantity_per_unit: OptionalText
    unit_price: Price
    units_in_stock: Count
    reorder_level: Count
    discontinued: bool


class Customer(Addressed):
    """Who buys, and the person to talk to there."""

    FILE = "customers.csv"
    KEY = ("customerID",)
    customer_id: Key
    company_name: Text
    contact_name: Text
    contact_title: OptionalText
    phone: OptionalText
    fax: OptionalText


class Order(Row):
    """What a customer ordered; `shipped_date` is empty while it waits."""

    FILE = "orders.csv"
    KEY = ("orderID",)
    order_id: Key
    customer_id: Annotated[Key, refers_to("customers.csv")]
    employee_id: Annotated[Key, refers_to("employees.csv")]
    order_date: Day
    required_date: OptionalDay
    shipped_date: OptionalDay
    ship_via: Annotated[Key, refers_to("shippers.csv")]
    freight: Price
    ship_name: OptionalText
    ship_address: OptionalText
    ship_city: OptionalText
    ship_region: OptionalText
    ship_postal_code: OptionalText
    ship_country: OptionalText


class OrderDetail(Row):
    """One line of an order; `discount` is a share of one (0.15 is 15 %)."""

    FILE = "order-details.csv"
    KEY = ("orderID", "productID")
    order_id: Key
    product_id: Annotated[Key, refers_to("products.csv")]
    unit_price: Price
    quantity: Quantity
    discount: Share


RowT = TypeVar("RowT", bound=Row)


@dataclass(frozen=True, slots=True)
class Placed(Generic[RowT]):
    """A good row and where it stands."""

    row: int
    key: str
    value: RowT


@dataclass(frozen=True, slots=True)
class _Raw:
    row: int
    key: str
    cells: Mapping[str, str]
    fault: str


@dataclass(frozen=True)
class RawTable:
    """A file split into cells, before anybody looked at what they mean."""

    file: str
    raws: Sequence[_Raw]

    @classmethod
    def read(cls, directory: Path, model: type[Row], keys: Keys) -> "RawTable":
        """Split the file and register its keys. Raises CannotStart when it is not that table."""
        path = directory / model.FILE
        try:
            with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
                raws = list(_split(csv.reader(file), model, path))
        except OSError as error:
            raise CannotStart(f"{path} cannot be read: {error.strerror}") from None
        except csv.Error as error:
            raise CannotStart(f"{path} is no CSV file: {error}") from None
        keys.bad[model.FILE] = set()
        keys.rows[model.FILE] = {}
        for raw in raws:
            keys.rows[model.FILE].setdefault(raw.key, raw.row)
        return cls(model.FILE, raws)

    def typed(
        self, model: type[RowT], keys: Keys, faults: list[RowFault]
    ) -> dict[str, Placed[RowT]]:
        """The good rows by key; the others become `faults` and are marked bad in `keys`."""
        good: dict[str, Placed[RowT]] = {}
        for raw in self.raws:
            fields = list(_faults(raw, keys.rows[self.file][raw.key]))
            value = None
            if not raw.fault:
                try:
                    value = model.model_validate(raw.cells, context=keys)
                except ValidationError as failure:
                    fields += [
                        (str(e["loc"][0]), e["msg"].removeprefix("Value error, "))
                        for e in failure.errors(include_url=False, include_context=False)
                    ]
            if fields or value is None:
                faults.append(RowFault(self.file, raw.row, tuple(fields)))
                if keys.rows[self.file][raw.key] == raw.row:
                    keys.bad[self.file].add(raw.key)
            else:
                good[raw.key] = Placed(raw.row, raw.key, value)
        return good


def _faults(raw: _Raw, first_row: int) -> Iterator[tuple[str, str]]:
    if raw.fault:
        yield "(row)", raw.fault
    elif first_row != raw.row:
        yield "(row)", f"has the same key as row {first_row}"


def _split(lines: Iterator[list[str]], model: type[Row], path: Path) -> Iterator[_Raw]:
    header = next(lines, [])
    wanted = [str(f.validation_alias) for f in model.model_fields.values()]
    missing = [name for name in wanted if name not in header]
    if missing:
        raise CannotStart(f"{path} lacks the columns {', '.join(missing)}")
    for row, cells in enumerate(lines, start=2):
        if not cells:
            continue
        whole = _rejoined(cells, len(header))
        named = dict(zip(header, whole, strict=False))
        key = " ".join(named.get(name, "").strip() for name in model.KEY)
        wrong = len(whole) != len(header)
        fault = f"has {len(cells)} values where {len(header)} are expected" if wrong else ""
        yield _Raw(row, key, named, fault)


def _rejoined(cells: list[str], width: int) -> list[str]:
    """Undo the splits at commas inside a text: these files do not quote `Rua do Paço, 67`.

    A comma followed by a space stands within a text; between two values there is never a space.
    """
    if len(cells) <= width:
        return cells
    whole: list[str] = []
    for cell in cells:
        if whole and cell.startswith(" "):
            whole[-1] += f",{cell}"
        else:
            whole.append(cell)
    return whole
