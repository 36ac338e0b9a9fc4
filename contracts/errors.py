"""Every refusal a client can meet, as RFC 9457 problem details with a stable code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

PROBLEM_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class FieldError:
    """One bad field: an RFC 6901 pointer into the request, a stable code, a sentence."""

    pointer: str
    code: str
    detail: str


class Problem(Exception):  # noqa: N818 - RFC 9457 calls it so
    """A refusal that travels to the client unchanged, from whichever process raised it."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})

    def body(self, request_id: str) -> dict[str, Any]:
        """The RFC 9457 document; `errors` lists every bad field."""
        document: dict[str, Any] = {
            "type": f"urn:tandem:problem:{self.code}",
            "title": self.code.replace("_", " ").capitalize(),
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            "request_id": request_id,
        }
        if self.errors:
            document["errors"] = [
                {"pointer": e.pointer, "code": e.code, "detail": e.detail} for e in self.errors
            ]
        return document | self.extra


class Moved(Problem):
    """308: the record called `key` was merged into the one with the id `survivor_id`."""

    def __init__(self, key: str, survivor_id: str) -> None:
        detail = "The record was merged into another, which answers for it."
        super().__init__(308, "merged", detail, extra={"survivor_id": survivor_id})
        self.key = key
        self.survivor_id = survivor_id

    def instead_of(self, path: str, query: str) -> str:
        """The address of the same thing below the survivor; `path` is that of the request."""
        head, _, tail = path.partition(f"/{self.key}")
        return f"/api/v1{head}/{self.survivor_id}{tail}" + (f"?{query}" if query else "")


def json_pointer(*steps: object) -> str:
    """The RFC 6901 pointer to what these keys and positions lead to."""
    escaped = (str(step).replace("~", "~0").replace("/", "~1") for step in steps)
    return "".join(f"/{step}" for step in escaped)


def bad_request(code: str, detail: str, errors: Sequence[FieldError] = ()) -> Problem:
    """400: the request itself cannot be read."""
    return Problem(400, code, detail, errors=errors)


def invalid(errors: Sequence[FieldError]) -> Problem:
    """422: the request was read, and these fields are wrong."""
    count = len(errors)
    noun = "field is" if count == 1 else "fields are"
    return Problem(422, "validation_failed", f"{count} {noun} wrong.", errors=errors)


def unauthenticated(detail: str) -> Problem:
    """401: no token, or one that does not verify (RFC 6750)."""
    challenge = 'Bearer realm="tandem", error="invalid_token"'
    return Problem(401, "unauthenticated", detail, headers={"WWW-Authenticate": challenge})


def forbidden(detail: str) -> Problem:
    """403: the caller sees the record but may not do this."""
    return Problem(403, "forbidden", detail)


def not_found(detail: str = "There is no such record, or you may not see it.") -> Problem:
    """404: absent and unseen look alike, so that ids do not leak."""
    return Problem(404, "not_found", detail)


def method_not_allowed(allowed: Sequence[str]) -> Problem:
    """405 with the methods that would be allowed."""
    return Problem(
        405,
        "method_not_allowed",
        "This resource does not take that method.",
        headers={"Allow": ", ".join(sorted(allowed))},
    )


def refused(code: str, detail: str, **extra: Any) -> Problem:
    """409: a business rule stands against it; `code` names the rule."""
    return Problem(409, code, detail, extra=extra)


def precondition_failed(current: Mapping[str, Any]) -> Problem:
    """412: If-Match named another version; `current` is the record as it stands."""
    return Problem(
        412,
        "precondition_failed",
        "The record has changed since you read it.",
        extra={"current": dict(current)},
    )


def too_large(detail: str) -> Problem:
    """413: the body is over the limit."""
    return Problem(413, "payload_too_large", detail)


def unavailable(detail: str, *, retry_after: int = 5) -> Problem:
    """503: the service that owns this is down; `retry_after` in seconds."""
    return Problem(503, "service_unavailable", detail, headers={"Retry-After": str(retry_after)})


def timed_out(detail: str) -> Problem:
    """504: the service that owns this did not answer in time."""
    return Problem(504, "gateway_timeout", detail)
