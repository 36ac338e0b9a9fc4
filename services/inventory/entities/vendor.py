"""A vendor: whom products are bought from (spec 1.13)."""

from typing import Any

from sqlalchemy.orm import Mapped

from crmkit import fields as f
from crmkit.entity import Access, Entity, Linked
from crmkit.record import Owned
from services.inventory.entities import Base

GL_ACCOUNTS = (
    "300-Sales-Software",
    "301-Sales-Hardware",
    "302-Rental-Income",
    "303-Interest-Income",
    "304-Sales-Software-Support",
    "305-Sales Other",
    "306-Internet Sales",
    "307-Service-Hardware Labor",
    "308-Sales-Books",
)
"""The ledger accounts of vtiger, for vendors and products alike."""


class Vendor(Owned, Base):
    """A company that supplies products; `owner_id` is who looks after it."""

    __tablename__ = "vendor"

    name: Mapped[str] = f.text(required=True)
    phone: Mapped[str | None] = f.phone()
    email: Mapped[str | None] = f.email()
    website: Mapped[str | None] = f.url()
    gl_account: Mapped[str | None] = f.picklist(GL_ACCOUNTS)
    category: Mapped[str | None] = f.text(length=100)
    street: Mapped[str | None] = f.text()
    po_box: Mapped[str | None] = f.text(length=60)
    city: Mapped[str | None] = f.text(length=120)
    state: Mapped[str | None] = f.text(length=120)
    code: Mapped[str | None] = f.text(length=30)
    country: Mapped[str | None] = f.text(length=120)
    description: Mapped[str | None] = f.long_text()
    search: Mapped[Any] = f.search("number", "name", "email", "website", "category", "city")


VENDOR = Entity(
    model=Vendor,
    name="vendor",
    plural="vendors",
    title="Vendor",
    label=("name",),
    access=Access.SHARED,
    prefix="VEN",
    linked=(Linked("product"), Linked("contact")),
)
