"""What each request of a process rests on: signing keys, ended sessions, and how far rights and
entities have been changed. One statement each quarter of a second tells all of it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crmkit.records.ended_sessions import ended_session
from crmkit.records.principals import signing_key
from crmkit.records.rights import tables
from crmkit.records.tailoring.tables import tailoring_version

SECONDS = 0.25
"""How long it may be relied on; with the time a look takes, all see a change in three tenths."""

_NOW = select(
    select(func.jsonb_agg(signing_key.c.jwk))
    .where(signing_key.c.retired.is_(False))
    .scalar_subquery(),
    select(func.array_agg(ended_session.c.session_id))
    .where(ended_session.c.until > func.now())
    .scalar_subquery(),
    tables.VERSION,
    func.coalesce(select(tailoring_version.c.version).scalar_subquery(), 0),
)


class Standing(NamedTuple):
    """As of one moment: public keys (RFC 7517) that sign access tokens, sessions whose tokens no
    longer count, and the versions of all changes of rights and of entities.
    """

    keys: Sequence[Mapping[str, Any]]
    ended: frozenset[str]
    rights: int
    shape: int


UNKNOWN = Standing((), frozenset(), -1, 0)


def read(session: Session) -> Standing:
    """How things stand now."""
    keys, ended, rights, shape = session.execute(_NOW).one()
    return Standing(keys or [], frozenset(ended or ()), rights, shape)
