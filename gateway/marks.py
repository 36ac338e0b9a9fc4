"""What people hang on records, over all services: tags, stars, and what they opened last."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, request

from crmkit import paths
from crmkit.records.annotations.recent import MOST as MOST_RECENT
from crmkit.records.annotations.tags import compared
from gateway import gathering, limits
from gateway.front import API, forward
from gateway.pages import current_exchange, json_response
from gateway.upstream import READ_SECONDS, Upstream

_KEEPER = "identity"
"""The service that takes orders to change a tag everywhere; all others hear of them from it."""


def add_to(composed: Blueprint, upstreams: Mapping[str, Upstream]) -> None:
    """The routes."""

    @composed.get("/tags")
    def tag_cloud() -> Response:
        return json_response(_cloud(upstreams))

    @composed.get("/tags/<tag>/records")
    def tagged_records(tag: str) -> Response:
        path = f"/tags/{quote(paths.word(tag), safe='')}/records"
        return json_response(gathering.page_everywhere(upstreams, path))

    @composed.route("/tags/<_tag>", methods=["PATCH", "DELETE"])
    def change_tag(_tag: str) -> Response:
        exchange = current_exchange()
        exchange.service = _KEEPER
        body = limits.read_body(request.environ, limits.BODY_LIMIT)
        limits.check_depth(body, request.environ.get("CONTENT_TYPE", ""))
        answer = forward(upstreams[_KEEPER], exchange, exchange.path[len(API) :], body)
        return Response(answer.body, answer.status, answer.headers)

    @composed.get("/tags/changes")
    def tag_changes() -> Response:
        return json_response(_changes(upstreams))

    @composed.get("/followed")
    def followed() -> Response:
        return json_response(gathering.page_everywhere(upstreams, "/followed"))

    @composed.get("/recent")
    def recent() -> Response:
        return json_response(_recent(upstreams))


def _everywhere(upstreams: Mapping[str, Upstream], path: str) -> tuple[dict[str, Any], list[str]]:
    questions = [(upstream, path) for upstream in upstreams.values()]
    return gathering.gathered(questions, READ_SECONDS)


def _cloud(upstreams: Mapping[str, Upstream]) -> dict[str, Any]:
    """Each tag once, with its uses in all services that answered, the most used first."""
    found, unanswered = _everywhere(upstreams, "/tags")
    cloud: dict[tuple[str, str], dict[str, Any]] = {}
    for page in found.values():
        for tag in page["items"]:
            key = (tag["visibility"], compared(tag["name"]))
            known = cloud.setdefault(key, {**tag, "count": 0})
            known["count"] += tag["count"]
    items = sorted(cloud.values(), key=lambda tag: (-tag["count"], compared(tag["name"])))
    return {"items": items, "unavailable": unanswered}


def _changes(upstreams: Mapping[str, Upstream]) -> dict[str, Any]:
    """Each change once, the newest first, with the services that have applied it."""
    path = f"/tags/changes?limit={gathering.limit_asked()}"
    found, unanswered = _everywhere(upstreams, path)
    changes: dict[str, dict[str, Any]] = {}
    for service, page in found.items():
        for change in page["items"]:
            changes.setdefault(change["id"], {**change, "applied_by": []})["applied_by"] += [
                service
            ]
    items = sorted(changes.values(), key=lambda change: change["id"], reverse=True)
    return {"items": items[: gathering.limit_asked()], "unavailable": unanswered}


def _recent(upstreams: Mapping[str, Upstream]) -> dict[str, Any]:
    found, unanswered = _everywhere(upstreams, "/recent")
    items = [{**item, "service": name} for name, page in found.items() for item in page["items"]]
    items.sort(key=lambda item: item["at"], reverse=True)
    return {"items": items[:MOST_RECENT], "unavailable": unanswered}
