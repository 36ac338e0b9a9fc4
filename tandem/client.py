"""A plain client of Tandem's public API: the commands that touch data have no other door."""

import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import requests
from requests.adapters import HTTPAdapter

from contracts.errors import FieldError
from tandem import credentials
from tandem.credentials import Credentials, NotSignedIn

_TRANSIENT = frozenset({429, 502, 503, 504})
_IN_PROGRESS = "request_in_progress"
_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 5.0
_TIMEOUT = (5.0, 60.0)
_PAGE = 200


class ApiError(Exception):
    """The API refused: its problem document, with every bad field."""

    def __init__(self, status: int, document: Mapping[str, Any]) -> None:
        self.status = status
        self.document = document
        self.code = str(document.get("code", f"http_{status}"))
        self.detail = str(document.get("detail") or document.get("title") or "No reason given.")
        self.request_id = str(document.get("request_id", ""))
        self.errors = tuple(
            FieldError(str(e["pointer"]), str(e.get("code", "")), str(e.get("detail", "")))
            for e in document.get("errors", ())
        )
        lines = [f"{self.detail} ({self.code}, request {self.request_id or 'unknown'})"]
        lines += [f"  {error.pointer}: {error.detail}" for error in self.errors]
        super().__init__("\n".join(lines))


class Unreachable(Exception):  # noqa: N818 - about the network, not a fault of the program
    """No answer in spite of patience; everything done so far stands and may be repeated."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer: parsed JSON (None for 204) and what an upsert did."""

    status: int
    body: Any
    outcome: str


class Client:
    """Calls the API as one user; safe to share between threads.

    What cannot have happened twice is repeated for `patience` seconds while the service is away:
    every POST carries an Idempotency-Key, an upsert by external id needs none.
    """

    def __init__(
        self,
        session: Credentials,
        *,
        kept_in: Path | None = None,
        connections: int = 8,
        patience: float = 60.0,
    ) -> None:
        self.url = session.url.rstrip("/")
        self._credentials = session
        self._kept_in = kept_in
        self._patience = patience
        self._renewing = threading.Lock()
        self._http = requests.Session()
        self._http.trust_env = False
        self._http.mount(self.url, HTTPAdapter(pool_connections=1, pool_maxsize=connections))

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None, **options: Any) -> "Client":
        """The caller that TANDEM_URL and TANDEM_TOKEN name, else the one signed in by `login`.

        Raises NotSignedIn.
        """
        env = os.environ if env is None else env
        token, url = env.get("TANDEM_TOKEN"), env.get("TANDEM_URL")
        if token:
            return cls(Credentials(url or credentials.DEFAULT_URL, token), **options)
        path = credentials.default_path(env)
        kept = credentials.load(path)
        if kept is None or (url and kept.url.rstrip("/") != url.rstrip("/")):
            where = f"at {url or credentials.DEFAULT_URL}"
            raise NotSignedIn(
                f"Nobody is signed in {where}: run `tandem login`, or set TANDEM_URL and "
                "TANDEM_TOKEN."
            )
        return cls(kept, kept_in=path, **options)

    @classmethod
    def sign_in(
        cls,
        url: str,
        username: str,
        password: str,
        *,
        second_factor: Callable[[], str] | None = None,
        kept_in: Path | None = None,
        **options: Any,
    ) -> "Client":
        """A client signed in with a password; kept in a file if one is named.

        `second_factor` is asked for a code where the user has an authenticator. Raises ApiError.
        """
        client = cls(Credentials(url, ""), kept_in=kept_in, **options)
        body = {"username": username, "password": password}
        try:
            client._adopt(client._let_in(body, second_factor))
        except BaseException:
            client.close()
            raise
        return client

    def _let_in(
        self, body: Mapping[str, str], second_factor: Callable[[], str] | None
    ) -> Mapping[str, Any]:
        try:
            tokens: Mapping[str, Any] = self._send("POST", "/auth/token", {"json": body}).body
        except ApiError as error:
            if error.code != "second_factor_required" or second_factor is None:
                raise
            met = {"challenge": error.document["challenge"], "code": second_factor()}
            tokens = self._send("POST", "/auth/second-factor", {"json": met}).body
        return tokens

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the pooled connections."""
        self._http.close()

    def get(self, path: str, **query: Any) -> Any:
        """The parsed answer to `GET /api/v1{path}`. Raises ApiError, Unreachable, NotSignedIn."""
        return self._call("GET", path, {"params": query}).body

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The parsed answer to a POST, sent under one Idempotency-Key however often it is tried."""
        key = {"Idempotency-Key": str(uuid.uuid4())}
        return self._call("POST", path, {"json": body or {}, "headers": key}).body

    def patch(self, path: str, body: Mapping[str, Any]) -> Any:
        """The parsed answer to a merge patch."""
        return self._call("PATCH", path, {"json": body}).body

    def upsert(self, plural: str, source: str, key: str, body: Mapping[str, Any]) -> Answer:
        """Make the record known as `key` to `source` say `body`.

        The answer's `outcome` is "created", "changed" or "unchanged".
        """
        path = f"/{plural}/external/{quote(source, safe='')}/{quote(key, safe='')}"
        return self._call("PUT", path, {"json": body})

    def each(self, plural: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Every record of a list, page by page."""
        cursor = None
        while True:
            place: dict[str, str] = {} if cursor is None else {"cursor": cursor}
            page = self.get(f"/{plural}", limit=_PAGE, **query, **place)
            yield from page["items"]
            cursor = page.get("next_cursor")
            if cursor is None:
                return

    def _call(self, method: str, path: str, options: Mapping[str, Any]) -> Answer:
        """One call as the signed-in user; a token that has run out is renewed once."""
        token = self._credentials.access_token
        try:
            return self._send(method, path, options, token=token)
        except ApiError as error:
            if error.status != requests.codes.unauthorized:
                raise
        return self._send(method, path, options, token=self._renewed(token))

    def _renewed(self, spent: str) -> str:
        with self._renewing:
            if self._credentials.access_token != spent:
                return self._credentials.access_token
            if self._kept_in is None:
                return self._renew()
            with credentials.locked(self._kept_in):
                kept = credentials.load(self._kept_in)
                if kept is not None and kept.access_token != spent:
                    self._credentials = kept
                    return kept.access_token
                return self._renew()

    def _renew(self) -> str:
        """Exchange the refresh token, once: used twice, it would end the sign-in."""
        refresh = self._credentials.refresh_token
        if refresh is None:
            raise NotSignedIn("The token in TANDEM_TOKEN is not accepted (any more).")
        try:
            body = {"refresh_token": refresh}
            answer = self._send("POST", "/auth/refresh", {"json": body}, patience=0)
        except ApiError as error:
            raise NotSignedIn(f"The sign-in is over ({error.code}): run `tandem login`.") from None
        return self._adopt(answer.body)

    def _adopt(self, tokens: Mapping[str, Any]) -> str:
        self._credentials = Credentials(
            self.url, str(tokens["access_token"]), str(tokens["refresh_token"])
        )
        if self._kept_in is not None:
            credentials.save(self._kept_in, self._credentials)
        return self._credentials.access_token

    def _send(
        self,
        method: str,
        path: str,
        options: Mapping[str, Any],
        *,
        token: str = "",
        patience: float | None = None,
    ) -> Answer:
        headers = {**options.get("headers", {}), "Accept": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        request = {**options, "headers": headers, "timeout": _TIMEOUT}
        deadline = time.monotonic() + (self._patience if patience is None else patience)
        pause = _FIRST_PAUSE
        while True:
            reason = ""
            try:
                response = self._http.request(method, f"{self.url}/api/v1{path}", **request)
            except (requests.ConnectionError, requests.Timeout) as error:
                reason = _why(error)
                wait = pause
            else:
                if response.ok:
                    return _answer(response)
                refusal = ApiError(response.status_code, _problem(response))
                if response.status_code not in _TRANSIENT and refusal.code != _IN_PROGRESS:
                    raise refusal
                wait = max(pause, _retry_after(response))
            if time.monotonic() + wait > deadline:
                if reason:
                    raise Unreachable(f"{self.url} cannot be reached: {reason}")
                raise refusal
            time.sleep(wait)
            pause = min(2 * pause, _LONGEST_PAUSE)


def _answer(response: requests.Response) -> Answer:
    body = response.json() if response.content else None
    return Answer(response.status_code, body, response.headers.get("Tandem-Outcome", ""))


def _problem(response: requests.Response) -> Mapping[str, Any]:
    try:
        document = response.json()
    except ValueError:
        return {"detail": f"HTTP {response.status_code} {response.reason}"}
    return document if isinstance(document, dict) else {"detail": str(document)}


def _retry_after(response: requests.Response) -> float:
    seconds = response.headers.get("Retry-After", "")
    return min(float(seconds), _LONGEST_PAUSE) if seconds.isdigit() else 0.0


def _why(error: requests.RequestException) -> str:
    return "no answer in time" if isinstance(error, requests.Timeout) else "connection failed"
