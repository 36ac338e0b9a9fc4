"""The key metrics of all services: saved views with the number of their records."""

from collections.abc import Mapping

from flask import Blueprint, Response

from gateway import gathering
from gateway.pages import json_response
from gateway.upstream import READ_SECONDS, Upstream

METRICS = "/key-metrics"


def add_to(composed: Blueprint, upstreams: Mapping[str, Upstream]) -> None:
    """The route; whoever is down or slow is named in `unavailable`."""

    @composed.get(METRICS)
    def key_metrics() -> Response:
        questions = [(upstream, METRICS) for upstream in upstreams.values()]
        found, unanswered = gathering.gathered(questions, READ_SECONDS)
        items = [
            {**item, "service": name} for name, page in found.items() for item in page["items"]
        ]
        return json_response({"items": items, "unavailable": unanswered})
