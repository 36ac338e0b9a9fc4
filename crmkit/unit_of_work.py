"""One transaction on behalf of one caller: what every verb, action and handler works in."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import uuid_utils
from sqlalchemy.orm import Session

from contracts.caller import Caller, system_caller
from contracts.events.base import Event
from crmkit.origin import NOWHERE, Origin


def new_id() -> str:
    """A UUIDv7 (RFC 9562): unique, and ordered by the time it was made."""
    return str(uuid_utils.uuid7())


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened in this transaction and leaves as an event when it commits.

    `data` of a record's fact holds `record`, `changes` and `deleted`; other facts hold their own.
    """

    subject: str
    record_id: str
    name: str
    version: int
    data: dict[str, Any]
    caller: Caller
    id: str = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class Act:
    """Something of this transaction that the audit keeps for good (`records/auditing/`).

    `details` name no person; what does is in `personal`, which an erasure can take out again.
    """

    name: str
    subject_type: str
    subject_id: str | None
    details: Mapping[str, Any]
    personal: Mapping[str, Any]
    caller: Caller


@dataclass(frozen=True, slots=True)
class UnitOfWork:
    """`service` is the name under which events leave; `at` is the instant the work began (UTC).

    `entities` are the service's own by name, as administrators have shaped them: what links
    within the service point at. `on_reshape` is called after the commit of a change of that shape.
    `origin` is from where the caller asks. What is told in `bulk` lets other events go first.
    """

    session: Session
    caller: Caller
    service: str
    entities: Mapping[str, Any] = field(default_factory=dict)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    facts: list[Fact] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    on_reshape: Callable[[], None] = lambda: None
    origin: Origin = NOWHERE
    bulk: bool = False

    def of(self, entity: Any) -> Any:
        """The entity as administrators have shaped it; itself in a unit of work without any."""
        return self.entities.get(entity.name, entity)

    def shown(self, entity: Any) -> Any:
        """The entity as the caller may see it: what reads from records, or for, a client.

        What writes, counts and tells works on the whole entity (`of`).
        """
        whole = self.of(entity)
        if self.caller.is_admin or entity.name not in self.caller.rights.limited:
            return whole
        granted = self.caller.rights.of(entity.name)
        return whole.limited(granted.hidden, granted.read_only)

    @property
    def seen(self) -> Mapping[str, Any]:
        """The service's entities by name as the caller may see them."""
        limited = self.caller.rights.limited & self.entities.keys()
        if self.caller.is_admin or not limited:
            return self.entities
        return {**self.entities, **{name: self.shown(self.entities[name]) for name in limited}}

    def tell(
        self, subject: str, record_id: str, name: str, version: int, data: dict[str, Any]
    ) -> None:
        """Note a fact; it is written with all others of this transaction at its end."""
        self.facts.append(Fact(subject, record_id, name, version, data, self.caller))

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """When the block raises, what it did is undone, and the transaction can go on."""
        told, noted = len(self.facts), len(self.acts)
        try:
            with self.session.begin_nested():
                yield
        except BaseException:
            del self.facts[told:]
            del self.acts[noted:]
            raise

    def because_of(self, event: Event) -> "UnitOfWork":
        """The same transaction, acting for whoever caused `event`, in its trace."""
        caller = replace(
            system_caller(request_id=event.request_id, traceparent=event.traceparent),
            user_id=event.actor,
        )
        return replace(self, caller=caller)
