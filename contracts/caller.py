"""Who asks: the person or process on whose behalf a service acts."""

from dataclasses import dataclass

SYSTEM_ID = "00000000-0000-7000-8000-000000000000"


@dataclass(frozen=True, slots=True)
class Caller:
    """`role_path` is the chain of role ids from the root, `/`-terminated; empty without a role.

    `traceparent` follows W3C Trace Context; `request_id` travels into every event and log line.
    """

    user_id: str
    username: str
    is_admin: bool
    role_path: str = ""
    request_id: str = ""
    traceparent: str = ""


def system_caller(*, request_id: str = "", traceparent: str = "") -> Caller:
    """The suite itself, acting on an event or a timer."""
    return Caller(
        SYSTEM_ID, "system", is_admin=True, request_id=request_id, traceparent=traceparent
    )
