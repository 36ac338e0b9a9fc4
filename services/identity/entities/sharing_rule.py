"""A sharing rule: whose records of a module others read, or change, beyond their own place."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict
from pydantic import Field as Constraint
from sqlalchemy import select
from sqlalchemy.orm import Mapped

from contracts.errors import FieldError, invalid
from crmkit import fields as f
from crmkit.entity import Access, Entity, Snapshot
from crmkit.modules import known
from crmkit.record import Record
from crmkit.unit_of_work import UnitOfWork
from services.identity import modules
from services.identity.entities import Base
from services.identity.entities.ownership_transfer import is_leaving

ACCESS = ("read", "read_write")


class SharedBelow(BaseModel):
    """A module whose records below a shared one are shared too."""

    model_config = ConfigDict(extra="forbid")
    module: str
    access: Literal["read", "read_write"] = "read"


class SharingRule(Record, Base):
    """What one role or group owns, another one reads, or changes.

    `..._subordinates` takes all roles below the role along.
    """

    __tablename__ = "sharing_rule"

    name: Mapped[str | None] = f.text()
    module: Mapped[str] = f.text(required=True)
    owned_by_role_id: Mapped[str | None] = f.link("role", when_deleted=f.REFUSE)
    owned_by_subordinates: Mapped[bool] = f.boolean()
    owned_by_group_id: Mapped[str | None] = f.link("group", when_deleted=f.REFUSE)
    shared_with_role_id: Mapped[str | None] = f.link("role", when_deleted=f.REFUSE)
    shared_with_subordinates: Mapped[bool] = f.boolean()
    shared_with_group_id: Mapped[str | None] = f.link("group", when_deleted=f.REFUSE)
    access: Mapped[str] = f.picklist(ACCESS, default="read", fixed=True)
    related: Mapped[list[Any]] = f.json(
        Annotated[list[SharedBelow], Constraint(max_length=50)], default=[]
    )


def names_no_group_that_leaves(uow: UnitOfWork, rule: SharingRule, before: Snapshot) -> None:
    """A group whose records move is deleted after that, and no rule may stand against it then."""
    names = ("owned_by_group_id", "shared_with_group_id")
    with uow.session.no_autoflush:
        errors = [
            FieldError(f"/{name}", "dangling_link", "there is no such group")
            for name in names
            if (group_id := getattr(rule, name)) not in {None, before.get(name)}
            and uow.session.scalar(select(is_leaving(group_id)))
        ]
    if errors:
        raise invalid(errors)


def shares_a_module(rule: SharingRule, _: Snapshot) -> Iterator[FieldError]:
    """The module's records have owners; the related ones lie below them."""
    wrong = list(modules.unknown(rule.module, "module", among=modules.shareable()))
    yield from wrong
    for position, one in enumerate(rule.related):
        at = ("related", str(position), "module")
        unknown = list(modules.unknown(one["module"], *at, among=modules.shareable()))
        yield from unknown
        if not unknown and rule.module not in known()[one["module"]]["parents"]:
            detail = f"no {one['module']} points at a {rule.module}"
            yield FieldError(f"/related/{position}/module", "unexpected_value", detail)


def names_one_party_on_each_side(rule: SharingRule, _: Snapshot) -> Iterator[FieldError]:
    """A role or a group, and only a role has subordinates."""
    for side in ("owned_by", "shared_with"):
        role, group = getattr(rule, f"{side}_role_id"), getattr(rule, f"{side}_group_id")
        if role is None and group is None:
            yield FieldError(f"/{side}_role_id", "required", "or a group")
        if role is not None and group is not None:
            yield FieldError(f"/{side}_group_id", "unexpected_value", "a role is given already")
        if role is None and getattr(rule, f"{side}_subordinates"):
            detail = "only a role has subordinates"
            yield FieldError(f"/{side}_subordinates", "unexpected_value", detail)


SHARING_RULE = Entity(
    model=SharingRule,
    name="sharing_rule",
    plural="sharing-rules",
    title="Sharing rule",
    label=("name", "module"),
    access=Access.ADMIN_ONLY,
    derive=(names_no_group_that_leaves,),
    rules=(shares_a_module, names_one_party_on_each_side),
    closed=frozenset({"merge"}),
    essential=True,
    examples={"module": ("account", "lead", "opportunity"), "related": ([],)},
)
