"""Related lists over services: rights are asked of the record's own, each list of who lists it."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, request

from contracts.errors import forbidden
from crmkit import paths
from gateway import gathering, limits
from gateway.catalogue import Catalogue
from gateway.front import forward
from gateway.pages import current_exchange, json_response
from gateway.upstream import READ_SECONDS, Reply, Upstream

_WRITING = frozenset({"PUT", "DELETE"})


def add_to(composed: Blueprint, catalogue: Catalogue, upstreams: Mapping[str, Upstream]) -> None:
    """The routes of what the record's own service does not answer alone."""

    @composed.get("/<plural>/<key>/related")
    def related(plural: str, key: str) -> Response:
        return json_response(_lists(catalogue, upstreams, plural, key))

    @composed.get("/<plural>/<key>/related/<listed>")
    def related_list(plural: str, key: str, listed: str) -> Response:
        return _answer(catalogue, upstreams, (plural, key), listed)

    @composed.route("/<plural>/<key>/related/<listed>/<other>", methods=["PUT", "DELETE"])
    def link(plural: str, key: str, listed: str, **_other: str) -> Response:
        return _answer(catalogue, upstreams, (plural, key), listed)


def _lists(
    catalogue: Catalogue, upstreams: Mapping[str, Upstream], plural: str, key: str
) -> dict[str, Any]:
    """Every list of the record with its count; null where whoever lists it does not answer."""
    owner = catalogue.owner(plural)
    record_id = _record(upstreams[owner], plural, key)["id"]
    entity = catalogue.entity(plural)
    lists = catalogue.related(plural)
    questions = [
        (upstreams[service], f"/related/{entity}/{record_id}")
        for service in dict.fromkeys(each["service"] for each in lists)
    ]
    found, unanswered = gathering.gathered(questions, READ_SECONDS) if questions else ({}, [])
    counted = {
        (service, each["name"]): each for service, page in found.items() for each in page["items"]
    }
    items = []
    for each in lists:
        described = {name: value for name, value in each.items() if name != "service"}
        if each["service"] in unanswered:
            items.append({**described, "count": None})
        elif (each["service"], each["name"]) in counted:
            items.append(counted[each["service"], each["name"]])
    return {"items": items, "unavailable": unanswered}


def _answer(
    catalogue: Catalogue,
    upstreams: Mapping[str, Upstream],
    record: tuple[str, str],
    listed: str,
) -> Response:
    """Pass the request on to whoever lists, once the record's own service has shown it."""
    plural, key = record
    record_id = _record(upstreams[catalogue.owner(plural)], plural, key)["id"]
    exchange = current_exchange()
    service = catalogue.lister(plural, listed)
    exchange.service = service
    body = limits.read_body(request.environ, limits.BODY_LIMIT)
    limits.check_depth(body, request.environ.get("CONTENT_TYPE", ""))
    _, _, rest = exchange.path.partition("/related/")
    path = f"/related/{catalogue.entity(plural)}/{record_id}/{rest}"
    answer = forward(upstreams[service], exchange, path, body)
    return Response(answer.body, answer.status, answer.headers)


def _record(upstream: Upstream, plural: str, key: str) -> Any:
    """The record's id and the caller's rights, asked of its service. Raises Problem as it says."""
    headers = current_exchange().forwarded()
    for name in ("If-Match", "If-None-Match", "Idempotency-Key", "Content-Type"):
        headers.pop(name, None)
    path = f"/{plural}/{_quoted(key)}/rights"
    reply: Reply = upstream.call("GET", path, headers, whole=True)
    if reply.status != HTTPStatus.OK:
        raise gathering.refusal(reply)
    found = reply.json()
    if request.method in _WRITING and not found["rights"].get("edit", False):
        raise forbidden("You may not edit this record.")
    return found


def _quoted(word: str) -> str:
    return quote(paths.word(word), safe="")
