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
from crmkit.entity import Access, Entity
from crmkit.record import Owned
from crmkit.records.reading import owned, query, ways
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
        st.booleans(),
    ),
    asked=st.sampled_from(({}, {}, {"rank": 1}, {"rank": 2}, {"opened": True})),
    limit=st.integers(20, 90),
    tries=st.fixed_dictionaries(
        {
            "_CHEAP": st.sampled_from((0, 500)),
            "_WALKED": st.sampled_from((5, 300)),
            "_WALKED_WITH_KEYS": st.sampled_from((5, 300)),
            "_KEYS_OF_A_WALK": st.sampled_from((10, 300)),
            "_GATHERED": st.sampled_from((10, 300)),
            "_SORTED": st.sampled_from((1, 3)),
        }
    ),
)
def test_pages_are_what_one_sees(session, whose, asked, limit, tries):
    owners, role, above, gathered = whose
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
        patched.setattr(owned, "_best", {})
        for name, number in tries.items():
            patched.setattr(owned, name, number)
        patched.setattr(owned, "_is_gathered", lambda *_: gathered)
        while cursor is not None:
            place = [("cursor", cursor)] if cursor else []
            page = query.page(uow, PARCEL, query.parse(uow, PARCEL, [*parameters, *place]))
            assert page["count"] == len(expected)
            found.append([item["id"] for item in page["items"]])
            cursor = page["next_cursor"]
    assert [one for page in found for one in page] == expected
    assert {len(page) for page in found[:-1]} <= {limit}


STATEMENTS = {"EXPLAIN": "plan", "keys_0": "gather", "AS keys": "walk with keys"}
STATEMENTS |= {"AS passed": "walk", "WITH held": "ask"}


@pytest.fixture
def taken(session, monkeypatch):
    """Which steps a page of what somebody sees takes, with each of these limits."""
    steps = []

    def note(_connection, _cursor, statement, *_):
        known = (step for said, step in STATEMENTS.items() if said in statement)
        steps.append(next(known, "page"))

    def take(*owners, above=(), limits=None, **asked):
        for name, number in {
            "_CHEAP": 0,
            "_WALKED": 300,
            "_GATHERED": 300,
            **(limits or {}),
        }.items():
            monkeypatch.setattr(owned, name, number)
        steps.clear()
        uow = _unit_of_work(session, owners, above)
        parameters = [("limit", "5"), *((f"filter[{name}]", one) for name, one in asked.items())]
        query.page(uow, PARCEL, query.parse(uow, PARCEL, parameters))
        return list(steps)

    monkeypatch.setattr(owned, "_best", {})
    event.listen(session.get_bind(), "before_cursor_execute", note)
    yield take
    event.remove(session.get_bind(), "before_cursor_execute", note)


def test_of_many_owners_the_newest_are_met_and_of_few_they_are_asked_for(taken):
    assert taken(*OWNERS, limits={"_CHEAP": 500}) == ["ask"]
    assert taken(*OWNERS) == ["walk"]
    assert taken(IDLE, NEWCOMER, limits={"_CHEAP": 500}, rank="2") == ["ask"]
    assert taken(*OWNERS, name="Parcel 7") == ["plan", "page"]


def test_of_owners_who_have_little_everything_is_gathered(taken):
    assert taken(RETIRED, IDLE, limits={"_WALKED": 5}) == ["walk", "gather", "page"]
    assert taken(IDLE, limits={"_WALKED": 5}) == ["walk", "gather"]
    for limit in ("_GATHERED", "_SORTED"):
        limits = {"_WALKED": 5, "_GATHERED": 300, "_SORTED": 3, limit: 0}
        owned._best.clear()
        assert taken(RETIRED, IDLE, limits=limits) == ["walk", "gather", "ask"]


def test_what_lies_below_is_met_or_gathered(taken):
    assert taken(IDLE, above=OWNERS) == ["walk with keys"]
    few = {"_KEYS_OF_A_WALK": 5}
    assert taken(BEN, above=OWNERS, limits=few) == ["walk with keys", "walk"]
    short = {"_WALKED": 5, "_WALKED_WITH_KEYS": 5}
    walks = ["walk with keys", "walk"]
    assert taken(IDLE, above=[RETIRED], limits=short) == [*walks, "gather", "page"]
    assert taken(IDLE, above=[IDLE], limits=short) == [*walks, "gather"]
    assert taken(IDLE, above=[CLARA], limits={**short, "_GATHERED": 5}) == [*walks, "gather", "ask"]


@pytest.mark.parametrize("limit", [5, 20, 45])
def test_what_is_reached_in_two_ways_counts_once(session, monkeypatch, limit):
    for name in ("_WALKED", "_WALKED_WITH_KEYS", "_GATHERED"):
        monkeypatch.setattr(owned, name, 0)
    monkeypatch.setattr(owned, "_best", {})
    monkeypatch.setattr(ways, "few", lambda *_: 1)
    owners = {*OWNERS[3:], BEN, CLARA}
    owner_of = {row["id"]: row["owner_id"] for row in ROWS}
    expected = [
        row["id"]
        for row in reversed(ROWS)
        if row["deleted_at"] is None
        and not row["opened"]
        and {row["owner_id"], owner_of.get(row["parent_id"])} & owners
    ]
    uow = _unit_of_work(session, owners, owners)
    page = query.page(uow, PARCEL, query.parse(uow, PARCEL, [("limit", str(limit))]))
    assert [item["id"] for item in page["items"]] == expected[:limit]


def test_what_was_better_is_tried_first(taken):
    assert taken(RETIRED, IDLE, limits={"_WALKED": 5}) == ["walk", "gather", "page"]
    assert taken(RETIRED, IDLE) == ["gather", "page"]
    assert taken(RETIRED, IDLE, limits={"_GATHERED": 5}) == ["gather", "walk"]
    assert taken(RETIRED, IDLE) == ["walk"]
    assert taken(RETIRED, limits={"_WALKED": 5, "_GATHERED": 5}) == ["walk", "gather", "ask"]
    assert taken(RETIRED) == ["ask"]
