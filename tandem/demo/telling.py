"""Tells the demo company to Tandem; a step that has been taken is not taken again."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tandem.client import Client
from tandem.demo import company
from tandem.demo.company import Document, Line

SOURCE = "demo"
_CENT = Decimal("0.01")
_WAIT_SECONDS = 60.0
_STAGES = ("Created", "Delivered", "Reviewed", "Accepted", "Rejected")
_QUOTE_PATHS = {
    "Created": (),
    "Delivered": ("deliver",),
    "Reviewed": ("deliver", "review"),
    "Accepted": ("deliver", "accept"),
    "Rejected": ("deliver", "reject"),
}
_STAGE_AFTER = {
    "deliver": "Delivered",
    "review": "Reviewed",
    "accept": "Accepted",
    "reject": "Rejected",
}
_SHIPS = frozenset({"Partially Shipped", "Delivered"})

Body = dict[str, Any]


class InventorySilentError(Exception):
    """A shipment is still pending after a minute; telling the demo again goes on from there."""


class Telling:
    """One run; `counts` says how many records and steps were created, changed or unchanged."""

    def __init__(self, client: Client, say: Callable[[str], None]) -> None:
        self._client = client
        self._say = say
        self._ids: dict[str, str] = {}
        self._first_day = date.min
        self.counts: Counter[str] = Counter()

    def run(self) -> None:
        """Everything. Raises ApiError, Unreachable, InventorySilentError."""
        self._first_day = self._people()
        self._goods()
        self._customers()
        self._somebody_leaves()
        self._sell()
        self._support()
        self._privacy()

    def _people(self) -> date:
        """Returns the day of the first telling, which days count from however often it is told."""
        self._say("people")
        top = next(self._client.each("roles", **{"filter[parent_id][empty]": "true"}))["id"]
        profiles = {one["name"]: one["id"] for one in self._client.each("profiles")}
        for key, name, above, profile in company.ROLES:
            body: Body = {"name": name, "parent_id": top if above is None else self._ids[above]}
            if profile in profiles:
                body["profile_ids"] = [profiles[profile]]
            self._put("roles", key, body)
        self._put(
            "sharing-rules",
            "tickets-to-sales",
            {
                "name": "Sales read what customers ask",
                "module": "ticket",
                "owned_by_role_id": self._ids["service"],
                "shared_with_role_id": self._ids["sales-lead"],
                "shared_with_subordinates": True,
            },
        )
        hired = [self._user(person)["created_at"] for person in company.PEOPLE]
        return date.fromisoformat(min(hired)[:10])

    def _user(self, person: company.Person) -> dict[str, Any]:
        user = {
            "username": f"demo.{person.key}",
            "first_name": person.first_name,
            "last_name": person.last_name,
            "email": f"{person.key}@{company.MAIL_DOMAIN}",
            "title": person.title,
            "role_id": self._ids[person.role],
            "reports_to_id": self._ids[person.manager] if person.manager else None,
        }
        return self._put("users", person.key, user)

    def _somebody_leaves(self) -> None:
        """Whose lead is another's afterwards, so that it is told only while they are there."""
        self._say("somebody who has left")
        user = self._user(company.LEFT)
        if user["active"]:
            lead = company.LEAD_OF_WHO_LEFT
            self._put("leads", lead.key, self._lead(lead))
        wish = {"transfer_to": self._ids[company.TAKES_OVER]}
        self._step(f"/users/{user['id']}/deactivate", wish, done=not user["active"])

    def _goods(self) -> None:
        self._say("vendors, products, stock")
        for key, name, city, country in company.VENDORS:
            self._put("vendors", key, {"name": name, "city": city, "country": country})
        for product in company.PRODUCTS:
            self._put(
                "products",
                product.key,
                {
                    "name": product.name,
                    "vendor_id": self._ids[product.vendor],
                    "unit_price": product.unit_price,
                    "purchase_cost": product.purchase_cost,
                    "reorder_level": str(product.reorder_level),
                    "usage_unit": "Pieces",
                    "owner_id": self._ids["joris"],
                },
            )
            movement = {
                "product_id": self._ids[product.key],
                "quantity": str(product.stock),
                "reason": "opening",
            }
            self._put("stock-movements", f"opening-{product.key}", movement)

    def _customers(self) -> None:
        self._say("leads, accounts, contacts, opportunities")
        for lead in company.LEADS:
            self._put("leads", lead.key, self._lead(lead))
        self._converted_lead()
        for c in company.CUSTOMERS:
            place = {"street": c.street, "city": c.city, "code": c.code, "country": c.country}
            shared = {"owner_id": self._ids[c.owner]}
            account = {"name": c.name, "industry": c.industry, "type": "Customer"}
            for kind in ("billing", "shipping"):
                account |= {f"{kind}_{name}": value for name, value in place.items()}
            self._put("accounts", c.key, account | shared)
            contact = {
                "salutation": c.salutation,
                "first_name": c.first_name,
                "last_name": c.last_name,
                "title": c.title,
                "account_id": self._ids[c.key],
                "email": f"{c.first_name.lower()}@{c.key}.example",
            }
            contact |= {f"mailing_{name}": value for name, value in place.items()}
            self._put("contacts", f"contact-{c.key}", contact | shared)
        for o in company.OPPORTUNITIES:
            body = self._customer(o.customer) | {
                "name": o.name,
                "stage": o.stage,
                "amount": o.amount,
                "closing_date": self._day(o.closing),
                "next_step": o.next_step or None,
            }
            self._put("opportunities", o.key, body)

    def _lead(self, lead: company.Lead) -> Body:
        return {
            "first_name": lead.first_name,
            "last_name": lead.last_name,
            "company": lead.company,
            "city": lead.city,
            "country": lead.country,
            "lead_source": lead.source,
            "status": lead.status,
            "email": f"{lead.first_name.lower()}@{lead.key.removeprefix('l-')}.example",
            "owner_id": self._ids[lead.owner],
        }

    def _converted_lead(self) -> None:
        lead = self._put("leads", company.CONVERTED.key, self._lead(company.CONVERTED))
        wanted = {"name": "Deck bicycles", "amount": "5192.00", "closing_date": self._day(40)}
        self._step(f"/leads/{lead['id']}/convert", {"opportunity": wanted}, done=lead["converted"])

    def _sell(self) -> None:
        self._say("purchases, quotes, orders, shipments, invoices")
        for purchase in company.PURCHASES:
            self._purchase(purchase)
        for quote in company.QUOTES:
            self._quote(quote)
        for order in company.ORDERS:
            self._order(order)

    def _purchase(self, purchase: Document) -> None:
        body = {
            "vendor_id": self._ids[purchase.customer],
            "due_date": self._day(purchase.day + 14),
            "owner_id": self._ids["joris"],
        }
        cost = {p.key: p.purchase_cost for p in company.PRODUCTS}
        record = self._document("purchase-orders", purchase, body, cost)
        at = f"/purchase-orders/{record['id']}"
        self._step(f"{at}/approve", done=record["status"] != "Created")
        received = any(Decimal(line["received_quantity"]) for line in record["lines"])
        if purchase.state != "Approved":
            whole = purchase.state == "Received Shipment"
            part = {} if whole else {"lines": _half(record["lines"])}
            self._step(f"{at}/receive", part, done=received)

    def _quote(self, quote: Document) -> None:
        body = self._customer(quote.customer) | {"valid_till": self._day(quote.day + 90)}
        record = self._document("quotes", quote, body)
        stage = _STAGES.index(record["stage"])
        for verb in _QUOTE_PATHS[quote.state]:
            passed = stage >= _STAGES.index(_STAGE_AFTER[verb])
            self._step(f"/quotes/{record['id']}/{verb}", done=passed)
        if quote.state == "Accepted":
            query = {"filter[quote_id]": record["id"], "limit": 1}
            ordered = bool(self._client.get("/sales-orders", **query)["items"])
            self._step(f"/quotes/{record['id']}/to-order", done=ordered)

    def _order(self, order: Document) -> None:
        body = self._customer(order.customer) | {
            "order_date": self._day(order.day),
            "due_date": self._day(order.day + 21),
        }
        record = self._document("sales-orders", order, body)
        at = f"/sales-orders/{record['id']}"
        if order.state == "Created":
            return
        self._step(f"{at}/approve", done=record["status"] != "Created")
        if order.state == "Cancelled":
            self._step(f"{at}/cancel", done=record["status"] == "Cancelled")
        elif order.state in _SHIPS:
            under_way = any(Decimal(line["shipping_quantity"]) for line in record["lines"])
            whole = order.state == "Delivered"
            parcel = {} if whole else {"lines": _half(record["lines"])}
            shipped_at = {"shipped_at": f"{self._day(order.day + 2)}T09:00:00Z"}
            self._step(f"{at}/ship", parcel | shipped_at, done=under_way)
            record = self._settled(at)
        if order.key in company.INVOICED:
            self._invoice(record, company.INVOICED[order.key])

    def _invoice(self, order: Mapping[str, Any], share: str) -> None:
        dates = {"invoice_date": order["order_date"]}
        invoiced = any(Decimal(line["invoiced_quantity"]) for line in order["lines"])
        self._step(f"/sales-orders/{order['id']}/invoice", dates, done=invoiced)
        invoice = next(self._client.each("invoices", **{"filter[sales_order_id]": order["id"]}))
        amount = (Decimal(invoice["total"]) * Decimal(share)).quantize(_CENT, ROUND_HALF_UP)
        if amount:
            payment = {
                "amount": str(amount),
                "method": "Bank Transfer",
                "paid_on": invoice["invoice_date"],
            }
            paid = bool(Decimal(invoice["received"]))
            self._step(f"/invoices/{invoice['id']}/payments", payment, done=paid)

    def _support(self) -> None:
        self._say("tickets")
        for ticket in company.TICKETS:
            customer = self._customer(ticket.customer)
            body = customer | {
                "title": ticket.title,
                "product_id": self._ids[ticket.product],
                "status": ticket.status,
                "priority": ticket.priority,
                "severity": ticket.severity,
                "category": ticket.category,
                "owner_id": self._ids[ticket.owner],
                "description": ticket.description,
                "solution": ticket.solution,
            }
            self._put("tickets", ticket.key, body)

    def _privacy(self) -> None:
        self._say("consents, a privacy request")
        for said in company.CONSENTS:
            body = {
                "contact_id": self._ids[f"contact-{said.customer}"],
                "status": said.status,
                "way": said.way,
                "given_at": f"{self._day(said.day)}T10:00:00Z",
                "proof": said.proof,
            }
            self._put("consents", said.key, body)
        customer = next(c for c in company.CUSTOMERS if c.key == company.ASKED_FOR_THEIR_DATA)
        email = f"{customer.first_name.lower()}@{customer.key}.example"
        wish = {"kind": "export", "email": email, "reason": "Asked by letter"}
        self._put("privacy-requests", "data-of-a-customer", wish)

    def _customer(self, key: str) -> Body:
        owner = next(c.owner for c in company.CUSTOMERS if c.key == key)
        return {
            "account_id": self._ids[key],
            "contact_id": self._ids[f"contact-{key}"],
            "owner_id": self._ids[owner],
        }

    def _document(
        self,
        plural: str,
        document: Document,
        body: Body,
        prices: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """The upserted document; list prices are the products' unless `prices` has others."""
        prices = prices or {p.key: p.unit_price for p in company.PRODUCTS}
        body |= {
            "subject": document.subject,
            "lines": [self._line(line, prices) for line in document.lines],
        }
        if document.freight is not None:
            body["charges"] = [{"name": "Freight", "kind": "flat", "value": document.freight}]
        return self._put(plural, document.key, body)

    def _line(self, line: Line, prices: Mapping[str, str]) -> Body:
        return {
            "product_id": self._ids[line.product],
            "quantity": str(line.quantity),
            "list_price": prices[line.product],
            "discount_percent": line.discount,
        }

    def _put(self, plural: str, key: str, body: Mapping[str, Any]) -> dict[str, Any]:
        answer = self._client.upsert(plural, SOURCE, key, body)
        self.counts[answer.outcome] += 1
        self._ids[key] = answer.body["id"]
        record: dict[str, Any] = answer.body
        return record

    def _step(self, path: str, body: Mapping[str, Any] | None = None, *, done: bool) -> None:
        if done:
            self.counts["unchanged"] += 1
        else:
            self._client.post(path, body)
            self.counts["changed"] += 1

    def _settled(self, path: str) -> dict[str, Any]:
        """The order once inventory has said what became of its shipments."""
        deadline = time.monotonic() + _WAIT_SECONDS
        while True:
            order: dict[str, Any] = self._client.get(path)
            if all(
                line["shipping_quantity"] == line["shipped_quantity"] for line in order["lines"]
            ):
                return order
            if time.monotonic() > deadline:
                raise InventorySilentError(f"Inventory has not answered for {order['number']}.")
            time.sleep(0.2)

    def _day(self, offset: int) -> str:
        return (self._first_day + timedelta(days=offset)).isoformat()


def _half(lines: Sequence[Mapping[str, Any]]) -> list[Body]:
    """Half of each line, as an action on parts of a document wants it."""
    return [
        {"line_id": line["id"], "quantity": str(int(Decimal(line["quantity"])) // 2)}
        for line in lines
    ]
