"""Answers that span services: the search over everything, one recycle bin, what is parked."""

import base64
from collections.abc import Iterable, Mapping
from datetime import datetime
from http import HTTPStatus
from itertools import chain, zip_longest
from typing import Any
from urllib.parse import urlencode

import orjson
from flask import Blueprint, Response, request

from contracts.errors import FieldError, Problem, bad_request, not_found, unavailable
from gateway import fan_out
from gateway.catalogue import NO_SUCH_ROUTE
from gateway.front import API, forward
from gateway.keys import JWKS_PATH, KeyRing
from gateway.pages import current_exchange, json_response
from gateway.upstream import READ_SECONDS, SEARCH_SECONDS, Reply, Upstream

PARKED = "/parked-events"
BIN = "/recycle-bin"
DEFAULT_LIMIT = 25
MAX_LIMIT = 200

_EVERYBODYS = {
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.UNPROCESSABLE_ENTITY,
}


def pages(upstreams: Mapping[str, Upstream], keys: KeyRing) -> Blueprint:
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
        return json_response(_parked_everywhere(upstreams))

    @composed.post(f"{PARKED}/<service>/<event_id>/<any(retry, discard):verb>")
    def settle(service: str, event_id: str, verb: str) -> Response:
        if service not in upstreams:
            raise not_found(NO_SUCH_ROUTE)
        return _passed_on(upstreams[service], f"{PARKED}/{event_id}/{verb}")

    return composed


def _search(upstreams: Mapping[str, Upstream]) -> dict[str, Any]:
    """Ask every service; the entities take turns, the newest of each first, up to `limit` hits.

    Whoever is down or slow is named in `unavailable`; the others' hits stand.
    """
    limit = _limit()
    if not request.args.get("q", "").strip():
        raise _bad_parameter("q", "required", "says what to search for")
    target = "/search?" + urlencode({**request.args.to_dict(), "limit": limit})
    questions = [(upstream, target) for upstream in upstreams.values()]
    found, unanswered = _gathered(questions, SEARCH_SECONDS)
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
    limit = _limit()
    target = f"{BIN}?" + urlencode({**request.args.to_dict(), "limit": limit})
    questions = [(upstream, target) for upstream in upstreams.values()]
    found, unanswered = _gathered(questions, READ_SECONDS)
    items = [{**item, "service": name} for name, page in found.items() for item in page["items"]]
    items.sort(key=lambda i: (datetime.fromisoformat(i["deleted_at"]), i["id"]), reverse=True)
    more = len(items) > limit or any(page["next_cursor"] for page in found.values())
    shown = items[:limit]
    cursor = _closed_cursor([shown[-1]["deleted_at"], shown[-1]["id"]]) if more else None
    return {"items": shown, "next_cursor": cursor, "unavailable": unanswered}


def _parked_everywhere(upstreams: Mapping[str, Upstream]) -> dict[str, Any]:
    """The parked events of all services, up to `limit` of each, and one cursor for what is left."""
    page = request.args.to_dict() | {"limit": str(_limit())}
    cursors = _open_cursor(page.pop("cursor", None), upstreams)
    questions = []
    for name, cursor in cursors.items():
        query = urlencode(page | ({"cursor": cursor} if cursor else {}))
        questions.append((upstreams[name], f"{PARKED}?{query}"))
    found, unanswered = _gathered(questions, READ_SECONDS)
    items = [{**item, "service": name} for name, page in found.items() for item in page["items"]]
    following = {
        name: page["next_cursor"] for name, page in found.items() if page.get("next_cursor")
    }
    return {
        "items": items,
        "next_cursor": _closed_cursor(following) if following else None,
        "unavailable": unanswered,
    }


def _gathered(
    questions: Iterable[tuple[Upstream, str]], seconds: float
) -> tuple[dict[str, Any], list[str]]:
    """What each service answered, parsed, and the names of those that did not.

    A refusal of the request itself (400, 401, 403, 422) is everybody's and raised as it came.
    Raises Problem 503 if not one service answered.
    """
    found: dict[str, Any] = {}
    unanswered: list[str] = []
    answers = fan_out.ask(questions, current_exchange().forwarded(), seconds=seconds)
    for name, answer in answers.items():
        if isinstance(answer, Reply) and answer.status == HTTPStatus.OK:
            found[name] = answer.json()
        elif isinstance(answer, Reply) and answer.status in _EVERYBODYS:
            raise _refusal(answer)
        else:
            unanswered.append(name)
    if unanswered and not found:
        raise unavailable("No service is available.")
    return found, unanswered


def _refusal(reply: Reply) -> Problem:
    document = reply.json()
    errors = [FieldError(e["pointer"], e["code"], e["detail"]) for e in document.get("errors", [])]
    return Problem(reply.status, document["code"], document["detail"], errors=errors)


def _passed_on(upstream: Upstream, path: str) -> Response:
    exchange = current_exchange()
    exchange.service = upstream.name
    answer = forward(upstream, exchange, path)
    return Response(answer.body, answer.status, answer.headers)


def _named(upstreams: Mapping[str, Upstream], service: str) -> Upstream:
    if service not in upstreams:
        raise _bad_parameter("service", "unknown_value", f"is one of {', '.join(upstreams)}")
    return upstreams[service]


def _limit() -> int:
    given = request.args.get("limit", str(DEFAULT_LIMIT))
    if not (given.isascii() and given.isdigit() and 1 <= int(given) <= MAX_LIMIT):
        raise _bad_parameter("limit", "invalid", f"is a number from 1 to {MAX_LIMIT}")
    return int(given)


def _bad_parameter(name: str, code: str, detail: str) -> Problem:
    errors = [FieldError(f"/{name}", code, detail)]
    return bad_request("bad_query", "The query string cannot be understood.", errors)


def _closed_cursor(cursors: Mapping[str, str] | list[str]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(cursors)).decode().rstrip("=")


def _open_cursor(cursor: str | None, services: Mapping[str, Upstream]) -> dict[str, str]:
    """Where to go on in each service: `""` at its beginning, absent if it has no more."""
    if cursor is None:
        return dict.fromkeys(services, "")
    try:
        document = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        document = None
    if not isinstance(document, dict) or not document or document.keys() - services.keys():
        raise _bad_parameter("cursor", "invalid", "is not one of this list")
    return {name: str(place) for name, place in document.items()}
