"""Mails whoever handles a product when there is too little of it (spec 1.3.7a)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from contracts.events.base import Event
from crmkit.records import callers, store
from crmkit.records.principals import principal
from crmkit.unit_of_work import UnitOfWork
from services.messaging.entities.email import EMAIL, SYSTEM_SOURCE
from services.messaging.entities.email_template import EmailTemplate
from services.messaging.shipped_templates import LOW_STOCK

PATIENCE = timedelta(minutes=2)
"""How long a handler whom messaging has not heard of may still be on the way here."""

_TOLD = {"number": "number", "name": "name", "available": "stock", "reorder_level": "reorder_level"}
"""What the mail says of the product, and the field in which one reads it."""


class UnknownHandlerError(Exception):
    """The event about the product came before the one about its handler; a retry finds both."""


@dataclass(frozen=True, slots=True)
class _Recipients:
    """`name` is how they are addressed; without addresses, `problem` says why.

    `hidden` are fields of products that they do not see.
    """

    name: str
    addresses: list[str]
    problem: str | None = None
    hidden: frozenset[str] = frozenset()


def mail_handlers(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """One mail for each event; the inbox sees to it that each event comes here once.

    Raises UnknownHandlerError to be tried again.
    """
    query = select(EmailTemplate).where(EmailTemplate.key == LOW_STOCK)
    template = uow.session.scalars(query).one()
    for event in events:
        recipients = _recipients(uow, event)
        merge = {
            "recipient": {"name": recipients.name},
            "product": {
                name: None if field in recipients.hidden else event.data[name]
                for name, field in _TOLD.items()
            },
        }
        values: dict[str, Any] = {
            "to": recipients.addresses,
            "template_id": template.id,
            "merge": merge,
            "related_entity": "product",
            "related_id": event.data["product_id"],
            "owner_id": event.data["owner_id"],
        }
        if recipients.problem is not None:
            values |= {"status": "failed", "last_error": recipients.problem}
        store.insert(uow.because_of(event), EMAIL, values, source=SYSTEM_SOURCE)


def _recipients(uow: UnitOfWork, event: Event) -> _Recipients:
    """The product's handler; failing that, the administrators who can be reached."""
    query = select(principal).where(principal.c.user_id == event.data["owner_id"])
    handler = uow.session.execute(query).one_or_none()
    if handler is None and uow.at - event.time < PATIENCE:
        raise UnknownHandlerError(event.data["owner_id"])
    if handler is not None and handler.active and handler.email:
        reader = callers.as_caller(uow.session, handler.user_id)
        hidden: frozenset[str] = frozenset()
        if reader is not None and not reader.is_admin:
            hidden = reader.rights.of("product").hidden
        return _Recipients(handler.display_name, [handler.email], hidden=hidden)
    administrators = uow.session.scalars(
        select(principal.c.email)
        .where(principal.c.is_admin, principal.c.active, principal.c.email.is_not(None))
        .order_by(principal.c.email)
    )
    addresses = list(dict.fromkeys(administrators))
    if addresses:
        return _Recipients("administrator", addresses)
    flaw = "has no e-mail address"
    if handler is None:
        flaw = "is unknown"
    elif not handler.active:
        flaw = "is inactive"
    problem = (
        f"Nobody to send it to: the product's handler {flaw}, "
        "and no active administrator can be reached by mail."
    )
    return _Recipients("administrator", [], problem)
