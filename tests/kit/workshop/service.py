"""A service that exists only in the tests: one entity with a field of each kind, one with lines."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ForeignKey, Uuid, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from contracts.errors import FieldError, refused
from contracts.events.base import Event
from crmkit import fields as f
from crmkit.choices import Traits
from crmkit.config import Settings
from crmkit.db import Database
from crmkit.doors.service import RecordService, get, post
from crmkit.entity import Access, Computed, Entity, Linked
from crmkit.record import Line, Owned, Record
from crmkit.records import store
from crmkit.records.annotations import followers
from crmkit.records.background import jobs
from crmkit.records.relations import record_links
from crmkit.saved_view import SavedView
from crmkit.unit_of_work import UnitOfWork, new_id
from tests.kit.workshop.nudging import NUDGE, Nudging
from tests.kit.workshop.subscriptions import SUBSCRIPTIONS


class Base(DeclarativeBase):
    pass


class Size(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    millimetres: int


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
    colour: Mapped[str] = f.picklist(
        ("Red", "Green", "Sky, blue"), default="Red", protected=("Green",)
    )
    parent_id: Mapped[str | None] = f.link("widget")
    sizes: Mapped[list[Any]] = f.json(list[Size], default=[])
    gizmo_id: Mapped[str | None] = f.link("gizmo")
    doubled: Mapped[int | None] = f.integer(read_only=True)
    search: Mapped[Any] = f.search("name", "notes", "email")


def double(_uow: UnitOfWork, widget: Any, _before: Any) -> None:
    widget.doubled = None if widget.parts is None else 2 * widget.parts


def forbid_thirteen(widget: Any, _before: Any) -> list[FieldError]:
    return [FieldError("/parts", "unlucky", "is thirteen")] if widget.parts == 13 else []


def keep_green_ones(_uow: UnitOfWork, widget: Any) -> None:
    if widget.colour == "Green":
        raise refused("green", "Green ones are kept.")


class Crate(Record, Base):
    __tablename__ = "crate"
    name: Mapped[str] = f.text(required=True)
    lid_id: Mapped[str | None] = f.link("widget", when_deleted=f.REFUSE)
    lines: Mapped[list["CrateLine"]] = relationship(
        order_by="CrateLine.sequence", cascade="all, delete-orphan"
    )


class CrateLine(Line, Base):
    __tablename__ = "crate_line"
    record_id: Mapped[str] = mapped_column(Uuid(as_uuid=False), ForeignKey("crate.id"), index=True)
    widget_id: Mapped[str] = f.link("widget", required=True)
    quantity: Mapped[Decimal] = f.decimal(required=True, minimum=0)
    fragile: Mapped[bool] = f.boolean()
    packed: Mapped[int | None] = f.integer(read_only=True)


def crates() -> Any:
    lines = select(func.count()).where(CrateLine.widget_id == Widget.__table__.c.id)
    return lines.correlate(Widget.__table__).scalar_subquery()


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
    facts=frozenset({"painted"}),
    computed={"crated": Computed(int, crates)},
    on_delete=(keep_green_ones,),
    linked=(Linked("crate", roles=("Spare", "Sample")), Linked("gizmo")),
    rolls_up=("widget.parent_id",),
)

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
    linked=(Linked("widget", roles=("Spare", "Sample")),),
)


class Rule(Record, Base):
    __tablename__ = "rule"
    text: Mapped[str] = f.text(required=True)
    repealed: Mapped[bool] = f.boolean()
    search: Mapped[Any] = f.search("text")


RULE = Entity(
    model=Rule,
    name="rule",
    plural="rules",
    title="Rule",
    label=("text",),
    access=Access.ADMIN_WRITES,
    unlisted="repealed",
    views=(
        SavedView(
            "repealed",
            "Repealed",
            ("text", "modified_at"),
            {"field": "repealed", "value": True},
            sort=("text",),
            metric=True,
        ),
    ),
)


class Secret(Record, Base):
    __tablename__ = "secret"
    text: Mapped[str] = f.text(required=True)
    search: Mapped[Any] = f.search("text")


SECRET = Entity(
    model=Secret,
    name="secret",
    plural="secrets",
    title="Secret",
    label=("text",),
    access=Access.ADMIN_ONLY,
)


class Grade(Traits):
    """Of a medal: what it is worth."""

    lasting = ("sold",)
    price: Decimal = Decimal(1)
    sold: bool = False


class Medal(Record, Base):
    __tablename__ = "medal"
    name: Mapped[str] = f.text(required=True)
    size: Mapped[str] = f.picklist(("S", "M", "L", "24/7"), default="M", protected=("L",))
    shape: Mapped[str | None] = f.picklist(("Round", "Square", "Long"))
    state: Mapped[str | None] = f.picklist(("new", "old"), read_only=True)
    make: Mapped[str] = f.picklist(("Ours", "Theirs"), required=True, role_based=False)
    grade: Mapped[str] = f.picklist(
        {"A": Grade(price=Decimal(9)), "B": Grade(), "Gone": Grade(sold=True)}, default="B"
    )
    worth: Mapped[Decimal | None] = f.money(read_only=True)
    search: Mapped[Any] = f.search("name")


def weigh(uow: UnitOfWork, medal: Any, before: Any) -> None:
    """It is worth what its grade is, from the moment it has it."""
    if medal.grade != before.get("grade"):
        medal.worth = uow.of(MEDAL).fields["grade"].picklist.get(medal.grade).traits.price


def allow_one_of_the_best(uow: UnitOfWork, medal: Any, _before: Any) -> None:
    """What is called the best is looked for among all others."""
    if medal.name.startswith("the best"):
        same = select(Medal.id).where(Medal.name == medal.name, Medal.id != medal.id)
        if uow.session.scalar(same.limit(1)) is not None:
            raise refused("another_best", "There is one already.")


MEDAL = Entity(
    model=Medal,
    name="medal",
    plural="medals",
    title="Medal",
    label=("name",),
    access=Access.SHARED,
    prefix="MED",
    derive=(weigh, allow_one_of_the_best),
)


class Paint(BaseModel):
    model_config = ConfigDict(extra="forbid")
    colour: str


class Between(BaseModel):
    model_config = ConfigDict(extra="forbid")
    least: int
    most: int = 1000


class Total(BaseModel):
    parts: int


def paint(uow: UnitOfWork, widget: Any, wish: Paint) -> Any:
    """Give it another colour."""
    if widget.colour == wish.colour:
        raise refused("same_colour", f"It is {wish.colour} already.")
    return store.update(uow, WIDGET, widget, {"colour": wish.colour}, fact="painted")


def total(uow: UnitOfWork, query: Between) -> Total:
    """Parts of all widgets that have so many."""
    parts = select(func.coalesce(func.sum(Widget.parts), 0))
    found = uow.session.scalar(parts.where(Widget.parts.between(query.least, query.most)))
    return Total(parts=found or 0)


def nudge(uow: UnitOfWork, wish: Nudging) -> jobs.JobDocument:
    """Give each of these widgets a part more, as a job."""
    return jobs.JobDocument(**jobs.start(uow, wish.kind, WIDGET, wish.model_dump()))


def tell_followers(uow: UnitOfWork) -> None:
    """Tell those of widgets now rather than by the clock."""
    followers.tell_some(uow, WIDGET)


class Heard(BaseModel):
    type: str
    subject: str
    data: dict[str, Any]


def hear_link(uow: UnitOfWork, heard: Heard) -> None:
    """As from the bus, with the entities at hand."""
    told = Event(
        id=new_id(),
        type=heard.type,
        source="/elsewhere",
        subject=heard.subject,
        time=uow.at,
        data=heard.data,
        version=1,
        actor=uow.caller.user_id,
    )
    record_links.hear(uow, [told])


def make_tables(database: Database, _settings: Settings) -> None:
    """No other service may: they have migrations."""
    Base.metadata.create_all(database.engine)


class WorkshopService(RecordService):
    """Widgets, crates of widgets, rules and secrets."""

    name = "workshop"
    base = Base
    entities = (WIDGET, CRATE, RULE, SECRET, MEDAL)
    subscriptions = SUBSCRIPTIONS
    works = (NUDGE,)
    start = make_tables

    paint = post(
        "/widgets/{id}/paint", paint, entity=WIDGET, verb="paint", body=Paint, returns=WIDGET
    )
    nudge = post("/widgets/nudge", nudge, body=Nudging, returns=jobs.JobDocument, status=202)
    total = get("/totals", total, query=Between, returns=Total)
    hear_link = post("/widgets/links/hear", hear_link, body=Heard)
    tell_followers = post("/widgets/followers/tell", tell_followers)


SERVICE = WorkshopService
