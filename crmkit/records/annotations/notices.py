"""What one person is told of one record, if they see it at that moment; it leaves as an event."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import select

from contracts.caller import Caller
from contracts.events.notices import Happening, NoticeGiven
from crmkit.entity import Entity
from crmkit.records import access
from crmkit.records.reading import rendering
from crmkit.records.relations import naming
from crmkit.unit_of_work import UnitOfWork


def happening(write: Mapping[str, Any]) -> Happening:
    """A row of history as a notice tells of it."""
    fields = tuple(sorted(write["changes"]))
    return Happening(write["fact"], write["actor_id"], write["at"].isoformat(), fields)


def give(  # noqa: PLR0917 - who is told what of which record, and why
    uow: UnitOfWork,
    entity: Entity,
    record_id: str,
    reader: Caller,
    reason: str,
    happened: Sequence[Happening],
    *,
    text: str | None = None,
) -> bool:
    """Tell `reader` of the record; whether they see it, and so were told.

    Fields that their profile hides are not named, and a change of nothing else is no news to them.
    """
    hidden = replace(uow, caller=reader).shown(entity).tailoring.hidden
    told = [
        replace(one, fields=tuple(n for n in one.fields if n not in hidden)) for one in happened
    ]
    told = [now for now, was in zip(told, happened, strict=True) if now.fields or not was.fields]
    if happened and not told:
        return False
    table = entity.model.__table__
    query = select(table.c.number, naming.label(entity).label("label")).where(
        table.c.id == record_id, access.visible(entity, reader)
    )
    record = uow.session.execute(query).one_or_none()
    if record is None:
        return False
    notice = NoticeGiven(
        user_id=reader.user_id,
        reason=reason,
        entity=entity.name,
        plural=entity.plural,
        title=entity.title,
        number=record.number,
        label=record.label,
        happened=tuple(told),
        text=text,
    )
    uow.tell("notice", record_id, "given", 1, rendering.to_json_types(asdict(notice)))
    return True
