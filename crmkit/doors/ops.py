"""What operations ask every process: alive, ready, figures."""

import orjson
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from crmkit import migrations
from crmkit.doors.context import ServiceContext


def alive() -> Response:
    """200 as long as the process answers at all."""
    return _json(200, {"status": "ok"})


def ready(context: ServiceContext) -> Response:
    """200 when the database answers and is at the revision of this code, else 503 with the reason.

    The broker is not asked: without it events wait in the outbox, and requests are served.
    """
    try:
        with context.database.engine.connect() as connection:
            problem = migrations.mismatch(connection, context.migrations)
    except SQLAlchemyError as error:
        problem = f"the database cannot be reached: {type(error).__name__}"
    if problem:
        return _json(503, {"status": "not_ready", "service": context.service, "reason": problem})
    return _json(200, {"status": "ready", "service": context.service})


def figures() -> Response:
    """The metrics of this process in Prometheus' text format."""
    return Response(generate_latest(), 200, {"Content-Type": CONTENT_TYPE_LATEST})


def _json(status: int, value: object) -> Response:
    return Response(orjson.dumps(value), status, {"Content-Type": "application/json"})
