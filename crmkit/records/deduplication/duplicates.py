"""Records that must not exist twice: sets of fields in which no two may agree, module by module."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict
from pydantic import Field as Constraint
from sqlalchemy import ColumnElement, Text, cast, func, literal, select, union_all

from contracts.errors import FieldError, Problem, invalid
from crmkit.entity import Entity, Snapshot, per_entity
from crmkit.fields import Kind
from crmkit.records import access
from crmkit.records.tailoring import changing, indexes
from crmkit.unit_of_work import UnitOfWork

SETTING = "duplicates"
MOST_SETS = 5
MOST_FIELDS = 5
COMPARED = frozenset(
    {Kind.TEXT, Kind.EMAIL, Kind.PHONE, Kind.URL, Kind.SKYPE, Kind.PICKLIST, Kind.LINK}
)
"""What can be compared as people compare it: without regard to case and spaces."""

_SEPARATOR = 31


class DuplicateRule(BaseModel):
    """No two records outside the bin agree in all fields of one of `sets`; an empty one agrees
    with none. `on_conflict` is what an import does with a row for which there is a record already.
    """

    model_config = ConfigDict(extra="forbid")

    active: bool
    sets: Annotated[
        list[Annotated[list[str], Constraint(min_length=1, max_length=MOST_FIELDS)]],
        Constraint(max_length=MOST_SETS),
    ]
    on_conflict: Literal["refuse", "skip", "overwrite", "merge"] = "refuse"


def rule_of(entity: Entity) -> DuplicateRule:
    """What administrators have set, or else what the entity declares."""
    held = entity.tailoring.of_entity.get(SETTING)
    if held is not None:
        return DuplicateRule.model_validate(held)
    return DuplicateRule(active=bool(entity.no_two), sets=[list(names) for names in entity.no_two])


def readable(uow: UnitOfWork, entity: Entity) -> DuplicateRule:
    """The rule without the sets that name a field which profiles keep from the caller."""
    rule, whole, shown = rule_of(entity), uow.of(entity).fields, uow.shown(entity).fields
    kept = whole.keys() - shown.keys()
    return rule.model_copy(update={"sets": [s for s in rule.sets if kept.isdisjoint(s)]})


@per_entity
def enforced(entity: Entity) -> tuple[tuple[str, ...], ...]:
    """The sets of fields that are compared on every write; fields that are gone compare nothing."""
    rule = rule_of(entity)
    sets = rule.sets if rule.active else []
    return tuple(tuple(s) for s in sets if all(name in entity.own_fields for name in s))


def change(uow: UnitOfWork, entity: Entity, wish: DuplicateRule) -> dict[str, Any]:
    """Set the rule; records that agree already stay as they are. Raises Problem 422."""
    _refuse_unfit(entity, wish)
    begun = changing.begin(uow, entity)
    before, after = rule_of(begun.entity), wish.model_dump()
    begun.set_of_entity(SETTING, after)
    for position in range(MOST_SETS):
        names = wish.sets[position] if wish.active and position < len(wish.sets) else ()
        expression = key([entity.columns[name] for name in names]) if names else None
        indexes.keep_expression(uow, entity, f"{SETTING}_{position}", expression)
    begun.done(SETTING, before.model_dump(), after)
    return after


def check(uow: UnitOfWork, entity: Entity, record: Any, before: Snapshot) -> None:
    """Raise Problem 409 `duplicate` that names the records with which this one agrees.

    Who writes the same at the same time waits here for the other's end. What agreed before and has
    not changed is let be.
    """
    wanted = [names for names in enforced(entity) if _changed(entity, record, before, names)]
    if not wanted:
        return
    keys = [key([literal(_text(entity, record, n), Text) for n in names]) for names in wanted]
    with uow.session.no_autoflush:
        uow.session.execute(
            select(*(turn(entity, names, k) for names, k in zip(wanted, keys, strict=True)))
        )
        table = entity.model.__table__
        found = [
            select(
                literal(position).label("position"),
                table.c.id,
                table.c.number,
                access.visible(entity, uow.caller).label("seen"),
                func.concat_ws(" ", *(cast(entity.columns[n], Text) for n in entity.label)),
            )
            .where(
                key([entity.columns[name] for name in names]) == wanted_key,
                table.c.id != record.id,
                table.c.deleted_at.is_(None),
            )
            .limit(1)
            for position, (names, wanted_key) in enumerate(zip(wanted, keys, strict=True))
        ]
        rows = uow.session.execute(union_all(*found)).all()
    if rows:
        raise refusal(entity, wanted, rows)


def key(values: Sequence[ColumnElement[Any]]) -> ColumnElement[str]:
    """In SQL, what two records share that agree in these fields; null if one of them is empty."""
    joined: ColumnElement[Any] = normal(values[0])
    for value in values[1:]:
        joined = joined + func.chr(_SEPARATOR, type_=Text) + normal(value)
    return func.md5(joined)


def normal(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """Text without regard to case and spaces; null if nothing of it is left."""
    spaced = func.btrim(func.regexp_replace(cast(value, Text), "[[:space:]]+", " ", "g"))
    return func.nullif(func.lower(spaced), "")


def _changed(entity: Entity, record: Any, before: Snapshot, names: Sequence[str]) -> bool:
    values = [entity.get(record, name) for name in names]
    if any(value is None or value == "" for value in values):
        return False
    return any(before.get(name) != value for name, value in zip(names, values, strict=True))


def _text(entity: Entity, record: Any, name: str) -> str:
    return str(entity.get(record, name))


def turn(entity: Entity, names: Sequence[str], wanted: ColumnElement[str]) -> Any:
    """In SQL, wait for whoever writes a record with this key of the set `names`."""
    place = literal("/".join((entity.name, *names, "")), Text)
    return func.pg_advisory_xact_lock(func.hashtextextended(place + wanted, 0))


def refusal(entity: Entity, sets: Sequence[Sequence[str]], rows: Sequence[Any]) -> Problem:
    """What stands against a record that agrees with `rows`: (position, id, number, seen, label)."""
    one = entity.title.lower()
    errors = []
    known = []
    for position, record_id, number, seen, label in rows:
        who = f"{entity.title} {' '.join(filter(None, (number, label)))}" if seen else f"a {one}"
        detail = f"{who} has the same" if seen else f"{who} that you may not see has the same"
        errors += [FieldError(f"/{name}", "duplicate", detail) for name in sets[position]]
        if seen:
            known.append({"id": record_id, "number": number, "label": label})
    detail = f"There is such {'an' if one[0] in 'aeio' else 'a'} {one} already."
    return Problem(409, "duplicate", detail, errors=errors, extra={"duplicates": known})


def _refuse_unfit(entity: Entity, wish: DuplicateRule) -> None:
    errors = []
    for position, names in enumerate(wish.sets):
        for place, name in enumerate(names):
            at = f"/sets/{position}/{place}"
            field = entity.own_fields.get(name)
            if field is None:
                detail = f"{entity.name} has no field {name!r}"
                errors.append(FieldError(at, "unknown_field", detail))
            elif field.kind not in COMPARED:
                detail = f"a {field.kind} field is not compared"
                errors.append(FieldError(at, "not_compared", detail))
            elif name in names[:place]:
                errors.append(FieldError(at, "named_twice", "is named twice"))
    if errors:
        raise invalid(errors)
