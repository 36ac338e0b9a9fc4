"""The way of a request through a service: caller, one transaction, operation, answer or problem."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http import HTTPStatus

import structlog
from prometheus_client import Histogram
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Request, Response

from contracts.caller import SYSTEM_ID, Caller
from contracts.errors import (
    FieldError,
    Moved,
    Problem,
    bad_request,
    unavailable,
)
from crmkit import tracing
from crmkit.db import working_on
from crmkit.doors.context import Admitted, ServiceContext
from crmkit.doors.requests import Answer, Call, problem_answer
from crmkit.origin import Origin, of_request
from crmkit.records import scopes
from crmkit.records.access import MODULE_OFF
from crmkit.records.writing import conflicts, idempotency, journal
from crmkit.unit_of_work import UnitOfWork

Operation = Callable[[UnitOfWork, Call], Answer]

REQUEST_SECONDS = Histogram(
    "tandem_request_seconds",
    "Time a service took for a request.",
    ["service", "method", "route", "status"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)

_CONFLICTS = {"40001", "40P01"}
"""serialization_failure, deadlock_detected: the same request succeeds the next moment."""
_OUTAGES = {"08", "53", "57"}
_LOCK_TIMEOUT = "55P03"
_TRIES = 5
_KEY_LENGTH = 255

_log = structlog.get_logger("tandem.http")


def respond(
    context: ServiceContext,
    request: Request,
    route: str,
    operation: Operation,
    *,
    public: bool,
    reading: bool = False,
    whole: bool = False,
) -> Response:
    """Run the operation for whoever sent the request; never raises.

    A POST may be `reading` too: a question too long for an address, which writes nothing. What is
    `whole` belongs to no entity: a caller with scopes needs one of the whole for it.
    """
    started = time.perf_counter()
    request_id = tracing.request_id_from(request.headers.get("X-Request-Id"))
    parent = tracing.parse(request.headers.get("traceparent"))
    reads = reading or request.method == "GET"
    call = Call(request, request_id, tracing.child_of(parent), reading=reads)
    try:
        with working_on("request"):
            if whole and not public:
                operation = _within_scopes(operation)
            answer = _perform(context, call, operation, public=public)
    except Moved as moved:
        query = request.query_string.decode("latin-1")
        moved.headers["Location"] = moved.instead_of(request.path, query)
        answer = problem_answer(moved, request_id)
    except Problem as problem:
        answer = problem_answer(problem, request_id)
    except Exception:  # noqa: BLE001 - whatever it is, the client gets an answer
        _log.exception("request_failed", request_id=request_id, path=request.path)
        answer = problem_answer(
            Problem(500, "internal_error", "Something went wrong here."), request_id
        )
    seconds = time.perf_counter() - started
    labels = (context.service, request.method, route, str(answer.status))
    REQUEST_SECONDS.labels(*labels).observe(seconds)
    _log.info(
        "request",
        service=context.service,
        method=request.method,
        path=request.path,
        status=answer.status,
        ms=round(seconds * 1000, 1),
        request_id=request_id,
        traceparent=call.traceparent,
    )
    headers = {"Content-Type": "application/json", **answer.headers, "X-Request-Id": request_id}
    return Response(answer.body, answer.status, headers)


def _within_scopes(operation: Operation) -> Operation:
    def run(uow: UnitOfWork, call: Call) -> Answer:
        scopes.require_everywhere(uow.caller, reading=call.reading)
        return operation(uow, call)

    return run


def _perform(context: ServiceContext, call: Call, operation: Operation, *, public: bool) -> Answer:
    for tries_left in range(_TRIES - 1, -1, -1):
        try:
            return _attempt(context, call, operation, public=public)
        except Problem as refusal:
            about_fields = refusal.errors or refusal.code == MODULE_OFF
            # It may rest on what an administrator has changed half a second ago elsewhere.
            if not (tries_left and about_fields and context.reshaped()):
                raise
            continue
        except journal.Outdated:
            if not tries_left:
                raise unavailable("Administrators are at work.", retry_after=1) from None
            continue
        except DBAPIError as error:
            if not tries_left or not _is_passing(error):
                raise _problem_of(context, error) from error
        except PoolTimeoutError as error:
            raise unavailable("The service is busy.", retry_after=1) from error
        time.sleep(random.uniform(0.002, 0.02))  # noqa: S311 - so that the two do not meet again
    raise AssertionError


def _attempt(context: ServiceContext, call: Call, operation: Operation, *, public: bool) -> Answer:
    database = context.database
    with database.reading() if call.reading else database.transaction() as session:
        admitted = None if public else _admitted(context, session, call)
        origin = _origin(context, call, admitted)
        caller = _anonymous(call) if admitted is None else admitted.caller
        shaped = context.shaped
        uow = UnitOfWork(
            session,
            replace(caller, address=origin.address),
            context.service,
            shaped.now(session),
            on_reshape=shaped.expire,
            origin=origin,
        )
        key = None if public or call.reading else _idempotency_key(call)
        with _refusing_conflicts(uow):
            return _once(uow, call, operation, key)


def _once(uow: UnitOfWork, call: Call, operation: Operation, key: str | None) -> Answer:
    """Run the operation, or answer as it did when it was first sent with this key."""
    if key is None:
        answer = _operate(uow, call, operation)
        journal.write(uow)
        return answer
    caller_id = uow.caller.user_id
    digest = idempotency.digest(call.request.method, call.request.path, call.body)
    stored = idempotency.begin(uow.session, caller_id, key, digest)
    if stored is not None:
        replayed = {**stored.headers, "Idempotent-Replayed": "true"}
        return Answer(stored.status, stored.body, replayed)
    answer = _operate(uow, call, operation)
    stored = idempotency.Stored(answer.status, answer.headers, answer.body)
    journal.write(uow, idempotency.kept(caller_id, key, digest, stored))
    return answer


@contextmanager
def _refusing_conflicts(uow: UnitOfWork) -> Iterator[None]:
    """Say what PostgreSQL has against a write as the caller may read it."""
    try:
        yield
    except DBAPIError as error:
        refusal = None if _is_passing(error) else conflicts.refusal_of(uow, error)
        if refusal is None:
            raise
        raise refusal from error


def _operate(uow: UnitOfWork, call: Call, operation: Operation) -> Answer:
    try:
        answer = operation(uow, call)
    except Problem as refusal:
        if refusal.status == HTTPStatus.UNPROCESSABLE_ENTITY:
            call.refuse_flaws(refusal.errors)
        raise
    call.refuse_flaws()
    return answer


def _admitted(context: ServiceContext, session: Session, call: Call) -> Admitted:
    return context.authenticate(
        session,
        call.request.headers.get("Authorization"),
        request_id=call.request_id,
        traceparent=call.traceparent,
    )


def _origin(context: ServiceContext, call: Call, admitted: Admitted | None) -> Origin:
    headers = call.request.headers
    origin = of_request(
        call.request.remote_addr,
        headers.get("X-Forwarded-For"),
        headers.get("User-Agent"),
        context.settings.gateways,
    )
    return replace(origin, session_id=admitted.claims.session_id) if admitted else origin


def _anonymous(call: Call) -> Caller:
    return Caller(
        SYSTEM_ID,
        "anonymous",
        is_admin=False,
        request_id=call.request_id,
        traceparent=call.traceparent,
    )


def _idempotency_key(call: Call) -> str | None:
    key = call.request.headers.get("Idempotency-Key")
    if key is None or call.request.method != "POST":
        return None
    if 1 <= len(key) <= _KEY_LENGTH and key.isprintable():
        return key
    error = FieldError("/Idempotency-Key", "invalid", f"has 1 to {_KEY_LENGTH} characters")
    raise bad_request("invalid_header", "Idempotency-Key cannot be used.", [error])


def _code(error: DBAPIError) -> str:
    return getattr(error.orig, "pgcode", None) or ""


def _is_passing(error: DBAPIError) -> bool:
    """Whether the same request may succeed at once: it lost against another, or its copy did it."""
    return _code(error) in _CONFLICTS or _constraint(error) == idempotency.PRIMARY_KEY


def _constraint(error: DBAPIError) -> str:
    diagnostics = getattr(error.orig, "diag", None)
    return getattr(diagnostics, "constraint_name", None) or ""


def _problem_of(context: ServiceContext, error: DBAPIError) -> Problem:
    code = _code(error)
    if _is_passing(error) or code == _LOCK_TIMEOUT:
        return unavailable("Too many write the same records at once.", retry_after=1)
    if not code or code[:2] in _OUTAGES or error.connection_invalidated:
        _log.warning("database_unavailable", service=context.service, error=str(error.orig).strip())
        return unavailable("The service's database cannot be reached.")
    raise error
