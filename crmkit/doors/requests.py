"""What an operation gets to see of an HTTP request, and what it answers."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import orjson
from werkzeug.wrappers import Request

from contracts.errors import (
    PROBLEM_TYPE,
    FieldError,
    Problem,
    bad_request,
    invalid,
    json_pointer,
    too_large,
)
from crmkit.entity import Entity
from crmkit.records.reading import rendering
from crmkit.unit_of_work import UnitOfWork

BODY_LIMIT = 10 * 1024 * 1024
"""Bytes; the gateway has a limit of its own, but a service's door trusts nobody."""

_ENTITY_TAG = re.compile(r'^(?:W/)?"(\d{1,10})"$')
_JSON = {"", "application/json", "application/merge-patch+json"}
_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")
"""It as JSON writes it: an escape, after as many backslashes as escape each other."""


class Call:
    """One request. `traceparent` is that of the span this service opened for it.

    `reading` ones write nothing.
    """

    def __init__(
        self, request: Request, request_id: str, traceparent: str, *, reading: bool
    ) -> None:
        self.request = request
        self.request_id = request_id
        self.traceparent = traceparent
        self.reading = reading
        self.flaws: list[FieldError] = []

    @cached_property
    def body(self) -> bytes:
        """The raw body; raises Problem 413 when it is over the limit."""
        if (self.request.content_length or 0) > BODY_LIMIT:
            raise too_large(f"A body may have {BODY_LIMIT // 1024 // 1024} MiB.")
        return self.request.get_data(cache=False)

    def json(self) -> Any:
        """The body as JSON; an absent one is an empty object. Raises Problem 400, 413, 415.

        PostgreSQL cannot keep the NUL character: it is left out of the value, and wherever one
        stands is noted in `flaws`, so that it is refused with all else that is wrong.
        """
        if not self.body:
            return {}
        if self.request.mimetype not in _JSON:
            raise Problem(415, "unsupported_media_type", "Send application/json.")
        try:
            value = orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            raise bad_request("invalid_json", f"The body is not JSON: {error}.") from None
        if rb"\u0000" in self.body:
            detail = "must not contain the NUL character"
            self.flaws = [FieldError(at, "invalid", detail) for at in sorted(set(_with_nul(value)))]
            value = orjson.loads(_NUL.sub(rb"\1", self.body))
        return value

    def refuse_flaws(self, others: Sequence[FieldError] = ()) -> None:
        """Raise Problem 422 if the body has `flaws`; it names them and `others`."""
        if self.flaws:
            known = {flaw.pointer.replace("\x00", "") for flaw in self.flaws}
            raise invalid([*self.flaws, *(one for one in others if one.pointer not in known)])

    @property
    def if_match(self) -> int | None:
        """The version that If-Match names (RFC 9110 section 13.1.1). Raises Problem 400."""
        header = self.request.headers.get("If-Match", "").strip()
        if header in {"", "*"}:
            return None
        found = _ENTITY_TAG.match(header)
        if found is None:
            error = FieldError("/If-Match", "invalid", 'is one entity tag such as "3"')
            raise bad_request("invalid_header", "If-Match cannot be read.", [error])
        return int(found[1])

    @property
    def arguments(self) -> list[tuple[str, str]]:
        """The query string's parameters in their order."""
        return list(self.request.args.items(multi=True))


def _with_nul(value: Any) -> Iterator[str]:
    """Pointers to the texts and keys that contain it, without recursion: JSON may be deep."""
    waiting: list[tuple[tuple[object, ...], Any]] = [((), value)]
    while waiting:
        steps, part = waiting.pop()
        if isinstance(part, str) and "\x00" in part:
            yield json_pointer(*steps)
        elif isinstance(part, list):
            waiting += [((*steps, position), item) for position, item in enumerate(part)]
        elif isinstance(part, dict):
            waiting += [((*steps, key), item) for key, item in part.items()]
            yield from (json_pointer(*steps, key) for key in part if "\x00" in key)


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back; `body` is ready to send."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


def json_answer(value: Any, status: int = 200, **headers: str) -> Answer:
    """An answer with a JSON body."""
    return Answer(status, rendering.to_json(value), headers)


def problem_answer(problem: Problem, request_id: str) -> Answer:
    """A refusal as RFC 9457 problem details."""
    body = rendering.to_json(problem.body(request_id))
    return Answer(problem.status, body, {"Content-Type": PROBLEM_TYPE, **problem.headers})


def record_answer(
    uow: UnitOfWork, entity: Entity, record: Any, status: int = 200, **headers: str
) -> Answer:
    """A record just written (a model) or read (its values), with its version as ETag."""
    read = isinstance(record, dict)
    values = record if read else rendering.answer(uow, uow.shown(entity), record)
    tags = {"ETag": f'"{values["version"]}"', **headers}
    return Answer(status, rendering.to_json(values), tags)
