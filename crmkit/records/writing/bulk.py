"""Records written by the hundred: one statement for all of them, and an event for each."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    Boolean,
    Date,
    DateTime,
    Integer,
    Numeric,
    Text,
    Time,
    Uuid,
    event,
    text,
)
from sqlalchemy import insert as insert_into
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError

from contracts.errors import Problem
from crmkit import custom
from crmkit.entity import Entity, per_entity
from crmkit.records import store
from crmkit.records.deduplication import agreement
from crmkit.records.reading import rendering
from crmkit.records.writing import conflicts, numbering, telling
from crmkit.unit_of_work import UnitOfWork, new_id

_WRITTEN_AS_JSON = (Boolean, Date, DateTime, Integer, JSONB, Numeric, Text, Time, Uuid)


class _OneByOne(Exception):  # noqa: N818 - what is to be done
    """The records must be written one after the other."""


def insert(entity: Entity, rows: Sequence[tuple[UnitOfWork, Mapping[str, Any]]]) -> None:
    """New records without lines, each in the name of its own unit of work of one transaction.

    For values the suite has computed: no rule is asked, no link checked, no number given.
    """
    if not rows:
        return
    entity = rows[0][0].of(entity)
    records = [{**_system(uow), **values} for uow, values in rows]
    table = entity.model.__table__
    rows[0][0].session.execute(insert_into(table), [entity.packed(r) for r in records])
    for (uow, _), record in zip(rows, records, strict=True):
        telling.tell(uow, entity, "created", before={}, after=record)


def _system(uow: UnitOfWork) -> dict[str, Any]:
    return {
        "id": new_id(),
        "version": 1,
        "created_at": uow.at,
        "modified_at": uow.at,
        "created_by": uow.caller.user_id,
        "modified_by": uow.caller.user_id,
        "source": "CRM",
    }


def create(
    uow: UnitOfWork, entity: Entity, given: Sequence[Mapping[str, Any]], *, source: str
) -> list[str | Problem] | None:
    """New records from values that were read and links that were checked: each one's id or refusal.

    Derivations, rules, unique values, duplicates and numbers are those of single records. None,
    and nothing has been done, when these records can only be made one by one: they have lines,
    their rules look at what is stored, or PostgreSQL itself stands against one of them.
    """
    entity = uow.of(entity)
    columns = _columns(entity)
    if columns is None:
        return None
    outcomes: list[str | Problem] = [""] * len(given)
    drafts: dict[int, Any] = {}
    try:
        with uow.attempt():
            with _asking_nothing(uow):
                for place, values in enumerate(given):
                    draft = _draft(uow, entity, values, source)
                    try:
                        store.obey(uow, entity, draft, {})
                    except Problem as problem:
                        outcomes[place] = problem
                    else:
                        drafts[place], outcomes[place] = draft, draft.id
            for place, refusal in agreement.refusals(uow, entity, drafts).items():
                outcomes[place] = refusal
                del drafts[place]
            _insert(uow, entity, columns, list(drafts.values()))
    except _OneByOne:
        return None
    except DBAPIError as error:
        if conflicts.refusal_of(uow, error) is None:
            raise
        return None
    return outcomes


def _draft(uow: UnitOfWork, entity: Entity, values: Mapping[str, Any], source: str) -> Any:
    """A record for derivations and rules to look at and work on, which no session ever sees.

    So nobody need notice its values being set, which would cost more than all the rest.
    """
    draft = entity.model()
    row = store.new_row(uow, entity, values, source=source)
    draft.__dict__.update({**dict.fromkeys(_columns(entity) or ()), **_defaults(entity), **row})
    return draft


def _insert(uow: UnitOfWork, entity: Entity, columns: Sequence[str], drafts: Sequence[Any]) -> None:
    if not drafts:
        return
    if entity.prefix:
        numbers = numbering.take_many(uow, entity, len(drafts))
        for draft, number in zip(drafts, numbers, strict=True):
            draft.number = number
    rows = [{name: draft.__dict__[name] for name in columns} for draft in drafts]
    table = entity.model.__table__.name
    names = ", ".join(f'"{name}"' for name in columns)
    # Table and columns are those of our own models.
    statement = (
        f'INSERT INTO "{table}" ({names}) SELECT {names} FROM '  # noqa: S608
        f'jsonb_populate_recordset(CAST(NULL AS "{table}"), CAST(:rows AS jsonb))'
    )
    uow.session.execute(text(statement), {"rows": rendering.to_json(rows).decode()})
    for row in rows:
        telling.tell(uow, entity, "created", before={}, after=_state(entity, row))


def _state(entity: Entity, row: Mapping[str, Any]) -> dict[str, Any]:
    state = {name: row[name] for name in entity.stored}
    for name, field in entity.tailoring.custom.items():
        state[name] = custom.get(row["custom"], field)
    return state


@per_entity
def _columns(entity: Entity) -> tuple[str, ...] | None:
    """The columns a new record is written into; None if not all of them can be sent as JSON."""
    columns = [c for c in entity.model.__table__.c if c.computed is None]
    plain = all(isinstance(c.type, _WRITTEN_AS_JSON) and _default_is_plain(c) for c in columns)
    return tuple(c.name for c in columns) if plain and entity.line_model is None else None


def _default_is_plain(column: Any) -> bool:
    """Whether what stands in the column by default is known without asking anybody."""
    if column.name == "custom":
        return True
    default = column.default
    return column.server_default is None and (default is None or default.is_scalar)


@per_entity
def _defaults(entity: Entity) -> Mapping[str, Any]:
    """What Python puts into columns that a new record leaves out."""
    columns = (c for c in entity.model.__table__.c if c.default is not None)
    return {c.name: c.default.arg for c in columns if c.default.is_scalar}


@contextmanager
def _asking_nothing(uow: UnitOfWork) -> Iterator[None]:
    """Raise _OneByOne when the block asks the database anything, or has anything to tell it.

    What one record's rules read, another of the same block may be about to change.
    """

    def asked(_: Any) -> None:
        raise _OneByOne

    told = len(uow.facts)
    event.listen(uow.session, "do_orm_execute", asked)
    try:
        yield
    finally:
        event.remove(uow.session, "do_orm_execute", asked)
    if uow.session.new or uow.session.dirty or uow.session.deleted or len(uow.facts) > told:
        raise _OneByOne
