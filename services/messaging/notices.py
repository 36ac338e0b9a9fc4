"""Mails who follows a record or was mentioned there; what the notice tells is all they are told."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from contracts.events.base import Event
from crmkit.records import store
from crmkit.records.principals import principal
from crmkit.unit_of_work import UnitOfWork
from services.messaging.entities.email import EMAIL, SYSTEM_SOURCE
from services.messaging.entities.email_template import MODULES, EmailTemplate
from services.messaging.shipped_templates import FOLLOWED, MENTIONED

_TEMPLATES = {"followed": FOLLOWED, "mentioned": MENTIONED}


def mail_notices(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """One mail for each notice; who has no address, or has left meanwhile, gets none."""
    query = select(EmailTemplate.key, EmailTemplate.id).where(
        EmailTemplate.key.in_(_TEMPLATES.values())
    )
    templates = {row.key: row.id for row in uow.session.execute(query)}
    people = _people(uow, events)
    for event in events:
        notice = event.data
        reader = people.get(notice["user_id"])
        if reader is None or not (reader.active and reader.email):
            continue
        known = notice["entity"] in MODULES
        values: dict[str, Any] = {
            "to": [reader.email],
            "template_id": templates[_TEMPLATES[notice["reason"]]],
            "merge": _words(notice, reader.display_name, people),
            "related_entity": notice["entity"] if known else None,
            "related_id": event.subject if known else None,
            "owner_id": reader.user_id,
        }
        store.insert(uow.because_of(event), EMAIL, values, source=SYSTEM_SOURCE)


def _people(uow: UnitOfWork, events: Sequence[Event]) -> dict[str, Any]:
    """Everybody the notices are for or about, in one statement."""
    ids = {event.data["user_id"] for event in events}
    ids |= {done["actor_id"] for event in events for done in event.data["happened"]}
    query = select(principal).where(principal.c.user_id.in_(sorted(ids)))
    return {row.user_id: row for row in uow.session.execute(query)}


def _words(notice: dict[str, Any], name: str, people: dict[str, Any]) -> dict[str, Any]:
    """The merge fields of both templates."""
    names = {user_id: person.display_name for user_id, person in people.items()}
    changes = [
        {
            "who": names.get(done["actor_id"], "Tandem"),
            "what": done["fact"].replace("_", " "),
            "fields": ", ".join(field.replace("_", " ") for field in done["fields"]),
            "at": done["at"][:16].replace("T", " "),
        }
        for done in notice["happened"]
    ]
    parts = (notice["title"], notice["number"], notice["label"])
    return {
        "recipient": {"name": name},
        "record": {"name": " ".join(part for part in parts if part)},
        "changes": changes,
        "text": notice["text"] or "",
    }
