"""Answers that span services: one search, one recycle bin, one audit, what is parked."""

from collections.abc import Mapping
from datetime import datetime
from itertools import chain, zip_longest
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from contracts.errors import not_found
from gateway import access, audit, gathering, key_metrics, marks, privacy, related
from gateway.catalogue import NO_SUCH_ROUTE, Catalogue
from gateway.front import API, forward
from gateway.keys import JWKS_PATH, KeyRing
from gateway.pages import current_exchange, json_response
from gateway.upstream import READ_SECONDS, SEARCH_SECONDS, Upstream

PARKED = "/parked-events"
BIN = "/recycle-bin"


def pages(upstreams: Mapping[str, Upstream], keys: KeyRing, catalogue: Catalogue) -> Blueprint:
    """The composed routes; all but the public keys ask for an access token first."""
    composed = Blueprint("composed", __name__, url_prefix=API)

    def identify() -> None:
        exchange = current_exchange()
        exchange.route = request.path[len(API) + 1 :].partition("/")[0]
        if request.path != API + JWKS_PATH:
            authorization = request.headers.get("Authorization")
            exchange.user_id = keys.authenticate(authorization).user_id

    composed.before_request(identify)

    @composed.get(JWKS_PATH)
    def jwks() -> Response:
        """The public keys of access tokens (RFC 7517), for partners that verify them."""
        return json_response({"keys": keys.keys()})

    @composed.get("/search")
    def search() -> Response:
        return json_response(_search(upstreams))

    @composed.get(BIN)
    def recycle_bin() -> Response:
        return json_response(_bins(upstreams))

    @composed.get(PARKED)
    def parked_events() -> Response:
        if named := request.args.get("service"):
            return _passed_on(_named(upstreams, named), PARKED)
        return json_response(gathering.page_everywhere(upstreams, PARKED))

    @composed.post(f"{PARKED}/<service>/<event_id>/<any(retry, discard):verb>")
    def settle(service: str, event_id: str, verb: str) -> Response:
        if service not in upstreams:
            raise not_found(NO_SUCH_ROUTE)
        # As WSGI has paths (PEP 3333): Flask has decoded this one.
        as_sent = event_id.encode().decode("latin-1")
        return _passed_on(upstreams[service], f"{PARKED}/{as_sent}/{verb}")

    marks.add_to(composed, upstreams)
    key_metrics.add_to(composed, upstreams)
    related.add_to(composed, catalogue, upstreams)
    audit.add_to(composed, upstreams)
    access.add_to(composed, upstreams)
    privacy.add_to(composed, upstreams)
    return composed


def _search(upstreams: Mapping[str, Upstream]) -> dict[str, Any]:
    """Ask every service; the entities take turns, the newest of each first, up to `limit` hits.

    Whoever is down or slow is named in `unavailable`; the others' hits stand.
    """
    limit = gathering.limit_asked()
    if not request.args.get("q", "").strip():
        raise gathering.bad_parameter("q", "required", "says what to search for")
    target = "/search?" + urlencode({**request.args.to_dict(), "limit": limit})
    questions = [(upstream, target) for upstream in upstreams.values()]
    found, unanswered = gathering.gathered(questions, SEARCH_SECONDS)
    by_entity: dict[tuple[str, str], list[Any]] = {}
    for name, page in found.items():
        for hit in page["items"]:
            by_entity.setdefault((name, hit["entity"]), []).append({**hit, "service": name})
    in_turn = chain.from_iterable(zip_longest(*by_entity.values()))
    hits = [hit for hit in in_turn if hit is not None]
    return {"items": hits[:limit], "unavailable": unanswered}


def _bins(upstreams: Mapping[str, Upstream]) -> dict[str, Any]:
    """What lies in the bins of all services, last deleted first, up to `limit` of it.

    A cursor names an instant and an id, so it means the same to every service.
    """
    limit = gathering.limit_asked()
    target = f"{BIN}?" + urlencode({**request.args.to_dict(), "limit": limit})
    questions = [(upstream, target) for upstream in upstreams.values()]
    found, unanswered = gathering.gathered(questions, READ_SECONDS)
    items = [{**item, "service": name} for name, page in found.items() for item in page["items"]]
    items.sort(key=lambda i: (datetime.fromisoformat(i["deleted_at"]), i["id"]), reverse=True)
    more = len(items) > limit or any(page["next_cursor"] for page in found.values())
    shown = items[:limit]
    cursor = gathering.closed_cursor([shown[-1]["deleted_at"], shown[-1]["id"]]) if more else None
    return {"items": shown, "next_cursor": cursor, "unavailable": unanswered}


def _passed_on(upstream: Upstream, path: str) -> Response:
    exchange = current_exchange()
    exchange.service = upstream.name
    answer = forward(upstream, exchange, path)
    return Response(answer.body, answer.status, answer.headers)


def _named(upstreams: Mapping[str, Upstream], service: str) -> Upstream:
    if service not in upstreams:
        detail = f"is one of {', '.join(upstreams)}"
        raise gathering.bad_parameter("service", "unknown_value", detail)
    return upstreams[service]
