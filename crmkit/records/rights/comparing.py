"""How many records of each module somebody would gain or lose if rights were changed."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic import Field as Constraint
from sqlalchemy import ColumnElement, false, func, not_, or_, select, true

from contracts.caller import Caller
from crmkit.entity import Entity
from crmkit.records import access
from crmkit.records.rights import supposing
from crmkit.records.rights.deciding import kept_from
from crmkit.records.rights.organisation import current
from crmkit.records.rights.supposing import Supposed
from crmkit.records.rights.tables import VERSION
from crmkit.records.writing.value_types import UUID_PATTERN
from crmkit.unit_of_work import UnitOfWork
from crmkit.verbs import RECORD_VERBS, TOOLS

COUNTED = ("view", "edit", "delete")
MOST_USERS = 25
"""Each costs a look at every record of the modules in which their rights would be others."""

MOST_CHANGES = 20
CHANGING_RIGHTS = (
    r"^/(users|roles|profiles|groups|sharing-rules|organisations)(/[0-9A-Za-z-]{1,64})?$"
)
"""The paths of what rights rest on."""

UserId = Annotated[str, StringConstraints(pattern=UUID_PATTERN, to_lower=True)]
Users = Annotated[list[UserId], Constraint(min_length=1, max_length=MOST_USERS)]
Right = Literal["hidden", "read_only", "read_write"]


class RightsChange(BaseModel):
    """A request that would change rights, as one would send it: its path below `/api/v1`."""

    model_config = ConfigDict(extra="forbid")
    method: Literal["POST", "PATCH", "DELETE"]
    path: Annotated[str, StringConstraints(pattern=CHANGING_RIGHTS)]
    body: dict[str, Any] = {}


class Simulation(BaseModel):
    """Changes to try, one after another, and the users to count for: if none are named, all those
    whose rights would be others, unless they are too many.
    """

    model_config = ConfigDict(extra="forbid")
    changes: Annotated[list[RightsChange], Constraint(min_length=1, max_length=MOST_CHANGES)]
    users: Users | None = None


class Affected(BaseModel):
    """A user for whom it is counted."""

    id: str
    name: str


class Rehearsal(BaseModel):
    """What the changes come to, for services to count."""

    supposed: Supposed
    users: list[Affected]


class Comparison(BaseModel):
    """What would be other, and for whom it is counted."""

    model_config = ConfigDict(extra="forbid")
    supposed: Supposed
    users: Users


class Difference(BaseModel):
    """On how many records somebody has a verb now and would have it, and on which others."""

    before: int
    after: int
    gained: int
    lost: int


class FieldDifference(BaseModel):
    """A field that would be hidden, shown, closed or opened."""

    name: str
    before: Right
    after: Right


class ModuleDifference(BaseModel):
    """What would be other in a module: records by verb, verbs that are had at all, fields.

    A verb on whose records nothing would be other is left out.
    """

    entity: str
    records: dict[str, Difference]
    verbs_gained: list[str]
    verbs_lost: list[str]
    fields: list[FieldDifference]


class UserDifference(BaseModel):
    """Modules in which nothing would be other are left out."""

    user_id: str
    modules: list[ModuleDifference]


class Differences(BaseModel):
    """One for each user, in the order in which they were named."""

    items: list[UserDifference]


def compare(uow: UnitOfWork, wish: Comparison) -> Differences:
    """The differences in this service's modules."""
    before = current(uow.session, uow.session.scalar(VERSION) or 0)
    after = supposing.over(before, wish.supposed)
    now = supposing.places(uow.session, wish.users)
    found = []
    for user_id in wish.users:
        place = now.get(user_id)
        callers = (
            supposing.as_caller(before, user_id, place),
            supposing.as_caller(after, user_id, wish.supposed.users.get(user_id, place)),
        )
        modules = [
            one for entity in uow.entities.values() for one in _of_module(uow, entity, *callers)
        ]
        found.append(UserDifference(user_id=user_id, modules=modules))
    return Differences(items=found)


def _of_module(
    uow: UnitOfWork, entity: Entity, before: Caller | None, after: Caller | None
) -> Iterator[ModuleDifference]:
    had, has = _verbs(entity, before), _verbs(entity, after)
    hid, hides = _kept(entity, before), _kept(entity, after)
    counted = [verb for verb in COUNTED if entity.allows(verb)]
    other = [v for v in counted if _reach(entity, before, v) != _reach(entity, after, v)]
    records = _counts(uow, entity, other, before, after) if other else {}
    fields = [
        FieldDifference(
            name=name, before=hid.get(name, "read_write"), after=hides.get(name, "read_write")
        )
        for name in sorted(hid.keys() | hides.keys())
        if hid.get(name) != hides.get(name)
    ]
    if fields or records or had != has:
        yield ModuleDifference(
            entity=entity.name,
            records=records,
            verbs_gained=sorted(has - had),
            verbs_lost=sorted(had - has),
            fields=fields,
        )


def _verbs(entity: Entity, caller: Caller | None) -> set[str]:
    if caller is None:
        return set()
    every = RECORD_VERBS | TOOLS | entity.verbs
    return {verb for verb in every if access.may_ever(entity, caller, verb)}


def _kept(entity: Entity, caller: Caller | None) -> dict[str, Right]:
    if caller is None or caller.is_admin:
        return {}
    return {**kept_from(entity, caller.rights)}


def _reach(entity: Entity, caller: Caller | None, verb: str) -> tuple[Any, Any]:
    """Of whose records the verb is had, and whose are seen."""
    if caller is None:
        return (), ()
    return access.reach(entity, caller, verb), access.reach(entity, caller, "view")


def _counts(
    uow: UnitOfWork,
    entity: Entity,
    verbs: list[str],
    before: Caller | None,
    after: Caller | None,
) -> dict[str, Difference]:
    """All of them in one statement, which looks only at records that are within reach.

    What lists leave out, like leads that have been converted, is left out here: that is what
    somebody finds missing, or new, when the change is made.
    """
    pairs = [(_clause(entity, before, verb), _clause(entity, after, verb)) for verb in verbs]
    table = entity.model.__table__
    columns = [
        clause.label(f"{side}{position}")
        for position, pair in enumerate(pairs)
        for side, clause in zip("ba", pair, strict=True)
    ]
    within = or_(*(clause for pair in pairs for clause in pair))
    listed = not_(table.c[entity.unlisted]) if entity.unlisted else true()
    rows = select(*columns).where(table.c.deleted_at.is_(None), listed, within).subquery().c
    counts: list[Any] = []
    for position in range(len(verbs)):
        had, has = rows[f"b{position}"], rows[f"a{position}"]
        counts += [func.count().filter(one) for one in (had, has, has & ~had, had & ~has)]
    found = uow.session.execute(select(*counts)).one()
    differences = {
        verb: Difference(
            **dict(zip(Difference.model_fields, found[4 * n : 4 * n + 4], strict=True))
        )
        for n, verb in enumerate(verbs)
    }
    return {verb: one for verb, one in differences.items() if one.gained or one.lost}


def _clause(entity: Entity, caller: Caller | None, verb: str) -> ColumnElement[bool]:
    """Never null, so that it can be turned round."""
    if caller is None:
        return func.coalesce(false(), false())
    seen = access.visible(entity, caller)
    clause = seen if verb == "view" else seen & access.visible(entity, caller, verb)
    return func.coalesce(clause, false())
