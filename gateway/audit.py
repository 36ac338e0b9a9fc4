"""One audit over all services: read, exported as a table, and verified."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import orjson
from flask import Blueprint, Response, request, stream_with_context

from contracts.errors import unavailable
from crmkit.records.auditing import reading
from crmkit.sheets import csv_text
from gateway import gathering
from gateway.pages import json_response
from gateway.upstream import Upstream

PATH = "/audit"
_SECONDS = 25.0
_COLUMNS = ("service", *reading.Audited.model_fields)


def add_to(composed: Blueprint, upstreams: Mapping[str, Upstream]) -> None:
    """The routes."""

    @composed.get(PATH)
    def read_audit() -> Response:
        return json_response(_page(_wanted(upstreams), _asked(), gathering.limit_asked()))

    @composed.get(f"{PATH}/export")
    def export_audit() -> Response:
        """Whole or not at all: a service that is missing at its beginning refuses it."""
        wanted, asked = _wanted(upstreams), _asked()
        first = _whole(_page(wanted, asked, reading.MOST))
        headers = {"Content-Disposition": 'attachment; filename="audit.csv"'}
        table = stream_with_context(_table(wanted, asked, first))
        return Response(table, content_type="text/csv; charset=utf-8", headers=headers)

    @composed.get(f"{PATH}/heads")
    def audit_heads() -> Response:
        items, silent = _everywhere(_wanted(upstreams), f"{PATH}/heads", _asked())
        heads = [{**head, "service": name} for name, said in items for head in said["items"]]
        heads.sort(key=lambda head: (head["day"], head["service"]))
        return json_response({"items": heads, "unavailable": silent})

    @composed.get(f"{PATH}/verify")
    def verify_audit() -> Response:
        """Each service walks a part of its chain; a cursor goes with the service it came from."""
        asked = _asked()
        if "cursor" in asked and not request.args.get("service"):
            raise gathering.bad_parameter("service", "required", "goes with a cursor")
        items, silent = _everywhere(_wanted(upstreams), f"{PATH}/verify", asked)
        verdicts = [{**verdict, "service": name} for name, verdict in items]
        return json_response({"items": verdicts, "unavailable": silent})


def _asked() -> dict[str, str]:
    return {name: value for name, value in request.args.items() if name != "service"}


def _wanted(upstreams: Mapping[str, Upstream]) -> list[Upstream]:
    named = request.args.get("service")
    if named is None:
        return [*upstreams.values()]
    if named not in upstreams:
        detail = f"is one of {', '.join(upstreams)}"
        raise gathering.bad_parameter("service", "unknown_value", detail)
    return [upstreams[named]]


def _everywhere(
    wanted: Iterable[Upstream], path: str, asked: Mapping[str, Any]
) -> tuple[list[tuple[str, Any]], list[str]]:
    target = f"{path}?{urlencode(asked)}"
    found, silent = gathering.gathered([(one, target) for one in wanted], _SECONDS)
    return [*found.items()], silent


def _page(wanted: list[Upstream], asked: Mapping[str, Any], limit: int) -> dict[str, Any]:
    """The newest rows of all; a cursor names an instant and a service, so all understand it."""
    found, silent = _everywhere(wanted, PATH, {**asked, "limit": limit})
    items = [{**row, "service": name} for name, page in found for row in page["items"]]
    items.sort(key=lambda row: row["service"])
    items.sort(key=lambda row: datetime.fromisoformat(row["at"]), reverse=True)
    more = len(items) > limit or any(page["next_cursor"] for _, page in found)
    items = items[:limit]
    cursor = None
    if more:
        last = items[-1]
        cursor = reading.cursor(datetime.fromisoformat(last["at"]), last["service"])
    return {"items": items, "next_cursor": cursor, "unavailable": silent}


def _whole(page: dict[str, Any]) -> dict[str, Any]:
    if page["unavailable"]:
        raise unavailable(f"No answer from {', '.join(page['unavailable'])}.")
    return page


def _table(
    wanted: list[Upstream], asked: Mapping[str, Any], page: dict[str, Any]
) -> Iterator[bytes]:
    """A service that falls silent on the way breaks it off, so that nobody takes it for whole."""
    yield csv_text.written([_COLUMNS])
    while True:
        yield csv_text.written([_cell(row[name]) for name in _COLUMNS] for row in page["items"])
        if page["next_cursor"] is None:
            return
        page = _whole(_page(wanted, {**asked, "cursor": page["next_cursor"]}, reading.MOST))


def _cell(value: Any) -> Any:
    return orjson.dumps(value).decode() if isinstance(value, dict) else value
