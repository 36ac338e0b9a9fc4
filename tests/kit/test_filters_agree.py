"""Any tree means the same to PostgreSQL and to Python, whatever the records hold."""

import uuid
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Mapped

from contracts.caller import Calendar, Caller
from crmkit import fields as f
from crmkit.entity import Access, Entity
from crmkit.fields import Field, Kind
from crmkit.record import Owned
from crmkit.records import filters
from crmkit.records.reading import rendering
from crmkit.tailoring import Tailoring
from crmkit.unit_of_work import UnitOfWork
from tests.service.served import BEN, CLARA, DESK, OFFICE


class Base(DeclarativeBase):
    pass


class Gadget(Owned, Base):
    __tablename__ = "gadget"
    name: Mapped[str] = f.text(required=True)
    notes: Mapped[str | None] = f.long_text()
    parts: Mapped[int | None] = f.integer()
    weight: Mapped[Decimal | None] = f.decimal()
    active: Mapped[bool] = f.boolean()
    made_on: Mapped[date | None] = f.date()
    seen_at: Mapped[datetime | None] = f.instant()
    opens_at: Mapped[time | None] = f.time()
    colour: Mapped[str | None] = f.picklist(("Red", "Green", "Sky, blue"))
    parent_id: Mapped[str | None] = f.link("gadget")
    sizes: Mapped[list[str] | None] = f.multiselect(("S", "M", "L"))
    facts: Mapped[list[Any] | None] = f.json(list[str])


CHOICES = ("S", "M", "L")
OWN = {
    "x_count": Field(Kind.INTEGER, key="c1"),
    "x_due": Field(Kind.DATE, key="c2"),
    "x_open": Field(Kind.TIME, key="c3"),
    "x_sizes": Field(Kind.MULTISELECT, key="c4", choices=CHOICES),
    "x_size": Field(Kind.PICKLIST, key="c5", choices=CHOICES),
    "x_done": Field(Kind.BOOLEAN, key="c6"),
    "x_worth": Field(Kind.MONEY, key="c7"),
    "x_note": Field(Kind.TEXT, key="c8", max_length=50),
}
GADGET = Entity(
    model=Gadget,
    name="gadget",
    plural="gadgets",
    title="Gadget",
    label=("name",),
    access=Access.OWNED,
    tailoring=Tailoring(custom=OWN),
)
NOW = datetime(2024, 2, 29, 12, tzinfo=UTC)
PEOPLE = (BEN, CLARA)

words = st.text(alphabet="abAB 1%_/\\'éÉßΣς中", max_size=4)
days = st.dates(date(2024, 1, 1), date(2024, 4, 30)) | st.sampled_from([date.min, date.max])
instants = st.datetimes(
    datetime(2024, 2, 27),  # noqa: DTZ001 - the zone comes after
    datetime(2024, 3, 2),  # noqa: DTZ001
    timezones=st.just(UTC),
) | st.sampled_from([NOW, NOW - timedelta(hours=1), NOW.replace(hour=0), NOW.replace(hour=22)])
small = st.integers(0, 3)
amounts = st.sampled_from([Decimal(0), Decimal("1.5"), Decimal("1.50"), Decimal(2)])
moments = st.sampled_from([time(0), time(9, 30), time(23, 59, 59)])
VALUES = {
    "name": words.filter(str.strip).map(str.strip),
    "notes": words,
    "parts": small,
    "weight": amounts,
    "active": st.booleans(),
    "made_on": days,
    "seen_at": instants,
    "opens_at": moments,
    "sizes": st.lists(st.sampled_from(CHOICES), min_size=1, unique=True),
    "facts": st.lists(words, max_size=1),
    "colour": st.sampled_from(["Red", "Green", "Sky, blue"]),
    "owner_id": st.sampled_from(PEOPLE),
    "x_count": small,
    "x_due": days,
    "x_open": moments,
    "x_sizes": st.lists(st.sampled_from(CHOICES), min_size=1, unique=True),
    "x_size": st.sampled_from(CHOICES),
    "x_done": st.booleans(),
    "x_worth": amounts,
    "x_note": words.filter(str.strip).map(str.strip),
}
ALWAYS = {"name", "owner_id", "active"}
NAMES = (*VALUES, "parent_id", *(f"parent_id.{name}" for name in ("name", "parts")))
NAMES += ("parent_id.x_count", "parent_id.parent_id.made_on", "parent_id.parent_id.notes")

periods = st.sampled_from([name.replace("{n}", "2") for name in filters.PERIODS])
calendars = st.builds(
    Calendar,
    st.sampled_from(["UTC", "Pacific/Kiritimati", "Etc/GMT+12", "Europe/Berlin"]),
    st.integers(0, 6),
    st.integers(1, 12),
)


@st.composite
def records(draw):
    """Rows of gadgets whose parents, if any, come before them."""
    rows = []
    for _ in range(draw(st.integers(1, 4))):
        row = {
            name: draw(values if name in ALWAYS else st.none() | values)
            for name, values in VALUES.items()
        }
        row["x_done"] = bool(row["x_done"])
        parents = [held["id"] for held in rows]
        row["parent_id"] = draw(st.none() | st.sampled_from(parents)) if parents else None
        rows.append({**row, "id": str(uuid.uuid4()), "gone": draw(st.integers(0, 5)) == 0})
    return rows


@st.composite
def conditions(draw, ids):
    name = draw(st.sampled_from(NAMES))
    last = name.rpartition(".")[2]
    field = GADGET.fields[last]
    operator = filters.OPERATORS[draw(st.sampled_from(filters.operators(field)))]
    value = st.sampled_from(ids) if last == "parent_id" else VALUES[last]
    if last == "owner_id":
        value |= st.just("me")
    if field.kind is Kind.MULTISELECT:
        value = st.sampled_from(CHOICES)
    if field.kind in {Kind.DATE, Kind.DATETIME}:
        named = periods if field.kind is Kind.DATETIME else periods.filter(_of_days)
        value |= named
    if field.kind is Kind.DATETIME:
        value |= days
    value = value.map(rendering.to_json_types)
    sent = {
        filters.Takes.YES_OR_NO: st.booleans(),
        filters.Takes.VALUE: value,
        filters.Takes.RANGE: st.lists(value, min_size=2, max_size=2),
        filters.Takes.VALUES: value | st.lists(value, min_size=1, max_size=3),
    }[operator.takes]
    return {"field": name, "operator": operator.name, "value": draw(sent)}


def _of_days(name):
    return "hour" not in name


def trees(ids):
    def groups(inner):
        members = st.lists(inner, min_size=1, max_size=3)
        return (
            st.builds(lambda m: {"all": m}, members)
            | st.builds(lambda m: {"any": m}, members)
            | st.builds(lambda m: {"not": m}, inner)
        )

    return st.recursive(conditions(ids), groups, max_leaves=5)


@pytest.fixture(scope="module")
def session(workshop):
    with workshop.database.transaction() as session:
        Base.metadata.create_all(session.connection())
        yield session
        session.rollback()


def _stored(row):
    values = {name: row[name] for name in VALUES} | {"parent_id": row["parent_id"]}
    system = {"version": 1, "created_by": BEN, "modified_by": BEN, "source": "TEST"}
    times = {"created_at": NOW, "modified_at": NOW, "deleted_at": NOW if row["gone"] else None}
    return GADGET.packed(values) | {"id": row["id"]} | system | times


def _seen(rows, caller):
    """Each record's values as the caller knows them, those of its parents by dotted names."""
    by_id = {row["id"]: row for row in rows}

    def parent(row):
        found = by_id.get(row.get("parent_id"), {})
        hidden = found.get("gone") or found.get("owner_id") not in visible_to(caller)
        return {} if hidden else found

    def known(row):
        values = {}
        for name in NAMES:
            *links, last = name.split(".")
            held = row
            for _ in links:
                held = parent(held)
            values[name] = held.get(last)
        return values

    return {row["id"]: known(row) for row in rows}


def visible_to(caller):
    return PEOPLE if caller.is_admin else (caller.user_id,)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data(), rows=records(), calendar=calendars, is_admin=st.booleans())
def test_a_tree_finds_what_it_matches(session, data, rows, calendar, is_admin):
    caller = Caller(BEN, "ben", is_admin, f"{OFFICE}/{DESK}/", calendar=calendar)
    uow = UnitOfWork(session, caller, "workshop", {"gadget": GADGET}, at=NOW)
    document = data.draw(trees([row["id"] for row in rows]))
    tree = filters.parse_tree(uow, GADGET, document)
    assert filters.parse_tree(uow, GADGET, tree.document()) == tree
    table = GADGET.model.__table__
    with session.begin_nested() as all_of_it:
        session.execute(table.insert(), [_stored(row) for row in rows])
        ids = [row["id"] for row in rows]
        found = session.scalars(select(table.c.id).where(table.c.id.in_(ids), tree.clause(uow)))
        found = set(found)
        all_of_it.rollback()
    viewpoint = filters.viewpoint(caller, NOW)
    matched = {i for i, values in _seen(rows, caller).items() if tree.matches(values, viewpoint)}
    assert found == matched
