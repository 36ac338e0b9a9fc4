"""A service that exists only in the tests: one entity with a field of each kind, one with lines.

`python -m tests.kit.workshop DATABASE_URL` serves it on a free port, which it prints.
"""

import eventlet

eventlet.monkey_patch()

import sys  # noqa: E402
from datetime import date, datetime  # noqa: E402
from decimal import Decimal  # noqa: E402
from typing import Any  # noqa: E402

from pydantic import BaseModel, ConfigDict  # noqa: E402
from sqlalchemy import ForeignKey, Uuid  # noqa: E402
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship  # noqa: E402

from contracts.errors import FieldError, refused  # noqa: E402
from crmkit import fields as f  # noqa: E402
from crmkit import logs  # noqa: E402
from crmkit.bus.local import LocalTransport  # noqa: E402
from crmkit.bus.topology import Topology  # noqa: E402
from crmkit.config import Settings  # noqa: E402
from crmkit.db import KIT, Database  # noqa: E402
from crmkit.doors.container import build  # noqa: E402
from crmkit.doors.service import RecordService, post  # noqa: E402
from crmkit.entity import Access, Entity, Line, Owned, Record  # noqa: E402
from crmkit.records import store  # noqa: E402
from crmkit.records.hearing import PEOPLE  # noqa: E402
from crmkit.unit_of_work import UnitOfWork  # noqa: E402


class Base(DeclarativeBase):
    pass


class Widget(Owned, Base):
    __tablename__ = "widget"
    name: Mapped[str] = f.text(required=True, length=40)
    code: Mapped[str | None] = f.text(unique=True)
    notes: Mapped[str | None] = f.long_text()
    email: Mapped[str | None] = f.email()
    phone: Mapped[str | None] = f.phone()
    website: Mapped[str | None] = f.url()
    parts: Mapped[int | None] = f.integer(maximum=1000)
    weight: Mapped[Decimal | None] = f.decimal(scale=3)
    share: Mapped[Decimal | None] = f.percent()
    price: Mapped[Decimal | None] = f.money()
    active: Mapped[bool] = f.boolean(default=True)
    made_on: Mapped[date | None] = f.date()
    seen_at: Mapped[datetime | None] = f.instant()
    colour: Mapped[str] = f.picklist(("Red", "Green", "Sky, blue"), default="Red")
    parent_id: Mapped[str | None] = f.link("widget")
    doubled: Mapped[int | None] = f.integer(read_only=True)
    search: Mapped[Any] = f.search("name", "notes", "email")


def double(_uow: UnitOfWork, widget: Any, _before: Any) -> None:
    widget.doubled = None if widget.parts is None else 2 * widget.parts


def forbid_thirteen(widget: Any, _before: Any) -> list[FieldError]:
    return [FieldError("/parts", "unlucky", "is thirteen")] if widget.parts == 13 else []


WIDGET = Entity(
    model=Widget,
    name="widget",
    plural="widgets",
    title="Widget",
    label=("name",),
    access=Access.OWNED,
    prefix="WID",
    derive=(double,),
    rules=(forbid_thirteen,),
    verbs=frozenset({"paint"}),
)


class Crate(Record, Base):
    __tablename__ = "crate"
    name: Mapped[str] = f.text(required=True)
    lines: Mapped[list["CrateLine"]] = relationship(
        order_by="CrateLine.sequence", cascade="all, delete-orphan"
    )


class CrateLine(Line, Base):
    __tablename__ = "crate_line"
    record_id: Mapped[str] = mapped_column(Uuid(as_uuid=False), ForeignKey("crate.id"), index=True)
    widget_id: Mapped[str] = f.link("widget", required=True)
    quantity: Mapped[Decimal] = f.decimal(required=True, minimum=0)


CRATE = Entity(
    model=Crate,
    name="crate",
    plural="crates",
    title="Crate",
    label=("name",),
    access=Access.SHARED,
    prefix="CRA",
    line_model=CrateLine,
    closed=frozenset({"delete"}),
)


class Rule(Record, Base):
    __tablename__ = "rule"
    text: Mapped[str] = f.text(required=True)


RULE = Entity(
    model=Rule,
    name="rule",
    plural="rules",
    title="Rule",
    label=("text",),
    access=Access.ADMIN_WRITES,
)


class Paint(BaseModel):
    model_config = ConfigDict(extra="forbid")
    colour: str


def paint(uow: UnitOfWork, widget: Any, wish: Paint) -> Any:
    """Give it another colour."""
    if widget.colour == wish.colour:
        raise refused("same_colour", f"It is {wish.colour} already.")
    return store.update(uow, WIDGET, widget, {"colour": wish.colour}, fact="painted")


class WorkshopService(RecordService):
    """Widgets, crates of widgets, and rules."""

    name = "workshop"
    base = Base
    entities = (WIDGET, CRATE, RULE)
    subscriptions = (PEOPLE,)

    paint = post(
        "/widgets/{id}/paint", paint, entity=WIDGET, verb="paint", body=Paint, returns=WIDGET
    )


def main(url: str) -> None:
    logs.configure("workshop", level="WARNING")
    database = Database(url, "workshop")
    KIT.create_all(database.engine)
    Base.metadata.create_all(database.engine)
    patterns = [{"name": PEOPLE.name, "patterns": list(PEOPLE.patterns)}]
    transport = LocalTransport(Topology({"workshop": patterns}))
    running = build(WorkshopService, Settings.from_env({}), database, transport)
    running.start()
    print(running.port, flush=True)
    running.wait()


if __name__ == "__main__":
    main(sys.argv[1])
