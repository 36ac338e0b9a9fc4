"""Records that look alike are found by their keys, from an index of them."""

import uuid
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import DeclarativeBase, Mapped

from crmkit import fields as f
from crmkit.entity import Access, Entity
from crmkit.fields import Field, Kind
from crmkit.record import Record
from crmkit.records.deduplication import blocking
from crmkit.records.reading import plans
from crmkit.records.tailoring import indexes
from crmkit.tailoring import Tailoring
from tests.eventually import eventually


class Base(DeclarativeBase):
    pass


class Person(Record, Base):
    __tablename__ = "person"
    first_name: Mapped[str | None] = f.text()
    last_name: Mapped[str | None] = f.text()
    email: Mapped[str | None] = f.email()
    phone: Mapped[str | None] = f.phone()
    website: Mapped[str | None] = f.url()
    town: Mapped[str | None] = f.text()


PERSON = Entity(
    model=Person,
    name="person",
    plural="people",
    title="Person",
    label=("first_name", "last_name"),
    access=Access.SHARED,
)
TABLE: Any = Person.__table__
MORE = PERSON.tailored(Tailoring({"cf_mail": Field(Kind.EMAIL, key="f1")}))
PEOPLE = {
    "ada": {"first_name": "Ada", "last_name": "O'Neill", "email": "Ada@example.com"},
    "same name": {"last_name": "ADA ONeill Ltd."},
    "same address": {"email": "ada@EXAMPLE.com "},
    "same number": {"phone": "0049 (30) 123 45 67"},
    "same site": {"website": "http://www.example.com/"},
    "another": {"first_name": "Ada", "email": "ada@example.org", "town": "O'Neill"},
    "own": {"custom": {"f1": "ada@example.com"}},
}


@pytest.fixture(scope="module")
def session(workshop):
    Base.metadata.create_all(workshop.database.engine)
    with workshop.database.transaction() as session:
        system = {name: str(uuid.UUID(int=0)) for name in ("created_by", "modified_by")}
        times = {name: text("now()") for name in ("created_at", "modified_at")}
        for name, values in PEOPLE.items():
            row = system | {"id": str(uuid.uuid4()), "number": name, "version": 1, "source": "API"}
            session.execute(TABLE.insert().values({**row, **times, **values}))
    with workshop.database.reading() as session:
        yield session


def found(session, entity, **told):
    query = select(TABLE.c.number).where(blocking.sharing(entity, told))
    return set(session.scalars(query))


def test_a_key_is_a_value_of_one_field_however_it_is_spelt(session):
    ada = PEOPLE["ada"]
    assert found(session, PERSON, **ada) == {"ada", "same name", "same address"}
    assert found(session, PERSON, phone="+49 30 1234567") == {"same number"}
    assert found(session, PERSON, website="example.com") == {"same site"}
    assert found(session, PERSON, last_name="ada@example.com") == set()
    assert found(session, MORE, cf_mail="Ada@Example.com") == {"own"}
    assert found(session, PERSON) == set()


def test_they_come_from_an_index_that_follows_the_fields(workshop, session):
    def keep(entity):
        with workshop.database.transaction() as apart:
            blocking.keep_index(apart, entity)
        indexes.tend(workshop.database)
        return workshop.sql(
            "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
            " WHERE i.indisvalid AND c.relname LIKE 'ix_person_alike_%%' ORDER BY 1"
        )

    def used(entity):
        with workshop.database.transaction() as apart:
            apart.execute(text("SET LOCAL enable_seqscan = off"))
            near = blocking.sharing(entity, {"email": "ada@example.com"})
            query = select(TABLE.c.id).where(near, TABLE.c.deleted_at.is_(None))
            step = plans.plan(apart, query)
            while "Plans" in step:
                step = step["Plans"][0]
            return step.get("Index Name")

    eventually(lambda: len(keep(PERSON)), 1)
    [(first,)] = keep(PERSON)
    assert used(PERSON) == first
    # The former one goes when the new one stands, not before.
    eventually(lambda: len(keep(MORE)), 2)
    eventually(lambda: len(keep(MORE)), 1)
    [(second,)] = keep(MORE)
    assert first != second == used(MORE)
