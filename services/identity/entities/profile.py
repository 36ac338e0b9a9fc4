"""A profile: what its people may do in which module, and which fields they see there."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict
from pydantic import Field as Constraint
from sqlalchemy import select
from sqlalchemy.orm import Mapped

from contracts.errors import FieldError, refused
from crmkit import fields as f
from crmkit.entity import Access, Entity, Snapshot
from crmkit.modules import known
from crmkit.record import Record
from crmkit.unit_of_work import UnitOfWork
from services.identity import modules
from services.identity.entities import Base
from services.identity.entities.role import Role

Verbs = Annotated[list[str], Constraint(max_length=100)]


class InOthers(BaseModel):
    """What is granted in modules that the profile does not name; the verb `*` is every one."""

    model_config = ConfigDict(extra="forbid")
    active: bool = True
    verbs: Verbs = []


class InModule(InOthers):
    """The same in one module. Fields that are not named are read and written."""

    fields: dict[str, Literal["hidden", "read_only", "read_write"]] = {}


class Profile(Record, Base):
    """`view_all` sees every record of every module, `edit_all` also changes it; deletes neither."""

    __tablename__ = "access_profile"

    name: Mapped[str] = f.text(length=100, required=True, unique=True)
    description: Mapped[str | None] = f.long_text()
    view_all: Mapped[bool] = f.boolean()
    edit_all: Mapped[bool] = f.boolean()
    modules: Mapped[dict[str, Any]] = f.json(dict[str, InModule], default={})
    others: Mapped[dict[str, Any]] = f.json(InOthers, default=InOthers().model_dump())
    search: Mapped[Any] = f.search("name", "description")


def speaks_of_what_there_is(profile: Profile, _: Snapshot) -> Iterator[FieldError]:
    """Modules, verbs and fields are those of the catalogue."""
    yield from modules.unknown_verbs("", profile.others["verbs"], "others", "verbs")
    for name, granted in profile.modules.items():
        at = ("modules", name)
        wrong = list(modules.unknown(name, *at, among=known()))
        yield from wrong
        if not wrong:
            yield from modules.unknown_verbs(name, granted["verbs"], *at, "verbs")
            yield from modules.unfit_fields(name, granted["fields"], *at, "fields")


def not_while_roles_have_it(uow: UnitOfWork, profile: Profile) -> None:
    """Refuse to delete a profile that roles have."""
    held = Role.profile_ids.contains([profile.id]) & Role.deleted_at.is_(None)
    if uow.session.scalar(select(Role.id).where(held).limit(1)) is not None:
        raise refused("profile_in_use", "Roles have this profile: give them another one first.")


PROFILE = Entity(
    model=Profile,
    name="profile",
    plural="profiles",
    title="Profile",
    label=("name",),
    access=Access.ADMIN_ONLY,
    rules=(speaks_of_what_there_is,),
    closed=frozenset({"merge", "purge"}),
    on_delete=(not_while_roles_have_it,),
    essential=True,
)
