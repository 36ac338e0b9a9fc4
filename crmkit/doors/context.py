"""What every door of one service shares: its database, entities, settings, and who is calling."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from contracts.caller import Caller
from contracts.errors import unauthenticated, unavailable
from crmkit import tokens
from crmkit.config import Settings
from crmkit.db import Database
from crmkit.entity import Entity
from crmkit.records import standing
from crmkit.records.annotations.recent import Views
from crmkit.records.callers import CallerCache, caller_from
from crmkit.records.tailoring.loading import Shaped

PATIENCE_SECONDS = 1.0
"""How long a person or key this service has not heard of yet is waited for."""


class Admitted(NamedTuple):
    """Who may come in, and by which token."""

    caller: Caller
    claims: tokens.Claims


@dataclass
class ServiceContext:
    """One per service and process. `migrations` is the folder of the service's revisions."""

    database: Database
    entities: Mapping[str, Entity]
    settings: Settings
    migrations: Path
    callers: CallerCache = field(default_factory=CallerCache)
    verified: tokens.VerifiedTokens = field(default_factory=tokens.VerifiedTokens)
    shaped: Shaped = field(init=False)
    views: Views = field(default_factory=Views)
    _standing: standing.Standing = standing.UNKNOWN
    _standing_until: float = 0.0

    @property
    def service(self) -> str:
        """The service's name."""
        return self.database.service

    def entity_of(self, plural: str) -> Entity | None:
        """The entity whose records live under `/{plural}`, as administrators have shaped it."""
        name = self._names.get(plural)
        return None if name is None else self.shaped.entities[name]

    def __post_init__(self) -> None:
        self.shaped = Shaped(self.entities)
        self._names = {entity.plural: entity.name for entity in self.entities.values()}

    def reshaped(self) -> bool:
        """Whether administrators have changed an entity since this process last looked."""
        with self.database.reading() as session:
            return self.shaped.renew(session)

    def authenticate(
        self, session: Session, authorization: str | None, *, request_id: str, traceparent: str
    ) -> Admitted:
        """Who sends this `Authorization` header.

        Raises Problem 401 for a token that does not verify, of a session that has ended, or of a
        person who is no longer active, 503 for a person this service has not heard of although the
        token is good.
        """
        claims = self._verify(session, tokens.bearer(authorization))
        now = self.standing(session)
        if claims.session_id in now.ended:
            raise unauthenticated("This session has ended.")
        row = self._patiently(lambda: self.callers.find(session, claims.user_id, now.rights))
        if row is None:
            raise unavailable("You are known to sign-in but not here yet.", retry_after=1)
        if not row.active:
            raise unauthenticated("This user has been deactivated.")
        caller = caller_from(session, row, request_id=request_id, traceparent=traceparent)
        return Admitted(replace(caller, scopes=claims.scopes), claims)

    def standing(self, session: Session, *, fresh: bool = False) -> standing.Standing:
        """What every request rests on, read again when that was not a moment ago."""
        now = time.monotonic()
        if fresh or now >= self._standing_until:
            changes = self.shaped.changes
            self._standing = standing.read(session)
            self._standing_until = now + standing.SECONDS
            self.shaped.heed(session, self._standing.shape, changes)
        return self._standing

    def _verify(self, session: Session, token: str) -> tokens.Claims:
        deadline = time.monotonic() + PATIENCE_SECONDS
        keys = self.standing(session).keys
        while True:
            try:
                return self.verified.verify(token, keys)
            except tokens.UnknownKey:
                # A key may sign its first token a moment before its event arrives here.
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
                keys = self.standing(session, fresh=True).keys

    def _patiently(self, find: Any) -> Any:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            found = find()
            if found is not None or time.monotonic() > deadline:
                return found
            time.sleep(0.05)
