"""The indexes that administrators' fields need: made beside the running service, and used by it."""

from datetime import date, time
from decimal import Decimal

import pytest
from psycopg2.errors import UniqueViolation
from sqlalchemy import select, text
from sqlalchemy.orm import DeclarativeBase

from contracts.caller import system_caller
from crmkit.entity import Access, Entity
from crmkit.fields import Field, Kind
from crmkit.record import Record
from crmkit.records.deduplication import duplicates
from crmkit.records.reading import plans
from crmkit.records.tailoring import indexes
from crmkit.tailoring import Tailoring
from crmkit.unit_of_work import UnitOfWork
from tests.eventually import eventually

VALUES = {
    Kind.TEXT: "x",
    Kind.INTEGER: 4,
    Kind.DECIMAL: Decimal("4.5"),
    Kind.DATE: date(2024, 2, 29),
    Kind.TIME: time(23, 59),
    Kind.PICKLIST: "A",
    Kind.MULTISELECT: ["A"],
}


class Base(DeclarativeBase):
    pass


class Thing(Record, Base):
    __tablename__ = "thing"


THING = Entity(
    model=Thing, name="thing", plural="things", title="Thing", label=(), access=Access.SHARED
).tailored(Tailoring({f"cf_{kind}": Field(kind, key=f"k{kind}") for kind in VALUES}))

SAME = duplicates.key([THING.columns["cf_text"]])


def waiting(workshop):
    """Indexes that are wanted and not there, or there and not wanted."""
    indexes.tend(workshop.database)
    return workshop.sql(
        "SELECT w.name FROM wanted_index w LEFT JOIN pg_class c ON c.relname = w.name"
        " LEFT JOIN pg_index i ON i.indexrelid = c.oid"
        " WHERE w.wanted IS DISTINCT FROM coalesce(i.indisvalid, false)"
    )


def made(workshop, like):
    return workshop.sql(
        "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
        " WHERE i.indisvalid AND c.relname LIKE %s",
        like,
    )


def key(workshop, name):
    """Under which the field's values are kept."""
    [(field_id,)] = workshop.sql("SELECT id FROM custom_field WHERE name = %s", name)
    return f"f{field_id}"


@pytest.fixture(scope="module")
def things(workshop):
    """The database with an indexed field of each kind, and records that none of `VALUES` finds."""
    database = workshop.database
    Base.metadata.create_all(database.engine)
    workshop.sql(
        "INSERT INTO thing (id, version, created_at, modified_at, created_by, modified_by, source,"
        " custom) SELECT gen_random_uuid(), 1, now(), now(), gen_random_uuid(), gen_random_uuid(),"
        " 'API', jsonb_build_object('kmultiselect', jsonb_build_array('B'), 'ktext', n,"
        " 'kinteger', n,"
        " 'kdecimal', n, 'kdate', n, 'ktime', n, 'kpicklist', n)"
        " FROM generate_series(1, 2000) AS n"
    )
    with database.transaction() as session:
        uow = UnitOfWork(session, system_caller(), "workshop", {"thing": THING})
        for name in THING.tailoring.custom:
            indexes.keep(uow, THING, name)
        indexes.keep_expression(uow, THING, "same", SAME)
    eventually(lambda: waiting(workshop), [])
    return database


def plan(database, query):
    """The steps, and the index each uses."""
    with database.transaction() as session:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        waiting, steps = [plans.plan(session, query)], {}
        while waiting:
            step = waiting.pop()
            steps[step["Node Type"]] = step.get("Index Name")
            waiting += step.get("Plans", [])
        return steps


@pytest.mark.parametrize("kind", VALUES)
def test_lists_are_filtered_and_sorted_from_it(things, kind):
    held, table = THING.columns[f"cf_{kind}"], Thing.__table__
    live = select(table.c.id).where(table.c.deleted_at.is_(None))
    value = VALUES[kind]
    index = f"ix_thing_custom_k{kind}"
    if kind is Kind.MULTISELECT:
        assert index in plan(things, live.where(held.contains(value))).values()
        return
    found = plan(things, live.where(held == value).order_by(table.c.id.desc()).limit(26))
    assert index in found.values()
    for order in ((held, table.c.id), (held.desc(), table.c.id.desc())):
        found = plan(things, live.order_by(*order).limit(26))
        assert index in found.values()
        assert "Sort" not in found


def test_of_many_values_so_many_records_are_expected_and_not_the_whole_table(things):
    found = select(Thing.__table__.c.id).where(SAME.in_([f"{n:032}" for n in range(300)]))
    with things.transaction() as session:
        assert plans.plan(session, found)["Plan Rows"] == 300


def test_it_goes_with_its_field(workshop, boss, new_field):
    name = new_field("integer")
    index = f"ix_widget_custom_{key(workshop, name)}"
    eventually(lambda: waiting(workshop), [])
    assert made(workshop, index)
    boss("DELETE", f"/meta/widget/fields/{name}", status=202)
    eventually(lambda: waiting(workshop), [])
    assert not workshop.sql("SELECT 1 FROM pg_class WHERE relname = %s", index)
    assert not workshop.sql("SELECT 1 FROM wanted_index WHERE name = %s", index)


def test_what_was_left_broken_is_made_anew(workshop, new_field):
    name = new_field("integer")
    index = f"ix_widget_custom_{key(workshop, name)}"
    eventually(lambda: waiting(workshop), [])
    workshop.sql(
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s::regclass RETURNING 1",
        index,
    )
    eventually(lambda: waiting(workshop), [])
    assert made(workshop, index)


def test_postgresql_itself_keeps_values_unique(workshop, ben, tag, new_field):
    name = new_field("integer", unique=True)
    first, second = (ben.create("widgets", name=tag, **{name: n}) for n in (1, 2))
    eventually(lambda: waiting(workshop), [])
    with pytest.raises(UniqueViolation):
        workshop.sql(
            "UPDATE widget AS w SET custom = f.custom FROM widget AS f"
            " WHERE w.id = %s AND f.id = %s",
            second["id"],
            first["id"],
        )
