"""Dependencies: what one picklist says limits what another one may say."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict
from pydantic import Field as Constraint

from contracts.errors import FieldError, invalid, json_pointer
from crmkit.entity import Entity
from crmkit.fields import Kind
from crmkit.records.tailoring import changing
from crmkit.unit_of_work import UnitOfWork

SETTING = "picklist_dependencies"
_PICKLISTS = frozenset({Kind.PICKLIST, Kind.MULTISELECT})


class Dependency(BaseModel):
    """Where `source` has a value named in `allowed`, `target` has one of those listed there."""

    model_config = ConfigDict(extra="forbid")
    source: str
    target: str
    allowed: Annotated[dict[str, list[str]], Constraint(max_length=1000)]


class Dependencies(BaseModel):
    """All that an entity has."""

    model_config = ConfigDict(extra="forbid")
    dependencies: Annotated[list[Dependency], Constraint(max_length=100)]


def of(entity: Entity) -> list[Dependency]:
    """As administrators have set them."""
    return [Dependency(**one) for one in entity.tailoring.of_entity.get(SETTING, ())]


def several(value: Any) -> Sequence[str]:
    """The values of a picklist field, however many it may hold."""
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)


def broken(entity: Entity, values: Mapping[str, Any], record: Any) -> Iterator[FieldError]:
    """Both fields of each dependency that `values`, set on `record`, would not keep."""

    def held(name: str) -> Any:
        if name in values or record is None:
            return values.get(name)
        return entity.get(record, name)

    for one in of(entity):
        source = held(one.source)
        if not values.keys() & {one.source, one.target} or source not in one.allowed:
            continue
        for target in several(held(one.target)):
            if target not in one.allowed[source]:
                detail = f"{one.target} {target} does not go with {one.source} {source}"
                yield FieldError(f"/{one.target}", "not_allowed_together", detail)
                yield FieldError(f"/{one.source}", "not_allowed_together", detail)


def put(uow: UnitOfWork, entity: Entity, wanted: Sequence[Dependency]) -> Entity:
    """Set all dependencies of an entity, and answer it with them; what records have may stay.

    Raises Problem 422 that names every unknown field and value, and whatever closes a circle.
    """
    change = changing.begin(uow, entity)
    entity = change.entity
    errors = [error for n, one in enumerate(wanted) for error in _wrong(entity, n, one)]
    errors += _twice(wanted)
    if not errors:
        errors += _circles(wanted)
    if errors:
        raise invalid(errors)
    before = {"dependencies": _stored(of(entity))}
    change.set_of_entity(SETTING, _stored(wanted))
    return change.done("picklist-dependencies", before, {"dependencies": _stored(wanted)})


def follow(change: changing.Change, name: str, old: str, new: str | None) -> None:
    """Let `new` stand for the value `old` of the field `name`, wherever it is named."""
    held = of(change.entity)
    changed = [_following(one, name, old, new) for one in held]
    if changed != held:
        change.set_of_entity(SETTING, _stored(changed))


def _stored(wanted: Sequence[Dependency]) -> list[dict[str, Any]]:
    return [one.model_dump() for one in wanted]


def _following(one: Dependency, name: str, old: str, new: str | None) -> Dependency:
    allowed = dict(one.allowed)
    if one.source == name and old in allowed:
        # A replacement that is limited already stays so.
        kept = allowed.pop(old)
        if new is not None:
            allowed.setdefault(new, kept)
    if one.target == name:
        allowed = {source: _replaced(targets, old, new) for source, targets in allowed.items()}
    return one.model_copy(update={"allowed": allowed})


def _replaced(values: Sequence[str], old: str, new: str | None) -> list[str]:
    renamed = (new if value == old else value for value in values)
    return list(dict.fromkeys(value for value in renamed if value is not None))


def _wrong(entity: Entity, position: int, one: Dependency) -> Iterator[FieldError]:
    at = f"/dependencies/{position}"
    fields = {}
    for end, name in (("source", one.source), ("target", one.target)):
        field = entity.own_fields.get(name)
        if field is None or field.kind not in _PICKLISTS:
            detail = f"{entity.name} has no picklist {name!r}"
            yield FieldError(f"{at}/{end}", "unknown_field", detail)
        elif end == "source" and field.kind is Kind.MULTISELECT:
            detail = "a field that holds several values limits no other"
            yield FieldError(f"{at}/{end}", "invalid", detail)
        else:
            fields[end] = field
    for source, targets in one.allowed.items():
        pointer = f"{at}/allowed{json_pointer(source)}"
        if "source" in fields and source not in fields["source"].choices:
            yield FieldError(pointer, "unknown_value", f"{one.source} has no value {source!r}")
        if "target" in fields:
            for n, target in enumerate(targets):
                if target not in fields["target"].choices:
                    detail = f"{one.target} has no value {target!r}"
                    yield FieldError(f"{pointer}/{n}", "unknown_value", detail)


def _twice(wanted: Sequence[Dependency]) -> Iterator[FieldError]:
    seen = set()
    for position, one in enumerate(wanted):
        pair = (one.source, one.target)
        if pair in seen:
            detail = "this pair of fields has a dependency already"
            yield FieldError(f"/dependencies/{position}", "duplicate", detail)
        seen.add(pair)


def _circles(wanted: Sequence[Dependency]) -> Iterator[FieldError]:
    for position, one in enumerate(wanted):
        if one.source in _reached(one.target, wanted):
            detail = f"{one.target} already limits {one.source}"
            yield FieldError(f"/dependencies/{position}", "cycle", detail)


def _reached(start: str, wanted: Sequence[Dependency]) -> set[str]:
    """`start`, and the fields that it limits at any distance."""
    found = {start}
    size = 0
    while size < len(found):
        size = len(found)
        found |= {one.target for one in wanted if one.source in found}
    return found
