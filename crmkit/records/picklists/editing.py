"""The picklist editor: an administrator adds, renames, colours, orders and takes out values."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select

from contracts.errors import FieldError, Problem, invalid, not_found, refused
from crmkit.choices import Choice, Picklist, Replacement, Traits
from crmkit.entity import Entity
from crmkit.records.picklists import dependencies, keeping, lists, moving
from crmkit.records.picklists.wishes import NewValue, ValueChange
from crmkit.records.principals import role
from crmkit.records.tailoring import changing
from crmkit.records.tailoring.changing import Change
from crmkit.records.writing import validation
from crmkit.unit_of_work import UnitOfWork

CHANGED = "picklist_changed"


def add(uow: UnitOfWork, entity: Entity, name: str, wish: NewValue) -> Entity:
    """A new value, last unless `before` names the one it is to stand before.

    Like all that follow: answers the entity as it is then; raises Problem 404, 409, 422.
    """
    change, picklist = _begin(uow, entity, name)
    _not_fixed(change.entity, name)
    _free(picklist, wish.value)
    choice = Choice(
        wish.value,
        wish.colour or "",
        _roles(uow, picklist, wish.roles),
        _traits(picklist, wish.traits, None),
    )
    choices = list(picklist.choices)
    position = len(choices)
    if wish.before is not None:
        position = choices.index(_named(picklist, wish.before, "/before"))
    choices.insert(position, choice)
    changed = replace(picklist, choices=tuple(choices), replaced=_ended(uow, picklist, wish.value))
    return keeping.keep(change, name, changed, CHANGED)


def alter(uow: UnitOfWork, entity: Entity, name: str, value: str, wish: ValueChange) -> Entity:
    """Another name (records follow), colour, roles or traits; what is not sent stays."""
    change, picklist = _begin(uow, entity, name)
    held = _held(picklist, value)
    sent = wish.model_fields_set
    if sent - {"colour"}:
        _not_fixed(change.entity, name)
    changed = replace(
        held,
        colour=(wish.colour or "") if "colour" in sent else held.colour,
        roles=_roles(uow, picklist, wish.roles) if "roles" in sent else held.roles,
        traits=_traits(picklist, wish.traits, held) if "traits" in sent else held.traits,
    )
    if _unlike(picklist, changed, held):
        detail = f"what {value} decides about them cannot change any more."
        _unused(change, name, value, detail)
    if wish.value is None or wish.value == value:
        choices = _swapped(picklist, value, changed)
        return keeping.keep(change, name, replace(picklist, choices=choices), CHANGED)
    _not_relied_on(picklist, value)
    _free(picklist, wish.value, instead_of=value)
    renamed = replace(
        picklist,
        choices=_swapped(picklist, value, replace(changed, value=wish.value)),
        replaced=_ended(uow, picklist, wish.value),
    )
    return _replace(change, name, renamed, Replacement(value, wish.value, uow.at))


def remove(uow: UnitOfWork, entity: Entity, name: str, value: str, new: str | None) -> Entity:
    """Take a value out; records that have it get `new`, which one in use must be given."""
    change, picklist = _begin(uow, entity, name)
    _not_fixed(change.entity, name)
    held = _held(picklist, value)
    _not_relied_on(picklist, value)
    others = tuple(choice for choice in picklist.choices if choice is not held)
    if not others:
        raise refused("last_value", "A picklist keeps at least one value.")
    field = change.entity.own_fields[name]
    if new is not None:
        if new == value:
            raise invalid([FieldError("/replacement", "same_value", "is the value itself")])
        if trait := _unlike(picklist, _named(picklist, new, "/replacement"), held):
            detail = f"differs from {value} in its {trait}, by which records were written"
            raise invalid([FieldError("/replacement", "not_alike", detail)])
    elif value == field.default:
        raise refused("value_in_use", f"New records begin with {value}: name its replacement.")
    else:
        _unused(change, name, value, "name its replacement.")
        # Somebody may be writing it at this very moment, and the field may have to hold something.
        new = field.default or (others[0].value if field.required else None)
    left = replace(picklist, choices=others)
    return _replace(change, name, left, Replacement(value, new, uow.at))


def arrange(uow: UnitOfWork, entity: Entity, name: str, order: Sequence[str]) -> Entity:
    """All values in another order."""
    change, picklist = _begin(uow, entity, name)
    by_name = {choice.value: choice for choice in picklist.choices}
    errors = []
    for position, value in enumerate(order):
        if value not in by_name:
            detail = f"{value!r} is no value of {name}"
            errors.append(FieldError(f"/values/{position}", "unknown_value", detail))
        elif value in order[:position]:
            errors.append(FieldError(f"/values/{position}", "duplicate", "is named twice"))
    if missing := [value for value in by_name if value not in order]:
        errors.append(FieldError("/values", "incomplete", f"lacks {', '.join(missing)}"))
    if errors:
        raise invalid(errors)
    choices = tuple(by_name[value] for value in order)
    return keeping.keep(change, name, replace(picklist, choices=choices), CHANGED)


def _begin(uow: UnitOfWork, entity: Entity, name: str) -> tuple[Change, Picklist]:
    """The picklist as the last administrator has left it; a job that was stopped goes on."""
    lists.of(entity, name)
    change = changing.begin(uow, entity)
    picklist = lists.of(change.entity, name)
    return change, replace(
        picklist,
        version=picklist.version + 1,
        replaced=tuple(moving.resumed(change, name, one) for one in picklist.replaced),
    )


def _replace(change: Change, name: str, picklist: Picklist, one: Replacement) -> Entity:
    """Let records have the new value: to whoever looks from now on, in fact by and by."""
    for other in picklist.moving:
        if other.new == one.old:
            raise _still_following(other)
    dependencies.follow(change, name, one.old, one.new)
    job_id = moving.start(change, name, one.old, one.new)
    followed = (*picklist.replaced, replace(one, job_id=job_id))
    return keeping.keep(change, name, replace(picklist, replaced=followed), moving.RENAMED)


def _ended(uow: UnitOfWork, picklist: Picklist, value: str) -> tuple[Replacement, ...]:
    """A name that is taken again no longer stands for what had replaced it."""
    return tuple(
        replace(one, until=uow.at) if one.old == value and one.until is None else one
        for one in picklist.replaced
    )


def _swapped(picklist: Picklist, value: str, choice: Choice) -> tuple[Choice, ...]:
    return tuple(choice if held.value == value else held for held in picklist.choices)


def _find(picklist: Picklist, value: str) -> Choice | None:
    return next((choice for choice in picklist.choices if choice.value == value), None)


def _held(picklist: Picklist, value: str) -> Choice:
    found = _find(picklist, value)
    if found is None:
        raise not_found(f"The picklist has no value {value!r}.")
    return found


def _named(picklist: Picklist, value: str, pointer: str) -> Choice:
    found = _find(picklist, value)
    if found is None:
        detail = f"the picklist has no value {value!r}"
        raise invalid([FieldError(pointer, "unknown_value", detail)])
    return found


def _free(picklist: Picklist, value: str, *, instead_of: str = "") -> None:
    """Raise Problem 422 for a name that is taken, in whatever case; 409 while it is being left."""
    taken = {name.casefold() for name in picklist.names if name != instead_of}
    if value.casefold() in taken:
        raise invalid([FieldError("/value", "not_unique", "the picklist has this value already")])
    for one in picklist.moving:
        if one.old == value:
            raise _still_following(one)


def _still_following(one: Replacement) -> Problem:
    detail = f"Records are still changing from {one.old} to {one.new}; wait until they have."
    return refused("records_following", detail, job_id=one.job_id)


def _not_fixed(entity: Entity, name: str) -> None:
    if entity.own_fields[name].fixed:
        raise refused("picklist_fixed", f"The values of {name} are the program's own.")


def _not_relied_on(picklist: Picklist, value: str) -> None:
    if value in picklist.protected:
        detail = f"The program relies on {value}: it can be neither renamed nor deleted."
        raise refused("value_protected", detail)


def _unused(change: Change, name: str, value: str, detail: str) -> None:
    if moving.in_use(change.uow, change.entity, name, value):
        raise refused("value_in_use", f"Records have {value}: {detail}")


def _unlike(picklist: Picklist, one: Choice, other: Choice) -> str:
    """The first lasting trait in which they differ; empty if in none."""
    for trait in picklist.carries.lasting if picklist.carries else ():
        if getattr(one.traits, trait) != getattr(other.traits, trait):
            return trait
    return ""


def _roles(uow: UnitOfWork, picklist: Picklist, wanted: Sequence[str]) -> tuple[str, ...]:
    if wanted and not picklist.role_based:
        detail = "this list is the same for all roles"
        raise invalid([FieldError("/roles", "not_role_based", detail)])
    known = uow.session.scalars(
        select(role.c.role_id).where(role.c.role_id.in_(wanted), role.c.path != "")
    ).all()
    errors = [
        FieldError(f"/roles/{position}", "unknown_value", "there is no such role")
        for position, one in enumerate(wanted)
        if one not in known
    ]
    if errors:
        raise invalid(errors)
    return tuple(dict.fromkeys(wanted))


def _traits(picklist: Picklist, sent: dict[str, Any] | None, held: Choice | None) -> Traits | None:
    """What was sent over what the value has; its own defaults where it has nothing yet."""
    if picklist.carries is None:
        if sent:
            detail = "values of this list carry no traits"
            raise invalid([FieldError("/traits", "unknown_field", detail)])
        return None
    known = held.traits.model_dump() if held is not None and held.traits is not None else {}
    try:
        return picklist.carries.model_validate(known | (sent or {}))
    except ValidationError as failure:
        raise invalid(validation.field_errors(failure, at="/traits")) from None
