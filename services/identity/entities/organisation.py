"""The organisation that uses the suite: one record, which heads its documents and sets its year."""

from collections.abc import Iterator
from typing import Any, Literal

from sqlalchemy.orm import Mapped

from contracts.errors import FieldError
from crmkit import fields as f
from crmkit.entity import Access, Entity, Snapshot
from crmkit.record import Record
from services.identity import modules
from services.identity.entities import Base

_MONTHS = 12

Sharing = Literal["private", "public_read", "public_edit", "public_full"]


class Organisation(Record, Base):
    """`fiscal_year_start_month` is 1 for January; `terms` go onto new documents.

    `second_factor_for` says who must have a second factor to sign in with a password.
    `sharing` is what everybody may do with the records of a module, whosever they are: nothing
    where it is silent, else read them, change them too, delete them too.
    """

    __tablename__ = "organisation"

    name: Mapped[str] = f.text(required=True)
    street: Mapped[str | None] = f.text()
    city: Mapped[str | None] = f.text(length=120)
    state: Mapped[str | None] = f.text(length=120)
    code: Mapped[str | None] = f.text(length=30)
    country: Mapped[str | None] = f.text(length=120)
    phone: Mapped[str | None] = f.phone()
    fax: Mapped[str | None] = f.phone()
    website: Mapped[str | None] = f.url()
    vat_id: Mapped[str | None] = f.text(length=40)
    terms: Mapped[str | None] = f.long_text()
    second_factor_for: Mapped[str] = f.picklist(
        ("nobody", "administrators", "everybody"), default="nobody", fixed=True
    )
    fiscal_year_start_month: Mapped[int] = f.integer(minimum=1, maximum=_MONTHS, default=1)
    sharing: Mapped[dict[str, Any]] = f.json(dict[str, Sharing], default={})


def shares_modules_with_owners(organisation: Organisation, _: Snapshot) -> Iterator[FieldError]:
    """Only what belongs to somebody is shared, and only what follows no other module."""
    for name in organisation.sharing:
        yield from modules.unknown(name, "sharing", name, among=modules.shareable())


ORGANISATION = Entity(
    model=Organisation,
    name="organisation",
    plural="organisations",
    title="Organisation",
    label=("name",),
    access=Access.ADMIN_WRITES,
    rules=(shares_modules_with_owners,),
    closed=frozenset({"create", "delete"}),
    essential=True,
)
