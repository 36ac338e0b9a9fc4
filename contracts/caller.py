"""Who asks: the person or process on whose behalf a service acts."""

from dataclasses import dataclass

from contracts.rights import NO_RIGHTS, Rights

SYSTEM_ID = "00000000-0000-7000-8000-000000000000"


@dataclass(frozen=True, slots=True)
class Calendar:
    """By which days somebody counts: what "today", "this week" and "this fiscal year" are to them.

    `time_zone` is an IANA name; `first_weekday` is 0 for Monday to 6 for Sunday; `fiscal_month`,
    the organisation's, is 1 for a fiscal year from January on.
    """

    time_zone: str = "UTC"
    first_weekday: int = 0
    fiscal_month: int = 1


@dataclass(frozen=True, slots=True)
class Caller:
    """`role_path` is the chain of role ids from the root, `/`-terminated; empty without a role.

    `rights` are what is asked of everybody but administrators, who may do everything.
    `traceparent` follows W3C Trace Context; `request_id` travels into every event and log line.
    `scopes` are all that an API key may do; None for a person, who is not limited by any.
    `address` is where the request came from, as far as the gateway knows; empty without one.
    """

    user_id: str
    username: str
    is_admin: bool
    role_path: str = ""
    request_id: str = ""
    traceparent: str = ""
    calendar: Calendar = Calendar()
    address: str = ""
    scopes: frozenset[str] | None = None
    rights: Rights = NO_RIGHTS


def system_caller(*, request_id: str = "", traceparent: str = "") -> Caller:
    """The suite itself, acting on an event or a timer."""
    return Caller(
        SYSTEM_ID, "system", is_admin=True, request_id=request_id, traceparent=traceparent
    )
