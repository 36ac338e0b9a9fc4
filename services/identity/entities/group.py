"""A group: people, roles and other groups that own records together and share them."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic import Field as Constraint
from sqlalchemy import func, select
from sqlalchemy.orm import Mapped

from contracts.errors import FieldError, invalid, refused
from crmkit import fields as f
from crmkit.entity import Access, Entity, Snapshot
from crmkit.record import Record
from crmkit.records.writing.value_types import UUID_PATTERN
from crmkit.unit_of_work import UnitOfWork
from services.identity.entities import Base, ownership_transfer
from services.identity.entities.role import Role
from services.identity.entities.user import User

_MEMBERS_LOCK = 0x67726F7570  # "group": two changes together could close a circle
_MOST_MEMBERS = 1000


class GroupMember(BaseModel):
    """A user, those of a role, those of a role and of all roles below it, or a group."""

    model_config = ConfigDict(extra="forbid")
    kind: Literal["user", "role", "role_and_below", "group"]
    id: Annotated[str, StringConstraints(pattern=UUID_PATTERN, to_lower=True)]


Members = Annotated[list[GroupMember], Constraint(max_length=_MOST_MEMBERS)]


class Group(Record, Base):
    """What a group owns is its members', also of those who are in it by way of others."""

    __tablename__ = "user_group"

    name: Mapped[str] = f.text(length=100, required=True, unique=True)
    description: Mapped[str | None] = f.long_text()
    members: Mapped[list[Any]] = f.json(Members, default=[])
    search: Mapped[Any] = f.search("name", "description")


_KINDS: Mapping[str, Any] = {"user": User, "role": Role, "role_and_below": Role, "group": Group}


def has_members_that_exist(uow: UnitOfWork, group: Group, before: Snapshot) -> None:
    """Refuse members that are not there, and groups that would contain themselves."""
    if group.members == before.get("members", []):
        return
    errors = []
    with uow.session.no_autoflush:
        uow.session.execute(select(func.pg_advisory_xact_lock(_MEMBERS_LOCK)))
        for kind, model in _KINDS.items():
            named = [one["id"] for one in group.members if one["kind"] == kind]
            query = select(model.id).where(model.id.in_(named), model.deleted_at.is_(None))
            if kind == "group":
                query = query.where(~ownership_transfer.is_leaving(model.id))
            there = set(uow.session.scalars(query)) if named else set()
            errors += [
                FieldError(f"/members/{position}/id", "dangling_link", f"there is no such {noun}")
                for position, one in enumerate(group.members)
                if one["kind"] == kind and one["id"] not in there
                for noun in (kind.partition("_")[0],)
            ]
        for position, one in enumerate(group.members):
            if one["kind"] == "group" and group.id in _within(uow, one["id"]):
                detail = "a group is not a member of itself, not even by way of others"
                errors.append(FieldError(f"/members/{position}/id", "cycle", detail))
    if errors:
        raise invalid(errors)


def _within(uow: UnitOfWork, group_id: str) -> set[str]:
    """Itself, and those that are in it."""
    found: set[str] = set()
    waiting = {group_id}
    while waiting:
        found |= waiting
        query = select(Group.members).where(Group.id.in_(waiting))
        members = [one for some in uow.session.scalars(query) for one in some]
        waiting = {one["id"] for one in members if one["kind"] == "group"} - found
    return found


def not_while_it_leaves(uow: UnitOfWork, group: Group, before: Snapshot) -> None:
    """Services that hear of a change would know the group again, and let it be given records."""
    if before and group.deleted_at is None:
        with uow.session.no_autoflush:
            if uow.session.scalar(select(ownership_transfer.is_leaving(group.id))):
                raise refused("transfer_under_way", "Its records move; then it is deleted.")


def not_while_in_another(uow: UnitOfWork, group: Group) -> None:
    """Refuse to delete a group that is a member of another, or becomes one just now."""
    uow.session.execute(select(func.pg_advisory_xact_lock(_MEMBERS_LOCK)))
    within = Group.members.contains([{"kind": "group", "id": group.id}])
    query = select(Group.name).where(within, Group.deleted_at.is_(None)).limit(1)
    if (name := uow.session.scalar(query)) is not None:
        raise refused("member_of_a_group", f"It is a member of the group {name}.")


GROUP = Entity(
    model=Group,
    name="group",
    plural="groups",
    title="Group",
    label=("name",),
    access=Access.ADMIN_WRITES,
    derive=(not_while_it_leaves, has_members_that_exist),
    closed=frozenset({"merge", "purge"}),
    on_delete=(not_while_in_another,),
    owns_records=True,
    essential=True,
)
