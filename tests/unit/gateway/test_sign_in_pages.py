"""Where people set a password and come back to from an identity provider, without a browser."""

import base64
import hashlib
import re

import orjson
import pytest
from flask.testing import FlaskClient

from gateway.catalogue import SCHEMAS
from services.identity.actions.sso import CALLBACK
from services.identity.password_rules import SHORTEST
from services.messaging.password_links import PAGE

PAGES = (PAGE, "/sso/start", CALLBACK)
ASKED = {
    PAGE: {("POST", "/auth/password")},
    "/sso/start": {("GET", "/auth/sso"), ("POST", "/auth/sso")},
    CALLBACK: {("POST", "/auth/sso/complete"), ("GET", "/me"), ("POST", "/auth/logout")},
}
"""What the script of each page asks the API."""


def script_of(gateway: FlaskClient, path: str) -> str:
    (script,) = re.findall(r"<script>(.*?)</script>", gateway.get(path).text, re.DOTALL)
    return str(script)


@pytest.mark.parametrize("path", PAGES)
def test_nothing_runs_but_what_the_page_came_with_and_it_speaks_to_nobody_else(
    gateway: FlaskClient, path: str
) -> None:
    answer = gateway.get(path)
    assert (answer.status_code, answer.content_type) == (200, "text/html; charset=utf-8")
    hashes = {}
    for tag in ("style", "script"):
        (inline,) = re.findall(f"<{tag}>(.*?)</{tag}>", answer.text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
        hashes[tag] = f"'sha256-{digest}'"
    assert answer.headers["Content-Security-Policy"] == (
        f"default-src 'none'; style-src {hashes['style']}; script-src {hashes['script']}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; connect-src 'self'"
    )
    assert (
        re.findall(r"""(?:src|href|action|\bon\w+)=["']|style=|https?://|@import""", answer.text)
        == []
    )
    assert '<meta name="viewport" content="width=device-width' in answer.text
    headers = ("X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy")
    assert [answer.headers[name] for name in headers] == ["nosniff", "DENY", "no-referrer"]


@pytest.mark.parametrize("path", PAGES)
def test_the_api_has_what_the_page_asks(gateway: FlaskClient, path: str) -> None:
    script = script_of(gateway, path)
    asked = set(re.findall(r'ask\("([A-Z]+)", "([^"]+)"', script))
    assert asked == ASKED[path]
    assert len(asked) == script.count("ask(")
    paths = orjson.loads((SCHEMAS / "openapi.json").read_bytes())["paths"]
    for method, address in asked:
        assert method.lower() in paths[f"/api/v1{address}"]


def test_no_cache_keeps_the_address_with_the_code(gateway: FlaskClient) -> None:
    kept = gateway.get(f"{CALLBACK}?code=x&state=y")
    assert kept.cache_control.no_store
    assert kept.data == gateway.get(CALLBACK).data


def test_tokens_go_to_a_page_of_this_address_alone(gateway: FlaskClient) -> None:
    script = script_of(gateway, CALLBACK)
    assert re.findall(r"postMessage\((.*)\);", script) == [
        '{ type: "tandem.signed_in", ...tokens }, location.origin'
    ]
    assert re.findall(r"location\.(?:replace|assign|href)[^;]*", script) == [
        "location.replace(within(kept.returnTo))"
    ]


def test_the_form_says_how_long_a_password_must_be(gateway: FlaskClient) -> None:
    assert f"At least {SHORTEST} characters" in gateway.get(PAGE).text
