"""However a page of what somebody sees is come by, it is what a plain reading of the rows gives."""

import random
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, insert, text
from sqlalchemy.orm import DeclarativeBase, Mapped

from contracts.caller import Caller
from contracts.rights import EVERY_VERB, ModuleGrant, Owners, Rights, Shared, Sharing
from crmkit import fields as f
from crmkit.entity import Access, Entity, Owned
from crmkit.records.reading import owned, query
from crmkit.unit_of_work import UnitOfWork, new_id
from tests.service.served import BEN, CLARA, DESK

NOW = datetime(2026, 1, 31, tzinfo=UTC)
OWNERS = [new_id() for _ in range(8)]
RETIRED, NEWCOMER, IDLE = OWNERS[:3]
"""Who has only the oldest records, only the newest ones, none."""
RECORDS = 250


class Base(DeclarativeBase):
    pass


class Parcel(Owned, Base):
    __tablename__ = "parcel"
    name: Mapped[str] = f.text(required=True)
    rank: Mapped[int] = f.integer()
    opened: Mapped[bool] = f.boolean()
    parent_id: Mapped[str | None] = f.link("parcel")


PARCEL = Entity(
    model=Parcel,
    name="parcel",
    plural="parcels",
    title="Parcel",
    label=("name",),
    access=Access.OWNED,
    unlisted="opened",
)
TABLE: Any = Parcel.__table__


def _row(number, above):
    chosen = random.Random(number)
    owners = [*OWNERS[3:], BEN, CLARA]
    owners += [RETIRED] * 9 if number < RECORDS / 5 else []
    owners += [NEWCOMER] * 9 if number > RECORDS * 4 / 5 else []
    return {
        "id": new_id(),
        "name": f"Parcel {number}",
        "rank": chosen.choice((1, 1, 1, 2)),
        "opened": chosen.random() < 0.1,
        "owner_id": chosen.choice(owners),
        "parent_id": chosen.choice(above)["id"] if above and chosen.random() < 0.3 else None,
        "created_at": NOW,
        "modified_at": NOW,
        "deleted_at": NOW if chosen.random() < 0.1 else None,
        "version": 1,
        "created_by": BEN,
        "modified_by": BEN,
        "source": "TEST",
        "custom": {},
    }


def _rows():
    made: list[dict[str, Any]] = []
    for number in range(RECORDS):
        made.append(_row(number, made))
    return made


ROWS = _rows()


@pytest.fixture(scope="module")
def session(workshop):
    with workshop.database.transaction() as session:
        Base.metadata.create_all(session.connection())
        session.execute(insert(Parcel), ROWS)
        session.execute(text("ANALYZE parcel"))
        yield session
        session.rollback()


def _unit_of_work(session, owners, above=(), *, role=False):
    """Of somebody who sees the records of the owners, and what lies below those of the `above`."""
    own = _owners(owners, DESK) if role else _owners(owners)
    shared = [Shared(own), *([Shared(_owners(above), "parcel")] if above else [])]
    rights = Rights(
        others=ModuleGrant(frozenset({EVERY_VERB})),
        own=own,
        sharing={"parcel": Sharing(tuple(shared), ())},
    )
    caller = Caller(BEN, "ben", is_admin=False, rights=rights)
    return UnitOfWork(session, caller, "workshop", {"parcel": PARCEL}, at=NOW)


def _owners(ids, *roles):
    arrays = ("{" + ",".join(sorted(those)) + "}" for those in (ids, roles))
    return Owners(*arrays, size=len(ids) + 2 * len(roles))


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    whose=st.tuples(
        st.sets(st.sampled_from(OWNERS), min_size=1),
        st.booleans(),
        st.sets(st.sampled_from(OWNERS), max_size=2),
    ),
    asked=st.sampled_from(({}, {}, {"rank": 1}, {"rank": 2}, {"opened": True})),
    limit=st.integers(20, 90),
    way=st.tuples(st.sampled_from((0, 500)), st.booleans()),
)
def test_pages_are_what_one_sees(session, whose, asked, limit, way):
    (owners, role, above), (cheap, gathered) = whose, way
    uow = _unit_of_work(session, owners, above, role=role)
    theirs = owners | ({BEN, CLARA} if role else set())
    owner_of = {row["id"]: row["owner_id"] for row in ROWS}
    expected = [
        row["id"]
        for row in reversed(ROWS)
        if row["deleted_at"] is None
        and (row["owner_id"] in theirs or owner_of.get(row["parent_id"]) in above)
        and all(row[name] == value for name, value in ({"opened": False} | asked).items())
    ]
    parameters = [("limit", str(limit)), ("count", "exact"), ("fields", "id")]
    parameters += [(f"filter[{name}]", str(value).lower()) for name, value in asked.items()]
    found, cursor = [], ""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(owned, "_CHEAP", cheap)
        patched.setattr(owned, "_PASSED", 1)
        patched.setattr(owned, "_is_gathered", lambda *_: gathered)
        while cursor is not None:
            place = [("cursor", cursor)] if cursor else []
            page = query.page(uow, PARCEL, query.parse(uow, PARCEL, [*parameters, *place]))
            assert page["count"] == len(expected)
            found.append([item["id"] for item in page["items"]])
            cursor = page["next_cursor"]
    assert [one for page in found for one in page] == expected
    assert {len(page) for page in found[:-1]} <= {limit}


def test_of_many_owners_the_newest_are_met_and_of_few_they_are_asked_for(session):
    steps = []

    def note(_connection, _cursor, statement, *_):
        known = {"AS passed": "walk", "WITH held": "ask", "EXPLAIN": "plan"}
        steps.append(next((step for said, step in known.items() if said in statement), "plain"))

    def taken(*owners, cheap, **asked):
        steps.clear()
        uow = _unit_of_work(session, owners)
        parameters = [("limit", "5"), *((f"filter[{name}]", one) for name, one in asked.items())]
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(owned, "_CHEAP", cheap)
            query.page(uow, PARCEL, query.parse(uow, PARCEL, parameters))
        return list(steps)

    event.listen(session.get_bind(), "before_cursor_execute", note)
    assert taken(*OWNERS, cheap=500) == ["ask"]
    assert taken(*OWNERS, cheap=0) == ["walk"]
    assert taken(RETIRED, IDLE, cheap=0) == ["walk", "ask"]
    assert taken(IDLE, cheap=500, rank="2") == ["ask"]
    assert taken(*OWNERS, cheap=0, name="Parcel 7") == ["plan", "plain"]
    event.remove(session.get_bind(), "before_cursor_execute", note)
