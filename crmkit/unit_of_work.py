"""One transaction on behalf of one caller: what every verb, action and handler works in."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from contracts.caller import Caller


@dataclass(frozen=True, slots=True)
class UnitOfWork:
    """`service` is the name under which events leave; `at` is the instant the work began (UTC)."""

    session: Session
    caller: Caller
    service: str
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
