"""However a page of found records is come by, it is the one that the plain clause would give."""

import random
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select, text
from sqlalchemy.orm import DeclarativeBase, Mapped

from contracts.caller import Caller
from crmkit import fields as f
from crmkit.entity import Access, Entity
from crmkit.record import Owned
from crmkit.records import access
from crmkit.records.callers import as_caller
from crmkit.records.reading import newest, query, searching
from crmkit.unit_of_work import UnitOfWork, new_id
from tests.service.served import ANNA, BEN, CLARA

NOW = datetime(2026, 1, 31, tzinfo=UTC)
COMMON, RARE = ("anna", "bell", "cole"), ("anton", "xi", "中文", "文中")
WORDS = [*COMMON, *RARE, "an", "a", "中", "文", "absent", "!"]
RECORDS = 400


class Base(DeclarativeBase):
    pass


class Card(Owned, Base):
    __tablename__ = "card"
    text: Mapped[str] = f.text(required=True)
    rank: Mapped[int | None] = f.integer()
    search: Mapped[Any] = f.search("text")


CARD = Entity(
    model=Card, name="card", plural="cards", title="Card", label=("text",), access=Access.OWNED
)
TABLE: Any = Card.__table__


def _row(number):
    """Common words in the older half rather than in the newer, and some cards in the bin."""
    chosen = random.Random(number)
    said = [word for word in COMMON if chosen.random() < (0.7 if number < RECORDS / 2 else 0.1)]
    said += [word for word in RARE if chosen.random() < 0.03]
    return {
        "id": new_id(),
        "text": " ".join(said),
        "rank": chosen.choice((None, 1, 2, 3)),
        "owner_id": chosen.choice((BEN, CLARA)),
        "created_at": NOW,
        "modified_at": NOW,
        "deleted_at": NOW if chosen.random() < 0.05 else None,
        "version": 1,
        "created_by": BEN,
        "modified_by": BEN,
        "source": "TEST",
        "custom": {},
    }


@pytest.fixture(scope="module")
def session(workshop):
    """With so short a walk every way of finding them is gone."""
    patched = pytest.MonkeyPatch()
    patched.setattr(newest, "_FIRST_WALK", 5)
    patched.setattr(newest, "_SMALL_BYTES", 0)
    with workshop.database.transaction() as session:
        Base.metadata.create_all(session.connection())
        session.execute(TABLE.insert(), [_row(number) for number in range(RECORDS)])
        session.execute(text("ANALYZE card"))
        yield session
        session.rollback()
    patched.undo()


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join),
    asked=st.tuples(
        st.sampled_from(("", "1", "4")), st.sampled_from(("", "-id", "id", "rank", "-rank,id"))
    ),
    limit=st.integers(1, 40),
    user=st.sampled_from((ANNA, BEN)),
)
def test_pages_are_those_of_the_plain_clause(session, words, asked, limit, user):
    rank, sort = asked
    caller = as_caller(session, user)
    uow = UnitOfWork(session, caller, "workshop", {"card": CARD}, at=NOW)
    plain = select(TABLE.c.id).where(
        searching.matching(CARD, words),
        TABLE.c.deleted_at.is_(None),
        access.visible(CARD, caller),
    )
    if rank:
        plain = plain.where(TABLE.c.rank == int(rank))
    orders = {
        "id": (TABLE.c.id,),
        "rank": (TABLE.c.rank, TABLE.c.id),
        "-rank,id": (TABLE.c.rank.desc(), TABLE.c.id),
    }
    expected = session.scalars(plain.order_by(*orders.get(sort, (TABLE.c.id.desc(),)))).all()
    parameters = [("q", words), ("sort", sort), ("limit", str(limit)), ("count", "exact")]
    if rank:
        parameters.append(("filter[rank]", rank))
    found, cursor = [], None
    while True:
        place = [("cursor", cursor)] if cursor else []
        page = query.page(uow, CARD, query.parse(uow, CARD, [*parameters, *place]))
        assert len(page["items"]) <= limit
        assert page["count"] == len(expected)
        found += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert found == expected


def test_what_many_have_is_met_and_what_few_have_is_looked_up(session):
    uow = UnitOfWork(session, Caller(ANNA, "anna", is_admin=True), "workshop", {"card": CARD}, NOW)
    steps = []

    def note(_connection, _cursor, statement, *_):
        steps.append("walk" if "AS passed" in statement else statement.split()[0])

    def taken(words):
        steps.clear()
        query.page(uow, CARD, query.parse(uow, CARD, [("q", words), ("limit", "5")]))
        return list(steps)

    taken("a")  # measures the table, which is not done again for a minute
    event.listen(session.get_bind(), "before_cursor_execute", note)
    assert set(taken("a")) == {"walk"}
    for few in ("xi", "absent", "anna absent"):
        first, *_, last = taken(few)
        assert (first, last) == ("walk", "SELECT")
        assert steps.count("EXPLAIN") == 1
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(newest, "_SMALL_BYTES", 1_000_000)
        assert taken("absent") == ["SELECT"]
    event.remove(session.get_bind(), "before_cursor_execute", note)
