"""How forms of an entity are laid out: blocks in an order, and in each of them fields in theirs."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic import Field as Constraint

from contracts.errors import FieldError, invalid
from crmkit.entity import SYSTEM_FIELDS, Entity
from crmkit.records.tailoring.changing import Change
from crmkit.records.tailoring.languages import Labels

SETTING = "layout"
_DETAILS = "details"
_RECORD = "record"


class Block(BaseModel):
    """A group of fields under a heading; `collapsed` until somebody opens it."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,49}$")]
    labels: Labels = {}
    collapsed: bool = False
    fields: Annotated[list[str], Constraint(max_length=1000)] = []


class Layout(BaseModel):
    """The blocks in their order. Fields that none of them names stand at the end of the last."""

    model_config = ConfigDict(extra="forbid")

    blocks: Annotated[list[Block], Constraint(min_length=1, max_length=100)]


def blocks_of(entity: Entity) -> list[dict[str, Any]]:
    """The blocks as they are: as administrators have laid them out, or the fields as declared."""
    held = entity.tailoring.of_entity.get(SETTING) or _declared(entity)
    named = {name for block in held for name in block["fields"]}
    blocks = [
        {**block, "fields": [name for name in block["fields"] if name in entity.fields]}
        for block in held
    ]
    blocks[-1]["fields"] += [name for name in _placed(entity) if name not in named]
    return blocks


def _declared(entity: Entity) -> list[dict[str, Any]]:
    own = [name for name, field in entity.own_fields.items() if not field.key]
    system = [name for name in SYSTEM_FIELDS if name != "id"]
    blocks = [(_RECORD, system), (_DETAILS, own)]
    return [{"name": n, "labels": {}, "collapsed": False, "fields": f} for n, f in blocks]


def _placed(entity: Entity) -> Iterator[str]:
    return (name for name in entity.fields if name != "id")


def set_layout(begun: Change, wish: Layout) -> None:
    """Lay the entity out like this. Raises Problem 422 for unknown fields, or twice the same."""
    errors: list[FieldError] = []
    blocks: set[str] = set()
    fields: set[str] = set()
    for at, block in enumerate(wish.blocks):
        if block.name in blocks:
            errors.append(FieldError(f"/blocks/{at}/name", "twice", "is the name of another block"))
        blocks.add(block.name)
        for position, name in enumerate(block.fields):
            pointer = f"/blocks/{at}/fields/{position}"
            if name not in begun.entity.fields or name == "id":
                errors.append(FieldError(pointer, "unknown_field", f"there is no field {name!r}"))
            elif name in fields:
                errors.append(FieldError(pointer, "twice", f"{name} is in a block already"))
            fields.add(name)
    if errors:
        raise invalid(errors)
    begun.set_of_entity(SETTING, [block.model_dump() for block in wish.blocks])


def place(begun: Change, name: str, block: str | None = None, position: int | None = None) -> None:
    """Move a field to a block, and within it to a position, 1 being the first; else to its end.

    Raises Problem 422 for a block that is not there.
    """
    blocks = [{**held, "fields": list(held["fields"])} for held in blocks_of(begun.entity)]
    target = block or place_of(begun.entity, name).get("block") or blocks[-1]["name"]
    found = [held for held in blocks if held["name"] == target]
    if not found:
        raise invalid([FieldError("/block", "unknown_value", f"there is no block {target!r}")])
    for held in blocks:
        held["fields"] = [one for one in held["fields"] if one != name]
    fields = found[0]["fields"]
    fields.insert(len(fields) if position is None else position - 1, name)
    begun.set_of_entity(SETTING, blocks)


def forget(begun: Change, name: str) -> None:
    """A deleted field leaves its place, so that a later one of its name begins anew."""
    held = begun.entity.tailoring.of_entity.get(SETTING)
    if held:
        blocks = [{**b, "fields": [one for one in b["fields"] if one != name]} for b in held]
        begun.set_of_entity(SETTING, blocks)


def place_of(entity: Entity, name: str) -> dict[str, Any]:
    """`block` and `position` of a field; nothing for the id, which no form shows."""
    return places(blocks_of(entity)).get(name, {})


def places(blocks: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """`block` and `position` by field."""
    return {
        name: {"block": block["name"], "position": position}
        for block in blocks
        for position, name in enumerate(block["fields"], start=1)
    }
