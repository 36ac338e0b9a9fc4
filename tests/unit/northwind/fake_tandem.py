"""Tandem as the importer sees it: upserts by key, orders that are approved, shipped and posted."""

import threading
from collections.abc import Iterator, Mapping
from typing import Any

from contracts.errors import FieldError
from tandem.client import Answer, ApiError


class FakeTandem:
    """Keeps records by (plural, key); `refusals` names those it will not take."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], dict[str, Any]] = {}
        self.shipments: list[dict[str, Any]] = []
        self.refusals: dict[tuple[str, str], list[FieldError]] = {}
        self.stock_answers = "posted"
        self.calls: list[str] = []
        self._lock = threading.Lock()

    def named(self, plural: str) -> dict[str, dict[str, Any]]:
        return {key: record for (kind, key), record in self.records.items() if kind == plural}

    def upsert(self, plural: str, source: str, key: str, body: Mapping[str, Any]) -> Answer:
        assert source == "northwind"
        with self._lock:
            self.calls.append(f"PUT {plural} {key}")
            if errors := self.refusals.get((plural, key)):
                document = {
                    "code": "validation_failed",
                    "detail": "No.",
                    "errors": [
                        {"pointer": e.pointer, "code": e.code, "detail": e.detail} for e in errors
                    ],
                }
                raise ApiError(422, document)
            held = self.records.get((plural, key))
            if held is None:
                held = {"id": f"{plural}/{key}", "status": "Created", "body": body, **body}
                if plural == "sales-orders":
                    held["lines"] = [{**line, "shipping_quantity": "0"} for line in body["lines"]]
                self.records[plural, key] = held
                return Answer(201, dict(held), "created")
            outcome = "unchanged" if held["body"] == body else "changed"
            held["body"] = body
            return Answer(200, dict(held), outcome)

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        with self._lock:
            self.calls.append(f"POST {path}")
            _, _, plural, key, verb = path.split("/")
            order = self.records[plural, key]
            if verb == "approve":
                order["status"] = "Approved"
                return dict(order)
            assert body is not None
            for line in order["lines"]:
                line["shipping_quantity"] = line["quantity"]
            order["status"] = "Delivered" if self.stock_answers == "posted" else "Approved"
            shipment = {
                "sales_order_id": order["id"],
                "status": self.stock_answers,
                "shipped_at": body["shipped_at"],
            }
            self.shipments.insert(0, shipment)
            return shipment

    def each(self, plural: str, **query: str) -> Iterator[dict[str, Any]]:
        if plural == "roles":
            assert query == {"filter[parent_id][empty]": "true"}
            return iter([{"id": "top"}])
        wanted = query["filter[sales_order_id]"].split(",")
        return iter([s for s in self.shipments if s["sales_order_id"] in wanted])
