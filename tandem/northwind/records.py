"""What each Northwind row becomes in Tandem: the body of its upsert, and which column is which."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tandem.northwind.company import Company, PlacedOrder
from tandem.northwind.tables import Customer, Employee, OrderDetail, Product, Row, Supplier

SOURCE = "northwind"
"""The external ids' name space: a row always becomes the same record."""

MAIL_DOMAIN = "northwind.example"
CHARGE = "Freight"
_TEAM = "team-"

Body = dict[str, Any]
Find = Callable[[str, str, str], str]
"""(file, key, column) -> the id of the record made of that row; raises when it has none."""

VENDOR = {
    "name": "company_name",
    "phone": "phone",
    "website": "home_page",
    "street": "address",
    "city": "city",
    "state": "region",
    "code": "postal_code",
    "country": "country",
    "description": "contact_name",
}
PRODUCT = {
    "name": "product_name",
    "unit_price": "unit_price",
    "reorder_level": "reorder_level",
    "vendor_id": "supplier_id",
    "active": "discontinued",
    "description": "quantity_per_unit",
}
OPENING = {"product_id": "product_id", "quantity": "units_in_stock"}
ACCOUNT = {
    "name": "company_name",
    "phone": "phone",
    "fax": "fax",
    "billing_street": "address",
    "billing_city": "city",
    "billing_state": "region",
    "billing_code": "postal_code",
    "billing_country": "country",
    "shipping_street": "address",
    "shipping_city": "city",
    "shipping_state": "region",
    "shipping_code": "postal_code",
    "shipping_country": "country",
}
CONTACT = {
    "first_name": "contact_name",
    "last_name": "contact_name",
    "title": "contact_title",
    "phone": "phone",
    "fax": "fax",
    "account_id": "customer_id",
    "mailing_street": "address",
    "mailing_city": "city",
    "mailing_state": "region",
    "mailing_code": "postal_code",
    "mailing_country": "country",
}
USER = {
    "first_name": "first_name",
    "last_name": "last_name",
    "title": "title",
    "phone": "home_phone",
    "reports_to_id": "reports_to",
}
ORDER = {
    "account_id": "customer_id",
    "owner_id": "employee_id",
    "order_date": "order_date",
    "due_date": "required_date",
    "carrier": "ship_via",
    "charges": "freight",
    "shipping_street": "ship_address",
    "shipping_city": "ship_city",
    "shipping_state": "ship_region",
    "shipping_code": "ship_postal_code",
    "shipping_country": "ship_country",
}
LINE = {
    "product_id": "product_id",
    "quantity": "quantity",
    "list_price": "unit_price",
    "discount_percent": "discount",
}


def column_of(model: type[Row], fields: Mapping[str, str], pointer: str) -> str:
    """The column an API's pointer (`/billing_city`) speaks of; the pointer where it has none."""
    attribute = fields.get(pointer.strip("/").split("/")[0])
    if attribute is None:
        return pointer.strip("/") or "(row)"
    return str(model.model_fields[attribute].validation_alias)


def _copied(row: Row, fields: Mapping[str, str]) -> Body:
    return {name: _plain(getattr(row, attribute)) for name, attribute in fields.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if hasattr(value, "isoformat") else value


@dataclass(frozen=True, slots=True)
class Role:
    """A node of the role tree; `row` is the employee it was first needed for."""

    key: str
    name: str
    parent: str | None
    row: int


def roles(company: Company) -> list[Role]:
    """The role tree by `reportsTo`, parents first.

    Who manages others has a role alone, the rest of a team share one for each title, so that
    a superior sees exactly what the people below own.
    """
    found: dict[str, Role] = {}
    for placed in company.employees.values():
        person = placed.value
        key = role_of(company, placed.key)
        boss = company.employees.get(person.reports_to or "")
        name = f"{person.title}: {_full_name(person)}"
        if boss is not None and key.startswith(_TEAM):
            name = f"{person.title}, team of {_full_name(boss.value)}"
        parent = None if boss is None else role_of(company, boss.key)
        found.setdefault(key, Role(key, name, parent, placed.row))
    return list(found.values())


def role_of(company: Company, employee: str) -> str:
    """The external key of an employee's role."""
    person = company.employees[employee].value
    manages = any(e.value.reports_to == employee for e in company.employees.values())
    if manages or person.reports_to is None:
        return f"employee-{employee}"
    return f"{_TEAM}{person.reports_to}-{re.sub('[^a-z]+', '-', person.title.lower()).strip('-')}"


def user(person: Employee, role_id: str, find: Find) -> Body:
    """A user who may sign in once an administrator has set a password."""
    username = re.sub("[^a-z0-9.]", "", f"{person.first_name}.{person.last_name}".lower())
    body = _copied(person, USER) | {
        "username": username,
        "email": f"{username}@{MAIL_DOMAIN}",
        "role_id": role_id,
    }
    if person.reports_to is not None:
        body["reports_to_id"] = find(Employee.FILE, person.reports_to, "reportsTo")
    return body


def vendor(supplier: Supplier) -> Body:
    """A vendor; it has no fields for a contact and a fax, so they stand in the description."""
    about = []
    if supplier.contact_name is not None:
        title = f", {supplier.contact_title}" if supplier.contact_title else ""
        about.append(f"Contact: {supplier.contact_name}{title}")
    if supplier.fax is not None:
        about.append(f"Fax: {supplier.fax}")
    return _copied(supplier, VENDOR) | {
        "website": _web_address(supplier.home_page),
        "description": "\n".join(about) or None,
    }


def _web_address(link: str | None) -> str | None:
    """The address in a hyperlink of Microsoft Access, `text#address#`; None for a mere anchor."""
    parts = (link or "").split("#")
    return next((part for part in parts if part.startswith("http")), None)


def product(row: Product, category: str, handler: Body, find: Find) -> Body:
    """A product; `handler` (see `owned_by`) is the user who hears when it runs low."""
    packed = f", {row.quantity_per_unit}" if row.quantity_per_unit else ""
    return (
        _copied(row, PRODUCT)
        | {
            "vendor_id": find(Supplier.FILE, row.supplier_id, "supplierID"),
            "active": not row.discontinued,
            "description": f"{category}{packed}",
        }
        | handler
    )


def opening(product_id: str, quantity: int) -> Body:
    """The stock there was before the first shipment, as a movement of the ledger."""
    return {"product_id": product_id, "quantity": str(quantity), "reason": "opening"}


def owned_by(user_id: str | None) -> Body:
    """The owner as a field; without one the record belongs to whoever imports it."""
    return {} if user_id is None else {"owner_id": user_id}


def account(customer: Customer, owner: Body) -> Body:
    """A customer; delivery goes to the same address until an order says otherwise."""
    return _copied(customer, ACCOUNT) | {"type": "Customer"} | owner


def contact(customer: Customer, owner: Body, find: Find) -> Body:
    """The person to talk to: the first word is the first name, the rest the last name."""
    first, _, rest = customer.contact_name.partition(" ")
    return (
        _copied(customer, CONTACT)
        | {
            "first_name": first if rest else None,
            "last_name": rest or first,
            "account_id": find(Customer.FILE, customer.customer_id, "customerID"),
        }
        | owner
    )


def order(placed: PlacedOrder, company: Company, find: Find, contact_id: str) -> Body:
    """A sales order as typed: discounts in percent, freight as a flat charge, no taxes."""
    row = placed.value
    customer = company.customers[row.customer_id].value
    billing = {n: v for n, v in _copied(customer, ACCOUNT).items() if n.startswith("billing_")}
    return (
        _copied(row, ORDER)
        | billing
        | {
            "subject": f"Northwind order {row.order_id}",
            "account_id": find(Customer.FILE, row.customer_id, "customerID"),
            "contact_id": contact_id,
            "owner_id": find(Employee.FILE, row.employee_id, "employeeID"),
            "carrier": company.shippers[row.ship_via].value.company_name,
            "charges": [{"name": CHARGE, "kind": "flat", "value": _plain(row.freight)}],
            "lines": [_line(line.value, find) for line in placed.lines],
        }
    )


def _line(detail: OrderDetail, find: Find) -> Body:
    return _copied(detail, LINE) | {
        "product_id": find(Product.FILE, detail.product_id, "productID"),
        "quantity": str(detail.quantity),
        "discount_percent": format((detail.discount * 100).normalize(), "f"),
    }


def _full_name(person: Employee) -> str:
    return f"{person.first_name} {person.last_name}"
