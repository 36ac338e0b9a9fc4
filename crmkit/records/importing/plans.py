"""A plan held against entity and file: what is wrong with it, or how to read a row by it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contracts.errors import FieldError, Problem, invalid
from crmkit.entity import Entity
from crmkit.fields import Kind
from crmkit.records.deduplication import duplicates
from crmkit.records.deduplication.agreement import Fields
from crmkit.records.importing import cells
from crmkit.records.importing.shapes import OnMatch, Plan
from crmkit.records.relations import links
from crmkit.records.writing.validation import parse
from crmkit.sheets.hints import AMBIGUOUS
from crmkit.unit_of_work import UnitOfWork

KEYS = ("id", "number")
"""What the suite itself has written on a record, and by which a row may name it."""
_DAYS = frozenset({Kind.DATE, Kind.DATETIME})
_NUMBERS = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.MONEY, Kind.PERCENT})


@dataclass(frozen=True, slots=True)
class Column:
    """Where a field's value stands in a row; `read` makes of a cell what clients send.

    Of a link, `target` is the entity that `by` names a record of, and `read` is as for texts.
    """

    position: int
    field: str
    read: cells.Read
    target: str = ""
    by: str = "auto"


@dataclass(frozen=True, slots=True)
class Settled:
    """A plan without anything left open. `sets` are the sets of fields by which records agree."""

    columns: Sequence[Column]
    width: int
    defaults: Mapping[str, Any]
    constants: Mapping[str, Any]
    sets: Sequence[Fields]
    on_match: OnMatch
    clear_empty: bool


def settle(uow: UnitOfWork, entity: Entity, found: Mapping[str, Any], plan: Plan) -> Settled:
    """The plan for the file in which `found` was found. Raises Problem 422 for every bad field."""
    errors = [*_flaws(entity, found, plan)]
    errors += _values_flaws(uow, entity, "defaults", plan.defaults)
    errors += _values_flaws(uow, entity, "constants", plan.constants)
    rule = duplicates.rule_of(entity)
    sets = [tuple(plan.match)] if plan.match else []
    on_match = plan.on_match
    if on_match is None:
        refuses = rule.on_conflict == "refuse"
        if refuses and (plan.match or plan.match_duplicates):
            errors.append(FieldError("/on_match", "required", "goes with what records agree in"))
        on_match = OnMatch.CREATE if refuses else OnMatch(rule.on_conflict)
        sets += [] if refuses else list(duplicates.enforced(entity))
    elif plan.match_duplicates:
        sets += list(duplicates.enforced(entity))
    if errors:
        raise invalid(errors)
    named = {name: n for n, name in enumerate(_names(found))}
    columns = [
        Column(
            named[one.column],
            one.field,
            cells.reader(
                entity.fields[one.field],
                dates=_format(one.dates or plan.dates, found, named[one.column], "dates") or "ymd",
                decimal=_format(one.decimal or plan.decimal, found, named[one.column], "decimal")
                or ".",
                zone=uow.caller.calendar.time_zone,
            ),
            _target(entity, one.field),
            one.by,
        )
        for one in plan.columns
    ]
    mapped = {column.field for column in columns} | plan.constants.keys() | plan.defaults.keys()
    compared = [s for s in dict.fromkeys(sets) if mapped.issuperset(s)]
    used = OnMatch.CREATE if not compared else on_match
    return Settled(
        columns,
        len(named),
        plan.defaults,
        plan.constants,
        [] if used is OnMatch.CREATE else compared,
        used,
        plan.clear_empty,
    )


def _target(entity: Entity, name: str) -> str:
    field = entity.fields[name]
    return field.target if field.kind is Kind.LINK and name not in KEYS else ""


def _names(found: Mapping[str, Any]) -> list[str]:
    names: list[str] = found["columns"]
    return names


def _format(wish: str, found: Mapping[str, Any], position: int, what: str) -> str | None:
    """How a column's days or numbers are written: as wished, or as its cells show."""
    seen: str | None = found["hints"][position][what]
    return seen if wish == "auto" else wish


def _flaws(entity: Entity, found: Mapping[str, Any], plan: Plan) -> Iterator[FieldError]:
    names = _names(found)
    fields: set[str] = set()
    for n, one in enumerate(plan.columns):
        at = f"/columns/{n}"
        if one.column not in names:
            yield FieldError(f"{at}/column", "unknown_value", "the file has no such column")
        if one.field in fields:
            yield FieldError(f"{at}/field", "named_twice", "gets its value from another column")
        fields.add(one.field)
        field = entity.fields.get(one.field)
        if field is None:
            detail = f"{entity.name} has no field {one.field!r}"
            yield FieldError(f"{at}/field", "unknown_field", detail)
        elif field.read_only and not (one.field in KEYS and one.field in plan.match):
            yield FieldError(f"{at}/field", "read_only", "is written by the suite alone")
        elif one.column in names:
            yield from _doubts(field.kind, found, names.index(one.column), plan, n)
    yield from _unfit(entity, plan, fields)
    given = fields | plan.defaults.keys() | plan.constants.keys()
    for name in () if plan.match else _needed(entity) - given:
        yield FieldError("/columns", "required", f"{name} must come from somewhere")


def _needed(entity: Entity) -> set[str]:
    """The fields that no new record can do without."""
    return {
        name
        for name, field in entity.own_fields.items()
        if field.required and field.default is None and not field.read_only
    }


def _doubts(
    kind: Kind, found: Mapping[str, Any], position: int, plan: Plan, n: int
) -> Iterator[FieldError]:
    one = plan.columns[n]
    dates = _format(one.dates or plan.dates, found, position, "dates")
    decimal = _format(one.decimal or plan.decimal, found, position, "decimal")
    if kind in _DAYS and dates == AMBIGUOUS:
        detail = "day and month can be read either way: say dmy, mdy or ymd"
        yield FieldError(f"/columns/{n}/dates", "ambiguous_format", detail)
    if kind in _NUMBERS and decimal == AMBIGUOUS:
        detail = "numbers can be read either way: say whether decimals follow . or ,"
        yield FieldError(f"/columns/{n}/decimal", "ambiguous_format", detail)


def _unfit(entity: Entity, plan: Plan, fields: set[str]) -> Iterator[FieldError]:
    """What records cannot be compared by."""
    given = fields | plan.constants.keys() | plan.defaults.keys()
    for n, name in enumerate(plan.match):
        at = f"/match/{n}"
        field = entity.fields.get(name)
        if field is None:
            yield FieldError(at, "unknown_field", f"{entity.name} has no field {name!r}")
        elif name in KEYS:
            if len(plan.match) > 1:
                yield FieldError(at, "invalid", "names the record by itself")
        elif field.kind not in duplicates.COMPARED or name not in entity.own_fields:
            yield FieldError(at, "not_compared", f"a {field.kind} field is not compared")
        if name not in given:
            yield FieldError(at, "required", f"{name} must come from somewhere")
    if plan.match and not entity.allows("edit") and plan.on_match not in {None, OnMatch.SKIP}:
        yield FieldError("/on_match", "invalid", "such records are never edited")


def _values_flaws(
    uow: UnitOfWork, entity: Entity, what: str, values: Mapping[str, Any]
) -> list[FieldError]:
    try:
        links.check(uow, entity, parse(entity, dict(values), partial=True))
    except Problem as problem:
        return [FieldError(f"/{what}{e.pointer}", e.code, e.detail) for e in problem.errors]
    return []
