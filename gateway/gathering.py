"""What composed answers are made with: asking every service, and one cursor for all of them."""

import base64
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import orjson
from flask import request

from contracts.errors import FieldError, Problem, bad_request, unavailable
from gateway import fan_out
from gateway.pages import current_exchange
from gateway.upstream import READ_SECONDS, Reply, Upstream

DEFAULT_LIMIT = 25
MAX_LIMIT = 200

_EVERYBODYS = {
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.UNPROCESSABLE_ENTITY,
}


def gathered(
    questions: Iterable[tuple[Upstream, str]], seconds: float, *, asked: object = None
) -> tuple[dict[str, Any], list[str]]:
    """What each service answered, parsed, and the names of those that did not.

    A question too long for an address is `asked` as JSON by a POST that writes nothing.

    A refusal of the request itself (400, 401, 403, 422) is everybody's and raised as it came.
    Raises Problem 503 if not one service answered.
    """
    found: dict[str, Any] = {}
    unanswered: list[str] = []
    exchange = current_exchange()
    headers, body = exchange.forwarded(), b""
    if asked is not None:
        body = orjson.dumps(asked)
        # With a key it may be sent again over a new connection if a kept-alive one breaks.
        headers |= {"Content-Type": "application/json", "Idempotency-Key": exchange.request_id}
    answers = fan_out.ask(questions, headers, seconds=seconds, body=body)
    for name, answer in answers.items():
        if isinstance(answer, Reply) and answer.status == HTTPStatus.OK:
            found[name] = answer.json()
        elif isinstance(answer, Reply) and answer.status in _EVERYBODYS:
            raise refusal(answer)
        else:
            unanswered.append(name)
    if unanswered and not found:
        raise unavailable("No service is available.")
    return found, unanswered


def refusal(reply: Reply) -> Problem:
    """What a service has against the request, to be passed on."""
    document = reply.json()
    errors = [FieldError(e["pointer"], e["code"], e["detail"]) for e in document.get("errors", [])]
    return Problem(reply.status, document["code"], document["detail"], errors=errors)


def page_everywhere(upstreams: Mapping[str, Upstream], path: str) -> dict[str, Any]:
    """A list of all services, up to `limit` of each, and one cursor for what is left."""
    page = request.args.to_dict() | {"limit": str(limit_asked())}
    cursors = _open_cursor(page.pop("cursor", None), upstreams)
    questions = []
    for name, cursor in cursors.items():
        query = urlencode(page | ({"cursor": cursor} if cursor else {}))
        questions.append((upstreams[name], f"{path}?{query}"))
    found, unanswered = gathered(questions, READ_SECONDS)
    items = [{**item, "service": name} for name, page in found.items() for item in page["items"]]
    following = {
        name: page["next_cursor"] for name, page in found.items() if page.get("next_cursor")
    }
    return {
        "items": items,
        "next_cursor": closed_cursor(following) if following else None,
        "unavailable": unanswered,
    }


def limit_asked() -> int:
    """The `limit` of the request. Raises Problem 400."""
    given = request.args.get("limit", str(DEFAULT_LIMIT))
    if not (given.isascii() and given.isdigit() and 1 <= int(given) <= MAX_LIMIT):
        raise bad_parameter("limit", "invalid", f"is a number from 1 to {MAX_LIMIT}")
    return int(given)


def bad_parameter(name: str, code: str, detail: str) -> Problem:
    """400: this parameter of the query string is wrong."""
    errors = [FieldError(f"/{name}", code, detail)]
    return bad_request("bad_query", "The query string cannot be understood.", errors)


def closed_cursor(cursors: Mapping[str, str] | list[str]) -> str:
    """An opaque cursor that holds these places."""
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
        raise bad_parameter("cursor", "invalid", "is not one of this list")
    return {name: str(place) for name, place in document.items()}
