"""A service as one person meets it over HTTP, for proofs that look at exact answers."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import urllib3


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes
    asked: str

    @property
    def json(self) -> Any:
        """The body, parsed; None if there is none."""
        return json.loads(self.body) if self.body else None

    def expect(self, status: int) -> Any:
        """The body of an answer that must have this status, parsed. Raises AssertionError."""
        self.content(status)
        return self.json

    def content(self, status: int) -> bytes:
        """The body of an answer that must have this status. Raises AssertionError."""
        said = self.body[:500].decode(errors="replace")
        assert self.status == status, f"{self.asked}: {self.status} instead of {status}: {said}"
        return self.body

    def refused(self, status: int) -> dict[str, str]:
        """The code of each bad field by its pointer. Raises AssertionError unless it is so."""
        problem = self.expect(status)
        kind = self.headers.get("content-type")
        assert kind == "application/problem+json", f"{self.asked}: a refusal is {kind}"
        return {error["pointer"]: error["code"] for error in problem.get("errors", ())}


class Client:
    """One person's way in; None does not sign in. `prefix` stands before every path."""

    def __init__(self, url: str, token: str | None, *, prefix: str = "") -> None:
        self._pool = urllib3.connection_from_url(url, maxsize=1)
        self._prefix = prefix
        self._headers = {"Content-Type": "application/json"}
        if token is not None:
            self._headers["Authorization"] = f"Bearer {token}"

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Send one request: `path` encoded where it must be, `body` as JSON unless it is bytes."""
        target = self._prefix + path
        if query:
            target += "?" + urlencode(query)
        # The standard library's: tests also send what others cannot write.
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        reply = self._pool.request(
            method,
            target,
            body=content,
            headers=self._headers | (headers or {}),
            timeout=30.0,
            redirect=False,
        )
        said = {name.lower(): value for name, value in reply.headers.items()}
        return Answer(reply.status, said, reply.data, f"{method} {target}")

    def get(self, path: str, **query: Any) -> Any:
        """The body of what must be answered with 200."""
        return self.ask("GET", path, query=query).expect(200)

    def close(self) -> None:
        """Close the connection."""
        self._pool.close()
