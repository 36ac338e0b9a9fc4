"""Everything a service keeps of a person, as one document to be handed to the person."""

from collections import Counter
from typing import Any

from sqlalchemy import select

from crmkit.entity import Entity
from crmkit.records import store
from crmkit.records.annotations.comments.threads import comment
from crmkit.records.history import history
from crmkit.records.privacy import beside, finding
from crmkit.records.privacy.erasing import Item
from crmkit.records.privacy.finding import Person
from crmkit.records.reading import rendering
from crmkit.unit_of_work import UnitOfWork


def gather(uow: UnitOfWork, person: Person) -> tuple[list[dict[str, Any]], list[Item]]:
    """The records, and how many of each entity.

    Of the person's own all is shown, with what was said of them and when they were written; of
    others what names them and what in them tells of a person.
    """
    records, items = [], []
    for found in finding.find(uow, person):
        ids = sorted({*found.own, *found.about, *found.hold})
        items.append(Item(found.entity.name, "exported", len(ids)))
        for record_id, record in store.lock(uow, found.entity, ids).items():
            shown = _shown(found.entity, record, whole=record_id in found.own)
            if record_id in found.own:
                shown |= _beside(uow, record_id)
            records.append(shown)
        rows = beside.gather(uow, found.entity, found.own)
        counted = Counter(row["entity"] for row in rows)
        items += [Item(table, "exported", count) for table, count in counted.items()]
        records += rows
    return rendering.to_json_types(records), items


def _shown(entity: Entity, record: Any, *, whole: bool) -> dict[str, Any]:
    state = rendering.state(entity, record)
    names = {"created_at", "modified_at", *finding.personal_fields(entity)}
    values = {name: value for name, value in state.items() if whole or name in names}
    about = {"entity": entity.name, "id": record.id, "number": record.number}
    return {**about, "label": entity.label_of(state), "values": values}


def _beside(uow: UnitOfWork, record_id: str) -> dict[str, Any]:
    said = select(comment.c.created_at, comment.c.body).where(
        comment.c.record_id == record_id, comment.c.body.is_not(None), ~comment.c.private
    )
    written = select(history.c.at, history.c.fact, history.c.changes).where(
        history.c.record_id == record_id
    )
    comments = uow.session.execute(said.order_by(comment.c.id))
    writes = uow.session.execute(written.order_by(history.c.seq))
    return {
        "comments": [{"at": at, "body": body} for at, body in comments],
        "history": [{"at": at, "fact": fact, "changes": made} for at, fact, made in writes],
    }
