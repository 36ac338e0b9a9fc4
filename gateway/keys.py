"""Whose tokens count: identity's public keys, kept fresh, and who the caller says to be by them."""

import threading
import time
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import structlog

from contracts.errors import Problem, unavailable
from crmkit import tokens
from gateway.upstream import PROBE_SECONDS, Upstream

JWKS_PATH = "/jwks"

_FRESH_SECONDS = 300.0
_PAUSE_SECONDS = 0.5

_log = structlog.get_logger()


class KeyRing:
    """The public keys access tokens are signed with.

    They come from the first of `sources` that has any: identity, then whichever service answers,
    for each keeps a copy. Old keys stay in use while none can be reached. A token signed with an
    unknown key makes the ring look again, at most twice a second, so that a new key works at once
    and invented ones cost identity nothing.
    """

    def __init__(self, sources: Sequence[Upstream]) -> None:
        self._sources = sources
        self._keys: list[dict[str, Any]] = []
        self._fetched_at = -_FRESH_SECONDS
        self._tried_at = -_PAUSE_SECONDS
        self._fetching = threading.Lock()
        self._verified = tokens.VerifiedTokens()

    def authenticate(self, authorization: str | None) -> tokens.Claims:
        """Verify the bearer token. Raises Problem: 401, or 503 while there are no keys at all."""
        token = tokens.bearer(authorization)
        keys = self.keys()
        try:
            return self._verified.verify(token, keys)
        except tokens.UnknownKey:
            self._fetch(wait=True)
            if self._keys == keys:
                raise
            return self._verified.verify(token, self._keys)

    def keys(self) -> list[dict[str, Any]]:
        """The keys in use (RFC 7517), fetched anew when they are five minutes old."""
        if time.monotonic() - self._fetched_at > _FRESH_SECONDS:
            # Whoever has keys goes on with them while another fetches; the first ones wait.
            self._fetch(wait=not self._keys)
        if not self._keys:
            raise unavailable("No service can say yet which tokens are good.", retry_after=1)
        return self._keys

    def _fetch(self, *, wait: bool) -> None:
        if not self._fetching.acquire(blocking=wait):
            return
        try:
            if time.monotonic() - self._tried_at >= _PAUSE_SECONDS:
                self._ask_around()
                self._tried_at = time.monotonic()
        finally:
            self._fetching.release()

    def _ask_around(self) -> None:
        for source in self._sources:
            if keys := _published_by(source):
                self._keys, self._fetched_at = keys, time.monotonic()
                return
        _log.warning("no service publishes signing keys")


def _published_by(source: Upstream) -> list[dict[str, Any]]:
    try:
        reply = source.call("GET", JWKS_PATH, {}, seconds=PROBE_SECONDS, whole=True)
        return list(reply.json()["keys"]) if reply.status == HTTPStatus.OK else []
    except (Problem, ValueError, KeyError, TypeError) as error:
        _log.warning("cannot read signing keys", source=source.name, error=str(error))
        return []
