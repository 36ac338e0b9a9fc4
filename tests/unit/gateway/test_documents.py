"""What the API says of itself, to tools and to people."""

import base64
import hashlib
import re

import orjson
import pytest
from flask.testing import FlaskClient

from contracts.services import SERVICE_PORTS
from gateway.app import create_app
from gateway.reference import reference
from tests.unit.gateway.stub import ASYNCAPI, OPENAPI


@pytest.mark.parametrize(
    ("path", "document"), [("/api/openapi.json", OPENAPI), ("/api/asyncapi.json", ASYNCAPI)]
)
def test_documents_are_served_once_to_a_cache(
    gateway: FlaskClient, path: str, document: object
) -> None:
    answer = gateway.get(path)
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    assert answer.data == orjson.dumps(document)
    etag = answer.headers["ETag"]
    assert etag == f'"{hashlib.sha256(answer.data).hexdigest()[:32]}"'
    again = gateway.get(path, headers={"If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")
    assert gateway.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_the_page_needs_nothing_but_itself(gateway: FlaskClient) -> None:
    answer = gateway.get("/api/docs")
    assert (answer.status_code, answer.content_type) == (200, "text/html; charset=utf-8")
    assert re.findall(r'(?:src|href)="(?!#|/api/)([^"]*)', answer.text) == []
    policy = answer.headers["Content-Security-Policy"]
    for tag, directive in (("style", "style-src"), ("script", "script-src")):
        (inline,) = re.findall(f"<{tag}>(.*?)</{tag}>", answer.text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; ")


def test_the_page_shows_operations_fields_and_events(gateway: FlaskClient) -> None:
    text = re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", gateway.get("/api/docs").text))
    for shown in (
        "Everything.",
        "People who may buy.",
        "GET /api/v1/leads/{id} Read a lead",
        "POST /api/v1/auth/token Sign in no token 401",
        "200 The lead. Lead 404",
        "Refusals 401 Refused 401. Problem 404 Refused 404. Problem",
        "last_name required string at most 80 characters",
        "id read-only string (uuid)",
        "status string or null Where it stands &lt;now&gt;. New Hot",
        "EVENT crm.sales.lead.created.v1 A lead was created.",
    ):
        assert shown in text


def test_every_link_within_the_page_leads_somewhere(gateway: FlaskClient) -> None:
    text = gateway.get("/api/docs").text
    anchors = set(re.findall(r' id="([^"]+)"', text))
    links = set(re.findall(r'href="#([^"]+)"', text))
    assert links - anchors == set()
    assert {"leads", "auth", "shared", "events", "shape-lead", "shape-problem"} <= links


def test_shapes_stand_with_their_only_user_or_among_the_shared() -> None:
    told = reference(OPENAPI, ASYNCAPI)
    assert [
        (section.name, group.name, [shape.name for shape in group.shapes])
        for section in told.sections
        for group in section.groups
    ] == [("sales", "leads", ["Lead"]), ("auth", "auth", [])]
    assert [shape.name for shape in told.shared] == ["Problem"]


def test_the_root_leads_to_the_page(gateway: FlaskClient) -> None:
    for path in ("/", "/api"):
        answer = gateway.get(path)
        assert (answer.status_code, answer.headers["Location"]) == (302, "/api/docs")


def test_the_committed_documents_make_a_whole_page() -> None:
    gateway = create_app(dict.fromkeys(SERVICE_PORTS, "http://127.0.0.1:1")).test_client()
    text = gateway.get("/api/docs").text
    anchors = re.findall(r' id="([^"]+)"', text)
    assert len(anchors) == len(set(anchors))
    assert set(re.findall(r'href="#([^"]+)"', text)) - set(anchors) == set()
    assert "/api/v1/leads/{id}/convert" in text
