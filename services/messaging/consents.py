"""Who wants no mass mail: messaging's copy of what leads, contacts and accounts say of it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Integer,
    Table,
    Text,
    Uuid,
    exists,
    func,
    or_,
    select,
)

from contracts.events.base import Event
from crmkit.records import projection
from crmkit.unit_of_work import UnitOfWork
from services.messaging.entities import Base

mail_consent = Table(
    "mail_consent",
    Base.metadata,
    Column("record_id", Uuid(as_uuid=False), primary_key=True),
    Column("email", Text, index=True, comment="in lower case"),
    Column("secondary_email", Text, index=True, comment="in lower case"),
    Column("opted_out", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
)


def apply_consents(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Keep the copy; of what is deleted nobody is opted out any more, or in."""
    rows = []
    for event in events:
        record = event.data["record"]
        gone = event.data["deleted"]
        addresses = {
            name: None if gone or not record.get(name) else record[name].lower()
            for name in ("email", "secondary_email")
        }
        opted_out = bool(record.get("email_opt_out")) and not gone
        row = {"record_id": event.subject, "opted_out": opted_out, "version": event.version}
        rows.append({**row, **addresses})
    projection.keep(uow.session, mail_consent, rows)


def opted_out(mails: Table) -> Any:
    """The clause for `mails` one of whose readers, or what they are about, wants none."""
    known = mail_consent.c
    to = select(func.lower(func.jsonb_array_elements_text(mails.c.to))).correlate(mails)
    readers = to.scalar_subquery()
    who = or_(
        known.record_id == mails.c.related_id,
        known.email.in_(readers),
        known.secondary_email.in_(readers),
    )
    return exists().where(known.opted_out, who).correlate(mails)
