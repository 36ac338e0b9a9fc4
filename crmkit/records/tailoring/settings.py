"""What administrators may set of any field, declared or their own; what code relies on stays."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError
from pydantic import Field as Constraint

from contracts.errors import FieldError, invalid
from crmkit import custom
from crmkit.entity import Entity
from crmkit.fields import Field, Kind
from crmkit.records.tailoring import indexes, layout, unique
from crmkit.records.tailoring.changing import Change
from crmkit.records.tailoring.languages import Labels
from crmkit.records.writing.value_types import adapter

_WITHOUT_DEFAULT = frozenset({Kind.LINK, Kind.JSON, Kind.DATETIME})
_NEVER_UNIQUE = frozenset({Kind.BOOLEAN, Kind.LONG_TEXT, Kind.JSON, Kind.MULTISELECT})
LONGEST_UNIQUE = 500
"""Characters: an entry of an index has at most 2,704 bytes."""


class FieldSettings(BaseModel):
    """A change of a field's settings: null sets one back to what the field came with.

    `labels` and `help` are by language. `block` and `position` say where the layout has the field.
    `quick_create`, `summary` and `header` say in which short forms it is, `display` what forms do
    with it; `default` is for new records. What is `personal` is emptied when its person is erased.
    """

    model_config = ConfigDict(extra="forbid")

    labels: Labels | None = None
    help: Labels | None = None
    required: bool | None = None
    default: Any = None
    unique: bool | None = None
    mass_editable: bool | None = None
    quick_create: bool | None = None
    summary: bool | None = None
    header: bool | None = None
    display: Literal["shown", "read_only", "hidden"] | None = None
    personal: bool | None = None
    block: Annotated[str, StringConstraints(max_length=50)] | None = None
    position: Annotated[int, Constraint(ge=1)] | None = None


def change(begun: Change, name: str, wish: FieldSettings) -> None:
    """Set what `wish` names. Raises Problem 422 for what cannot be, 409 for values not unique."""
    entity = begun.entity
    field = entity.fields[name]
    given = wish.model_dump(exclude_unset=True)
    place = {word: given.pop(word) for word in ("block", "position") if word in given}
    if name in entity.own_fields:
        errors = [*_flaws(entity, name, given)]
    else:
        words = ("required", "default", "unique", "personal")
        errors = [_relied_on(word) for word in words if given.get(word)]
    if given.get("default") is not None and not errors:
        errors += _read_default(field, given)
    if errors:
        raise invalid(errors)
    begun.set_of_field(name, given)
    if "unique" in given:
        wanted = bool(given["unique"])
        if wanted and not field.unique:
            unique.require_no_duplicates(begun.uow, entity, name)
        indexes.keep_unique(begun.uow, entity, name, wanted=wanted)
    if place:
        layout.place(begun, name, **place)


def _flaws(entity: Entity, name: str, given: Mapping[str, Any]) -> Iterator[FieldError]:
    declared = entity.declared(name)
    field = entity.fields[name]
    if declared.read_only:
        for word in ("required", "default", "unique"):
            if given.get(word):
                yield FieldError(f"/{word}", "read_only", "nobody writes into this field")
        return
    for word in ("required", "unique", "personal"):
        if given.get(word) is False and getattr(declared, word):
            yield _relied_on(word)
    if given.get("required") and declared.kind is Kind.BOOLEAN:
        yield FieldError("/required", "invalid", "a box that must be ticked says nothing")
    too_long = (declared.max_length or 0) > LONGEST_UNIQUE
    can_be_unique = not too_long and declared.kind not in _NEVER_UNIQUE
    if given.get("unique") and not can_be_unique:
        yield FieldError("/unique", "invalid", f"this {declared.kind} field cannot be unique")
    if given.get("default") is not None and declared.kind in _WITHOUT_DEFAULT:
        yield FieldError("/default", "invalid", f"a {declared.kind} field has no default")
    default = given.get("default", field.default)
    if can_be_unique and given.get("unique", field.unique) and default is not None:
        yield FieldError("/default", "invalid", "the same value for everybody is not unique")


def _relied_on(word: str) -> FieldError:
    return FieldError(f"/{word}", "relied_on", "the program relies on this as it is")


def _read_default(field: Field, given: dict[str, Any]) -> Iterator[FieldError]:
    """Put the default in as it is kept; what is wrong with it."""
    try:
        value = adapter(field).validate_python(given["default"])
    except ValidationError as failure:
        yield FieldError("/default", "invalid", failure.errors()[0]["msg"])
    else:
        given["default"] = None if value is None else custom.encoded(field, value)


def current(entity: Entity, name: str) -> dict[str, Any]:
    """What is set of the field now, as `FieldSettings` has it; for the journal."""
    settings = dict(entity.tailoring.of_fields.get(name, {}))
    return settings | layout.place_of(entity, name)
