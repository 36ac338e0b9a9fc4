"""Whether the audit is as it was written; if not, the first row that is not.

Nothing is taken from the rows' own word for it but each row's hash of itself and of the one before;
days must be followed by days and end as their heads say. Who can write to the database as its owner
might rewrite everything from some row on: heads that were exported before name that.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

import orjson
from pydantic import BaseModel
from pydantic import Field as Constraint
from pydantic.json_schema import SkipJsonSchema
from sqlalchemy import Engine, select, tuple_
from sqlalchemy.orm import Session

from contracts.errors import FieldError, bad_request
from crmkit.records.auditing import chain
from crmkit.records.auditing.chain import audit, audit_day, audit_personal
from crmkit.unit_of_work import UnitOfWork

ERASED = "audit.personal_erased"
"""The act that says of which rows the personal part was taken out; `details.rows` names them."""

_CHUNK = 20_000

Wrong = Literal["altered", "missing", "added", "replaced", "personal_altered", "personal_missing"]


class VerifyQuery(BaseModel):
    """Where to go on."""

    cursor: str | SkipJsonSchema[None] = Constraint(
        default=None, description="`next_cursor` of the answer before."
    )


class BadRow(BaseModel):
    """The first row that is not as it was written, and what is wrong there."""

    day: date
    seq: int
    wrong: Wrong


class Verdict(BaseModel):
    """How many rows were found to be in order; `next_cursor` goes on with the others."""

    checked: int
    bad: BadRow | None
    next_cursor: str | None


@dataclass(slots=True)
class _Walk:
    """Along the chain: the last row that was in order, and what is known of days and erasures."""

    day: date | None = None
    seq: int = 0
    hash: bytes = chain.GENESIS
    heads: dict[date, Any] = field(default_factory=dict)
    erased: frozenset[tuple[str, int]] = frozenset()
    places: dict[bytes, tuple[date, int]] = field(default_factory=dict)

    def step(self, row: Any) -> BadRow | None:
        """Go on to this row; what is wrong with it or with what should have come before it."""
        if row.day != self.day:
            wrong = self.end_of_day(until=row.day)
            if wrong is not None:
                return wrong
            self.seq = 0
        if row.day not in self.heads:
            return BadRow(day=row.day, seq=row.seq, wrong="added")
        if row.seq != self.seq + 1:
            return BadRow(day=row.day, seq=self.seq + 1, wrong="missing")
        prev, own = bytes(row.prev), bytes(row.hash)
        if chain.digest(prev, _hashed(row)) != own:
            return self._pushed_aside(row) or BadRow(day=row.day, seq=row.seq, wrong="altered")
        if prev != self.hash:
            # The row is whole, so it is the one before it that is not what it followed.
            day, seq = (self.day, self.seq) if self.seq else (row.day, row.seq)
            return BadRow(day=day or row.day, seq=seq, wrong="replaced")
        wrong = self._personal(row)
        if wrong is None:
            self.day, self.seq, self.hash = row.day, row.seq, own
            self.places[own] = (row.day, row.seq)
        return wrong

    def _pushed_aside(self, row: Any) -> BadRow | None:
        """Where rows were put in before this one, if it is whole but for its place."""
        day, seq = self.places.get(bytes(row.prev), (row.day, 0))
        seq = seq + 1 if day == row.day else 1
        moved = {**_hashed(row), "seq": seq}
        if chain.digest(bytes(row.prev), moved) != bytes(row.hash) or seq > self.seq:
            return None
        return BadRow(day=row.day, seq=seq, wrong="added")

    def end_of_day(self, until: date | None = None) -> BadRow | None:
        """Whether the day, and those after it before `until`, hold what their heads say."""
        if self.day is not None:
            head = self.heads[self.day]
            if head.seq > self.seq:
                return BadRow(day=self.day, seq=self.seq + 1, wrong="missing")
            if head.seq < self.seq:
                return BadRow(day=self.day, seq=head.seq + 1, wrong="added")
            if bytes(head.hash) != self.hash:
                return BadRow(day=self.day, seq=self.seq, wrong="replaced")
        for day in sorted(self.heads):
            if (self.day is None or day > self.day) and (until is None or day < until):
                return BadRow(day=day, seq=1, wrong="missing")
        return None

    def _personal(self, row: Any) -> BadRow | None:
        promised = row.personal_digest and bytes(row.personal_digest)
        if row.content is not None:
            found = chain.personal_digest(bytes(row.salt), row.content)
            if found != promised:
                return BadRow(day=row.day, seq=row.seq, wrong="personal_altered")
        elif promised is not None and (row.day.isoformat(), row.seq) not in self.erased:
            return BadRow(day=row.day, seq=row.seq, wrong="personal_missing")
        return None


def verify(uow: UnitOfWork, wanted: VerifyQuery) -> Verdict:
    """Walk a part of the chain, from its beginning or from a cursor. Raises Problem 400."""
    after = _place(wanted.cursor) if wanted.cursor else None
    return walk(uow.session.get_bind().engine, after)


def walk(engine: Engine, after: tuple[date, int] | None = None, most: int = _CHUNK) -> Verdict:
    """Up to `most` rows after this one, as they are together at one moment."""
    snapshot = engine.execution_options(isolation_level="REPEATABLE READ")
    with Session(snapshot) as session, session.begin():
        at = _Walk(
            heads={row.day: row for row in session.execute(select(audit_day))},
            erased=_erased(session),
        )
        if after is not None and not _begin(session, at, after):
            return Verdict(
                checked=0, bad=BadRow(day=after[0], seq=after[1], wrong="missing"), next_cursor=None
            )
        count = 0
        for row in _rows(session, after, most):
            wrong = at.step(row)
            if wrong is not None:
                return Verdict(checked=count, bad=wrong, next_cursor=None)
            count += 1
        if count == most and at.day is not None:
            return Verdict(checked=count, bad=None, next_cursor=f"{at.day.isoformat()}/{at.seq}")
        return Verdict(checked=count, bad=at.end_of_day(), next_cursor=None)


def _begin(session: Session, at: _Walk, after: tuple[date, int]) -> bool:
    query = select(audit.c.hash).where(audit.c.day == after[0], audit.c.seq == after[1])
    found = session.scalar(query)
    if found is None or after[0] not in at.heads:
        return False
    at.day, at.seq, at.hash = after[0], after[1], bytes(found)
    at.heads = {day: head for day, head in at.heads.items() if day >= after[0]}
    return True


def _rows(session: Session, after: tuple[date, int] | None, most: int) -> Iterator[Any]:
    both = (audit_personal.c.day == audit.c.day) & (audit_personal.c.seq == audit.c.seq)
    query = (
        select(audit, audit_personal.c.salt, audit_personal.c.content)
        .outerjoin(audit_personal, both)
        .order_by(audit.c.day, audit.c.seq)
        .limit(most)
    )
    if after is not None:
        query = query.where(tuple_(audit.c.day, audit.c.seq) > after)
    return iter(session.execute(query))


def _erased(session: Session) -> frozenset[tuple[str, int]]:
    found = session.scalars(select(audit.c.details).where(audit.c.act == ERASED))
    return frozenset((day, seq) for said in found for day, seq in orjson.loads(said)["rows"])


def _hashed(row: Any) -> dict[str, Any]:
    said = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
    personal = row.personal_digest and bytes(row.personal_digest).hex()
    return said | {
        "day": row.day.isoformat(),
        "at": chain.instant(row.at),
        "personal_digest": personal,
    }


def _place(cursor: str) -> tuple[date, int]:
    day, _, seq = cursor.partition("/")
    try:
        return date.fromisoformat(day), min(int(seq), 2**31 - 1)
    except ValueError:
        error = FieldError("/cursor", "invalid", "is not one of this walk")
        raise bad_request("invalid_cursor", "The cursor cannot be read.", [error]) from None
