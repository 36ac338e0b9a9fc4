"""Refusals before any record is looked at, and what operations ask: always a readable answer."""

import json
import socket
from urllib.parse import urlsplit

import pytest
import requests


@pytest.fixture
def send(workshop):
    """A request with a body as it is."""
    from tests.service.served import BEN  # noqa: PLC0415

    def sent(body, *, method="POST", path="/widgets", **headers):
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        names["Authorization"] = f"Bearer {workshop.token(BEN)}"
        return requests.request(method, workshop.url + path, data=body, headers=names, timeout=30)

    return sent


def test_a_problem_document_is_complete(ben):
    answer = ben.ask("GET", "/nothing/here/at/all", X_Request_Id="r-1")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["X-Request-Id"] == "r-1"
    assert (answer.status_code, answer.json()) == (
        404,
        {
            "type": "urn:tandem:problem:not_found",
            "title": "Not found",
            "status": 404,
            "code": "not_found",
            "detail": "There is nothing at this address.",
            "request_id": "r-1",
        },
    )


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/gadgets"),
        ("POST", "/gadgets"),
        ("GET", "/gadgets/1"),
        ("PATCH", "/gadgets/1"),
        ("GET", "/gadgets/changes"),
        ("GET", "/"),
        ("POST", "/widgets/1/polish"),
    ],
)
def test_an_unknown_address_is_404(ben, method, path):
    assert ben(method, path, {} if method != "GET" else None, status=404)["code"] == "not_found"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/widgets", {"GET", "HEAD", "POST"}),
        ("DELETE", "/widgets", {"GET", "HEAD", "POST"}),
        ("POST", "/widgets/1", {"DELETE", "GET", "HEAD", "PATCH"}),
        ("GET", "/widgets/1/paint", {"POST"}),
        ("PATCH", "/widgets/changes/", None),
        ("POST", "/widgets/external/a/b", {"GET", "HEAD", "PUT"}),
        ("POST", "/healthz", None),
    ],
)
def test_another_method_is_405_with_those_there_are(ben, method, path, allowed):
    answer = ben.ask(method, path)
    if allowed is None:
        assert answer.status_code in {404, 405}
        assert answer.json()["status"] == answer.status_code
        return
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert set(answer.headers["Allow"].split(", ")) == allowed


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"name": }',
        b"{'name': 'x'}",
        b'{"name": "\xff"}',
        b'{"name": "\\ud800"}',
        b'{"name": NaN}',
        b"\x00",
        b'{"name": "a\x00"}',
        b"[" * 5000,
        b'{"name": "x"} x',
    ],
)
def test_what_is_no_json_is_400(send, body):
    answer = send(body, Content_Type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_json")


def test_a_deep_body_is_answered(send):
    deep = b'{"name": "x", "sizes": ' + b"[" * 900 + b'"\\u0000"' + b"]" * 900 + b"}"
    answer = send(deep, Content_Type="application/json")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/sizes" + "/0" * 900


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "image/png"])
def test_another_kind_of_body_is_415(send, kind):
    answer = send(b'{"name": "x"}', Content_Type=kind)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    "kind", ["application/json", "application/json; charset=utf-8", "application/merge-patch+json"]
)
def test_json_may_be_called_by_each_of_its_names(send, tag, kind):
    body = json.dumps({"name": tag, "notes": "é中"}).encode()
    answer = send(body, Content_Type=kind)
    assert (answer.status_code, answer.json()["notes"]) == (201, "é中")


def test_an_absent_body_is_an_empty_object(send):
    answer = send(b"")
    assert answer.json()["errors"][0]["pointer"] == "/name"


def test_a_body_over_ten_megabytes_is_413(workshop, ben):
    """Refused by its announced length, before a byte of it was read."""
    from tests.service.served import BEN  # noqa: PLC0415

    address = urlsplit(workshop.url)
    with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
        head = (
            "POST /widgets HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {workshop.token(BEN)}\r\n"
            f"Content-Length: {10 * 1024 * 1024 + 1}\r\n\r\n"
        )
        connection.sendall(head.encode())
        status = connection.makefile("rb").readline()
    assert status.startswith(b"HTTP/1.1 413 ")
    assert ben.get("/widgets?limit=1")


def test_ids_of_requests_are_ours_if_theirs_are_odd(ben):
    for odd in ("a b", "x" * 300, "<script>"):
        given = ben.ask("GET", "/widgets?limit=1", X_Request_Id=odd).headers["X-Request-Id"]
        assert given != odd
        assert len(given) == 36


class TestOperations:
    def test_anybody_may_ask_whether_it_lives(self, workshop):
        nobody = workshop.as_(None)
        assert nobody.get("/healthz") == {"status": "ok"}
        assert nobody.get("/readyz") == {"status": "ready", "service": "workshop"}

    def test_figures_count_requests_by_route(self, workshop, ben, widget):
        ben.get(f"/widgets/{widget['id']}")
        answer = workshop.as_(None).ask("GET", "/metrics")
        assert answer.headers["Content-Type"].startswith("text/plain")
        sample = 'tandem_request_seconds_count{method="GET",route="/<plural>/<key>"'
        assert sample in answer.text
        assert widget["id"] not in answer.text
