"""A role: a place in the organisation's tree; people see the records of everyone below them."""

from typing import Annotated, Any

from pydantic import Field as Constraint
from pydantic import StringConstraints
from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Mapped

from contracts.errors import FieldError, invalid, refused
from crmkit import fields as f
from crmkit.entity import Access, Entity, Snapshot
from crmkit.record import Record
from crmkit.records import principals, store
from crmkit.records.reading import rendering
from crmkit.records.writing.value_types import UUID_PATTERN
from crmkit.unit_of_work import UnitOfWork
from services.identity.entities import Base
from services.identity.entities.user import User

Profiles = Annotated[
    list[Annotated[str, StringConstraints(pattern=UUID_PATTERN, to_lower=True)]],
    Constraint(max_length=50),
]

_TREE_LOCK = 0x726F6C65  # "role": moves take turns, or two of them could close a circle


class Role(Record, Base):
    """`path` is the chain of ids from the root down to this role, each followed by `/`.

    A new role has its superior's profiles unless it is given others; of several, the most
    permissive wins. `assigns_to` says whom its people may make the owner of a record.
    """

    __tablename__ = "user_role"

    name: Mapped[str] = f.text(length=100, required=True)
    parent_id: Mapped[str | None] = f.link("role", when_deleted=f.KEEP)
    path: Mapped[str] = f.text(length=10_000, read_only=True, default="")
    profile_ids: Mapped[list[Any] | None] = f.json(Profiles)
    assigns_to: Mapped[str] = f.picklist(
        principals.ASSIGNS_TO, default=principals.ALL_USERS, fixed=True
    )
    search: Mapped[Any] = f.search("name")


def place_in_the_tree(uow: UnitOfWork, role: Role, before: Snapshot) -> None:
    """Compute `path`, and take every role below along; each of them tells of its move.

    Raises Problem 422 when the role would come to stand below itself.
    """
    if before and before["parent_id"] == role.parent_id:
        return
    session = uow.session
    with session.no_autoflush:
        session.execute(select(func.pg_advisory_xact_lock(_TREE_LOCK)))
        above = ""
        if role.parent_id is not None:
            above = session.scalars(select(Role.path).where(Role.id == role.parent_id)).one()
        # Read again under the lock: whoever moved a superior meanwhile has moved this role too.
        old = session.scalar(select(Role.path).where(Role.id == role.id))
        if old is not None and above.startswith(old):
            detail = "a role cannot stand below itself"
            raise invalid([FieldError("/parent_id", "cycle", detail)])
        role.path = f"{above}{role.id}/"
        if old is None:
            return
        # Those in the recycle bin move as well, so that they are right when they come back.
        below = select(Role).where(Role.path.startswith(old, autoescape=True), Role.id != role.id)
        for lower in session.scalars(below.order_by(Role.id).with_for_update()).all():
            before_move = rendering.state(uow.of(ROLE), lower)
            lower.path = role.path + lower.path.removeprefix(old)
            store.touch(uow, ROLE, lower, before_move)


def has_profiles_that_exist(uow: UnitOfWork, role: Role, before: Snapshot) -> None:
    """Refuse profiles that are not there. Raises Problem 422."""
    session = uow.session
    if role.profile_ids is None and role.parent_id is not None:
        with session.no_autoflush:
            above = select(Role.profile_ids).where(Role.id == role.parent_id)
            role.profile_ids = session.scalar(above)
    role.profile_ids = role.profile_ids or []
    if role.profile_ids == before.get("profile_ids", []):
        return
    table = uow.entities["profile"].model.__table__
    query = select(table.c.id).where(table.c.id.in_(role.profile_ids), table.c.deleted_at.is_(None))
    with session.no_autoflush:
        there = set(session.scalars(query.with_for_update(read=True, key_share=True)))
    errors = [
        FieldError(f"/profile_ids/{position}", "dangling_link", "there is no such profile")
        for position, one in enumerate(role.profile_ids)
        if one not in there
    ]
    if errors:
        raise invalid(errors)


def not_while_it_is_in_use(uow: UnitOfWork, role: Role) -> None:
    """Refuse to delete a role that people hold or that has roles below it."""
    held = exists().where(User.role_id == role.id, User.deleted_at.is_(None))
    if uow.session.scalar(select(held)):
        raise refused("role_in_use", "People have this role: give them another one first.")
    above = exists().where(Role.parent_id == role.id, Role.deleted_at.is_(None))
    if uow.session.scalar(select(above)):
        raise refused("role_has_children", "There are roles below this one: move them first.")
    group = uow.entities["group"].model
    wanted = [[{"kind": kind, "id": role.id}] for kind in ("role", "role_and_below")]
    member = or_(*(group.members.contains(one) for one in wanted))
    query = select(group.id).where(member, group.deleted_at.is_(None)).limit(1)
    if uow.session.scalar(query) is not None:
        raise refused("member_of_a_group", "The role is a member of a group.")


ROLE = Entity(
    model=Role,
    name="role",
    plural="roles",
    title="Role",
    label=("name",),
    access=Access.ADMIN_WRITES,
    derive=(place_in_the_tree, has_profiles_that_exist),
    closed=frozenset({"merge", "purge"}),
    on_delete=(not_while_it_is_in_use,),
    essential=True,
)
