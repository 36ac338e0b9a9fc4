"""What a renamed value changes here: the sums kept under its old name."""

from collections.abc import Sequence

from sqlalchemy import select, text

from contracts.events.base import Event
from crmkit.records import projection
from crmkit.records.reading.rendering import to_json
from crmkit.unit_of_work import UnitOfWork
from services.reporting.picklists import EXCLUSIVE, Renames, picklist_copy, renamed
from services.reporting.projections import SUMMARISED, fact
from services.reporting.summaries import Differences


def apply_picklists(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Take in what is newer than what is known, and move the sums of values that were replaced.

    The sums are always those of all facts in the names that are known, so that neither the order
    of events nor their repetition matters. Nothing else is summed up meanwhile.
    """
    uow.session.execute(EXCLUSIVE)
    newest: dict[str, Event] = {}
    for event in events:
        key = f"{event.data['entity']}.{event.data['field']}"
        if key not in newest or newest[key].version < event.version:
            newest[key] = event
    for key, event in sorted(newest.items()):
        _apply(uow, key, event)


def _apply(uow: UnitOfWork, key: str, event: Event) -> None:
    entity, field, replaced = (event.data[name] for name in ("entity", "field", "replaced"))
    held = uow.session.execute(select(picklist_copy).where(picklist_copy.c.entity == entity)).all()
    known = {row.picklist: row for row in held}.get(key)
    if known is not None and known.version >= event.version:
        return
    row = {
        "picklist": key,
        "entity": entity,
        "field": field,
        "choices": [choice["value"] for choice in event.data["values"]],
        "replaced": replaced,
        "version": event.version,
    }
    projection.keep(uow.session, picklist_copy, [row])
    before = known.replaced if known is not None else []
    for one in replaced[len(before) :]:
        _merge(uow, key, one["old"], one["new"])
    merged = [*before, *({**one, "until": None} for one in replaced[len(before) :])]
    others = {row.field: row.replaced for row in held}
    _part(uow, entity, {**others, field: merged}, {**others, field: replaced}, field)


def _merge(uow: UnitOfWork, key: str, old: str, new: str) -> None:
    """Add what was summed up under the old name to the new one's."""
    for summary, _ in SUMMARISED:
        if summary.picklists.get(key):
            uow.session.execute(text(summary.merge(summary.picklists[key])), {"o": old, "n": new})


def _part(uow: UnitOfWork, entity: str, merged: Renames, now: Renames, field: str) -> None:
    """Give a value that took an old name what had been told of it before this was known here."""
    parted = [
        one
        for was, one in zip(merged[field], now[field], strict=True)
        if was["until"] != one["until"]
    ]
    if not parted:
        return
    told = (
        select(fact.c.state, fact.c.told_at)
        .where(fact.c.entity == entity, fact.c.deleted.is_(False))
        .where(fact.c.state[field].astext.in_([one["old"] for one in now[field]]))
        .where(fact.c.told_at >= min(one["until"] for one in parted))
    )
    differences = [Differences() for _ in SUMMARISED]
    for state, told_at in uow.session.execute(told).all():
        for (_, contribution), difference in zip(SUMMARISED, differences, strict=True):
            difference.count(contribution(entity, renamed(state, told_at, merged)), -1)
            difference.count(contribution(entity, renamed(state, told_at, now)), 1)
    for (summary, _), difference in zip(SUMMARISED, differences, strict=True):
        if changed := summary.changed(difference):
            uow.session.execute(text(summary.add), {summary.table.name: to_json(changed).decode()})
