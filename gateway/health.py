"""What operations ask of the gateway: does it live, whom can it reach, what has it measured."""

from collections.abc import Mapping
from http import HTTPStatus

from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST

from gateway import fan_out, metrics
from gateway.pages import json_response
from gateway.upstream import PROBE_SECONDS, Reply, Upstream


def pages(upstreams: Mapping[str, Upstream]) -> Blueprint:
    """`/healthz`, `/readyz` and `/metrics`."""
    health = Blueprint("health", __name__)

    @health.get("/healthz")
    def healthz() -> Response:
        """Live: the gateway serves every service that is up. Load balancers look here."""
        return json_response({"status": "ok"})

    @health.get("/readyz")
    def readyz() -> Response:
        """Ready: every service is too. 503 names those that are not."""
        answers = fan_out.ask(
            ((upstream, "/readyz") for upstream in upstreams.values()), {}, seconds=PROBE_SECONDS
        )
        services = {
            name: "ready"
            if isinstance(answer, Reply) and answer.status == HTTPStatus.OK
            else "unavailable"
            for name, answer in answers.items()
        }
        if set(services.values()) <= {"ready"}:
            return json_response({"status": "ready", "services": services})
        return json_response(
            {"status": "unavailable", "services": services}, HTTPStatus.SERVICE_UNAVAILABLE
        )

    @health.get("/metrics")
    def measured() -> Response:
        return Response(metrics.exposition(), content_type=CONTENT_TYPE_LATEST)

    return health
