"""The organisation that uses the suite: one record, which heads its documents and sets its year."""

from sqlalchemy.orm import Mapped

from crmkit import fields as f
from crmkit.entity import Access, Entity, Record
from services.identity.entities import Base

_MONTHS = 12


class Organisation(Record, Base):
    """`fiscal_year_start_month` is 1 for January; `terms` go onto new documents.

    `second_factor_for` says who must have a second factor to sign in with a password.
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


ORGANISATION = Entity(
    model=Organisation,
    name="organisation",
    plural="organisations",
    title="Organisation",
    label=("name",),
    access=Access.ADMIN_WRITES,
    closed=frozenset({"create", "delete"}),
    essential=True,
)
