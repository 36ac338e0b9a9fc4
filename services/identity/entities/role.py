"""A role: a place in the organisation's tree; people see the records of everyone below them."""

from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Mapped

from contracts.errors import FieldError, invalid, refused
from crmkit import fields as f
from crmkit.entity import Access, Entity, Record, Snapshot
from crmkit.records import store
from crmkit.records.reading import rendering
from crmkit.unit_of_work import UnitOfWork
from services.identity.entities import Base
from services.identity.entities.user import User

_TREE_LOCK = 0x726F6C65  # "role": moves take turns, or two of them could close a circle


class Role(Record, Base):
    """`path` is the chain of ids from the root down to this role, each followed by `/`."""

    __tablename__ = "user_role"

    name: Mapped[str] = f.text(length=100, required=True)
    parent_id: Mapped[str | None] = f.link("role", when_deleted=f.KEEP)
    path: Mapped[str] = f.text(length=10_000, read_only=True, default="")
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


def not_while_it_is_in_use(uow: UnitOfWork, role: Role) -> None:
    """Refuse to delete a role that people hold or that has roles below it."""
    held = exists().where(User.role_id == role.id, User.deleted_at.is_(None))
    if uow.session.scalar(select(held)):
        raise refused("role_in_use", "People have this role: give them another one first.")
    above = exists().where(Role.parent_id == role.id, Role.deleted_at.is_(None))
    if uow.session.scalar(select(above)):
        raise refused("role_has_children", "There are roles below this one: move them first.")


ROLE = Entity(
    model=Role,
    name="role",
    plural="roles",
    title="Role",
    label=("name",),
    access=Access.ADMIN_WRITES,
    derive=(place_in_the_tree,),
    closed=frozenset({"merge", "purge"}),
    on_delete=(not_while_it_is_in_use,),
    essential=True,
)
