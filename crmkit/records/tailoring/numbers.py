"""What the numbers of an entity's records look like, and which is the next; none is given twice."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic import Field as Constraint
from sqlalchemy import BigInteger, cast, func, select
from sqlalchemy.dialects.postgresql import insert

from contracts.errors import FieldError, Problem, invalid
from crmkit.entity import Entity
from crmkit.records.tailoring import changing
from crmkit.records.tailoring.changing import Change
from crmkit.records.writing.numbering import numbering
from crmkit.unit_of_work import UnitOfWork

SETTING = "numbering"
_HIGHEST = 10**15


class Numbering(BaseModel):
    """`INV-` and 12: the next record is INV-12. A prefix does not end in a digit."""

    model_config = ConfigDict(extra="forbid")

    prefix: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{0,19}[A-Za-z_-]$")]
    next: Annotated[int, Constraint(ge=1, le=_HIGHEST)]


def current(uow: UnitOfWork, entity: Entity) -> dict[str, Any]:
    """The prefix and the next number. Raises Problem 404 for records without numbers."""
    _require_numbers(entity)
    query = select(numbering.c.prefix, numbering.c.next).where(numbering.c.entity == entity.name)
    row = uow.session.execute(query).one_or_none()
    return {"prefix": entity.prefix, "next": 1} if row is None else _as_dict(row)


def renumber(uow: UnitOfWork, entity: Entity, wish: Numbering) -> dict[str, Any]:
    """Go on from here. Raises Problem 422 for a number that may have been given already."""
    _require_numbers(entity)
    begun = changing.begin(uow, entity)
    fresh = {"entity": entity.name, "prefix": entity.prefix, "next": 1}
    uow.session.execute(insert(numbering).values(fresh).on_conflict_do_nothing())
    mine = numbering.c.entity == entity.name
    query = select(numbering.c.prefix, numbering.c.next).where(mine).with_for_update()
    before = _as_dict(uow.session.execute(query).one())
    lowest = _lowest(begun, before)
    allowed = max(lowest.get(wish.prefix, 1), _given(uow, entity, wish.prefix) + 1)
    if wish.next < allowed:
        detail = f"{wish.prefix}{allowed - 1} has been given already; {allowed} is free"
        raise invalid([FieldError("/next", "number_given", detail)])
    after = wish.model_dump()
    uow.session.execute(numbering.update().where(mine).values(after))
    begun.set_of_entity(SETTING, {**after, "lowest": {**lowest, wish.prefix: allowed}})
    begun.done("numbering", before, after)
    return after


def _as_dict(row: Any) -> dict[str, Any]:
    return {"prefix": row.prefix, "next": row.next}


def _require_numbers(entity: Entity) -> None:
    if not entity.prefix:
        many = entity.plural.replace("-", " ").capitalize()
        raise Problem(404, "not_numbered", f"{many} have no numbers.")


def _lowest(begun: Change, before: dict[str, Any]) -> dict[str, int]:
    """By prefix, the first number that was never given, also of records long purged."""
    held = begun.entity.tailoring.of_entity.get(SETTING, {})
    lowest: dict[str, int] = dict(held.get("lowest", {}))
    if before["next"] != held.get("next") or before["prefix"] != held.get("prefix"):
        lowest[before["prefix"]] = before["next"]
    return lowest


def _given(uow: UnitOfWork, entity: Entity, prefix: str) -> int:
    """The highest number with this prefix that any record has, those in the bin included."""
    number = entity.model.__table__.c.number
    digits = func.substring(number, len(prefix) + 1)
    found = (number.startswith(prefix, autoescape=True), digits.regexp_match("^[0-9]{1,15}$"))
    query = select(func.max(cast(digits, BigInteger))).where(*found)
    return uow.session.scalar(query) or 0
