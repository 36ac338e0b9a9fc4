"""A change of rights before it is made: identity tries it, services count what it comes to."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, request

from gateway import gathering, limits
from gateway.pages import current_exchange, json_response
from gateway.upstream import READ_SECONDS, Upstream

PATH = "/access/simulate"
_KEEPER = "identity"
"""The service that has what rights rest on."""


def add_to(composed: Blueprint, upstreams: Mapping[str, Upstream]) -> None:
    """The route."""

    @composed.post(PATH)
    def simulate_access() -> Response:
        exchange = current_exchange()
        exchange.service = _KEEPER
        body = limits.read_body(request.environ, limits.BODY_LIMIT)
        limits.check_depth(body, request.environ.get("CONTENT_TYPE", ""))
        headers = exchange.forwarded()
        tried = upstreams[_KEEPER].call("POST", PATH, headers, body, whole=True)
        if tried.status != HTTPStatus.OK:
            return Response(tried.body, tried.status, tried.headers)
        return json_response(_compared(upstreams, tried.json()))


def _compared(upstreams: Mapping[str, Upstream], tried: Mapping[str, Any]) -> dict[str, Any]:
    """Whoever is down or slow is named in `unavailable`; the others' counts stand."""
    users = {one["id"]: {**one, "modules": []} for one in tried["users"]}
    if not users:
        return {"users": [], "unavailable": []}
    asked = {"supposed": tried["supposed"], "users": [*users]}
    questions = [(upstream, "/access/compare") for upstream in upstreams.values()]
    found, unanswered = gathering.gathered(questions, READ_SECONDS, asked=asked)
    for service, counts in found.items():
        for one in counts["items"]:
            users[one["user_id"]]["modules"] += [
                {**module, "service": service} for module in one["modules"]
            ]
    return {"users": [*users.values()], "unavailable": unanswered}
