"""A service for the gateway to talk to, a signer of tokens, and small API documents."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

USER = "01900000-0000-7000-8000-000000000001"

CATALOGUE = {
    "routes": {
        "leads": {"service": "sales", "entity": "lead"},
        "tickets": {"service": "support", "entity": "ticket"},
        "users": {"service": "identity", "entity": "user"},
    },
    "related": {
        "leads": [
            {"name": "calls", "entity": "call", "label": "Calls", "service": "sales"},
            {"name": "tickets", "entity": "ticket", "label": "Tickets", "service": "support"},
        ]
    },
    "actions": [
        {"method": "POST", "path": "/auth/token", "service": "identity", "public": True},
        {"method": "GET", "path": "/me", "service": "identity", "public": False},
        {"method": "POST", "path": "/leads/{id}/convert", "service": "sales", "public": False},
        {"method": "GET", "path": "/leads/{id}/calls", "service": "support", "public": False},
    ],
}

OPENAPI: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Tandem", "version": "0.1.0", "description": "Everything.\n\nOnce."},
    "security": [{"bearer": []}],
    "tags": [{"name": "sales", "description": "People who may buy."}],
    "paths": {
        "/api/v1/leads/{id}": {
            "parameters": [
                {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
            ],
            "x-entity": "lead",
            "get": {
                "tags": ["sales"],
                "summary": "Read a lead",
                "responses": {
                    "200": {
                        "description": "The lead.",
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Lead"}}
                        },
                    },
                    "404": {"$ref": "#/components/responses/404"},
                },
            },
        },
        "/api/v1/meta/lead": {
            "x-entity": "lead",
            "get": {"tags": ["sales"], "summary": "Fields", "responses": {}},
        },
        "/api/v1/auth/token": {
            "post": {
                "summary": "Sign in",
                "security": [],
                "responses": {"401": {"$ref": "#/components/responses/401"}},
            }
        },
    },
    "components": {
        "responses": {
            status: {
                "description": f"Refused {status}.",
                "content": {
                    "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
                },
            }
            for status in ("401", "404")
        },
        "schemas": {
            "Lead": {
                "type": "object",
                "required": ["last_name"],
                "properties": {
                    "id": {"type": "string", "format": "uuid", "readOnly": True},
                    "last_name": {"type": "string", "maxLength": 80},
                    "status": {
                        "anyOf": [{"type": "string", "enum": ["New", "Hot"]}, {"type": "null"}],
                        "description": "Where it stands <now>.",
                    },
                },
            },
            "Problem": {"type": "object", "properties": {"code": {"type": "string"}}},
        },
    },
}

ASYNCAPI = {
    "asyncapi": "3.0.0",
    "channels": {
        "lead_created": {
            "address": "crm.sales.lead.created.v1",
            "messages": {"event": {"$ref": "#/components/messages/lead_created"}},
        }
    },
    "components": {
        "messages": {
            "lead_created": {
                "summary": "A lead was created.",
                "payload": {
                    "allOf": [
                        {"$ref": "#/components/schemas/Envelope"},
                        {"properties": {"data": {"$ref": "#/components/schemas/LeadFact"}}},
                    ]
                },
            }
        },
        "schemas": {
            "Envelope": {"properties": {"subject": {"type": "string"}}},
            "LeadFact": {"properties": {"record": {"$ref": "#/components/schemas/Lead"}}},
            "Lead": OPENAPI["components"]["schemas"]["Lead"],
        },
    },
}


class Signer:
    """Identity's private key."""

    def __init__(self, kid: str = "key-1") -> None:
        self.kid = kid
        self.private = Ed25519PrivateKey.generate()
        public = jwt.algorithms.OKPAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        self.jwk = {**public, "kid": kid, "alg": "EdDSA", "use": "sig"}

    def claims(self, **changed: Any) -> dict[str, Any]:
        now = int(time.time())
        claims = {
            "iss": "tandem",
            "aud": "tandem",
            "sub": USER,
            "iat": now,
            "exp": now + 600,
            "jti": "token-1",
            "sid": "session-1",
        } | changed
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, *, headers: Mapping[str, Any] | None = None, **changed: Any) -> str:
        given = {"typ": "at+jwt", "kid": self.kid} | dict(headers or {})
        return jwt.encode(self.claims(**changed), self.private, "EdDSA", headers=given)

    def header(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token()}"}


@dataclass
class Seen:
    """One request as the service received it."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Says:
    """One answer; `hang_up` breaks the connection instead."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    hang_up: bool = False
    length: bool = True


def says(document: Any, status: int = 200, **headers: str) -> Says:
    return Says(status, orjson.dumps(document), headers)


class Stub:
    """Answers by `answers[path]`: a Says, a list of them to use up, or a function of a Seen."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.seen: list[Seen] = []
        self.connections: list[socket.socket] = []
        self.answers: dict[str, Says | list[Says] | Callable[[Seen], Says]] = {}
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self) -> None:
                super().setup()
                stub.connections.append(self.connection)

            def answer(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                body = self.rfile.read(length)
                seen = Seen(self.command, self.path, dict(self.headers.items()), body)
                stub.seen.append(seen)
                said = stub.answer(seen)
                if said.hang_up:
                    self.close_connection = True
                    return
                self.send_response(said.status)
                self.send_header("Content-Type", said.content_type)
                for header, value in said.headers.items():
                    self.send_header(header, value)
                if said.length:
                    self.send_header("Content-Length", str(len(said.body)))
                else:
                    self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(said.body)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def answer(self, seen: Seen) -> Says:
        said = self.answers.get(seen.target.partition("?")[0])
        if said is None:
            return says({"code": "not_found"}, 404)
        if isinstance(said, list):
            return said.pop(0)
        return said if isinstance(said, Says) else said(seen)

    def asked(self, path: str) -> list[Seen]:
        return [seen for seen in self.seen if seen.target.partition("?")[0] == path]

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
