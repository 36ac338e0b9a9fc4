"""One audit of all services: read by time, exported whole or not at all, each chain walked."""

import base64

import orjson
import pytest
from flask.testing import FlaskClient

from tests.unit.gateway.conftest import Services
from tests.unit.gateway.stub import Says, says

Headers = dict[str, str]


def audited(*places: str, cursor: str | None = None) -> Says:
    """Rows at these instants, given as seconds of one minute."""
    rows = [
        {"at": f"2026-01-01T10:00:{second}Z", "day": "2026-01-01", "seq": 1, "details": {"a": 1}}
        | dict.fromkeys(("actor_id", "request_id", "act", "subject_type", "subject_id"), "x")
        | {"personal": None, "prev": "00", "hash": "=1"}
        for second in places
    ]
    return says({"items": rows, "next_cursor": cursor})


PATH = "/api/v1/audit"


@pytest.fixture
def kept(services: Services) -> Services:
    services["identity"].answers["/audit"] = audited("05.5", "01")
    services["sales"].answers["/audit"] = audited("05", "03", cursor="more")
    services["support"].answers["/audit"] = audited("05")
    return services


def test_all_services_rows_by_time_and_one_cursor(
    gateway: FlaskClient, kept: Services, token: Headers
) -> None:
    answer = gateway.get(f"{PATH}?act=a&limit=3", headers=token).json
    assert [(row["service"], row["at"][17:-1]) for row in answer["items"]] == [
        ("identity", "05.5"),
        ("sales", "05"),
        ("support", "05"),
    ]
    place = base64.urlsafe_b64decode(answer["next_cursor"] + "==")
    assert orjson.loads(place) == ["2026-01-01T10:00:05+00:00", "support"]
    assert kept["sales"].seen[0].target == "/audit?act=a&limit=3"


def test_one_service_is_asked_alone(gateway: FlaskClient, kept: Services, token: Headers) -> None:
    answer = gateway.get(f"{PATH}?service=support", headers=token).json
    assert [row["service"] for row in answer["items"]] == ["support"]
    assert kept["sales"].seen == []
    assert gateway.get(f"{PATH}?service=nobody", headers=token).status_code == 400


def test_the_export_is_a_table_of_everything(
    gateway: FlaskClient, kept: Services, token: Headers
) -> None:
    kept["sales"].answers["/audit"] = [audited("03", cursor="more"), audited("02")]
    kept["identity"].answers["/audit"] = [audited("05.5"), audited()]
    kept["support"].answers["/audit"] = [audited("05"), audited()]
    answer = gateway.get(f"{PATH}/export?act=a", headers=token)
    assert answer.content_type == "text/csv; charset=utf-8"
    first, *rows = answer.text.splitlines()
    assert first.startswith("service,day,seq,at,")
    assert [row[:10].split(",")[0] for row in rows] == ["identity", "support", "sales", "sales"]
    assert rows[0].endswith('"{""a"":1}",,00,\'=1')


def test_an_export_that_would_lack_something_is_refused(
    gateway: FlaskClient, kept: Services, token: Headers
) -> None:
    gateway.get("/api/v1/jwks")
    kept["sales"].stop()
    answer = gateway.get(f"{PATH}/export", headers=token)
    assert (answer.status_code, answer.json["detail"]) == (503, "No answer from sales.")


def test_each_service_walks_its_own_chain(
    gateway: FlaskClient, services: Services, token: Headers
) -> None:
    bad = {"day": "2026-01-01", "seq": 7, "wrong": "altered"}
    for name in ("identity", "sales", "support"):
        found = {"checked": 6, "bad": bad if name == "sales" else None, "next_cursor": None}
        services[name].answers["/audit/verify"] = says(found)
    answer = gateway.get(f"{PATH}/verify", headers=token).json
    assert [(v["service"], v["bad"]) for v in answer["items"]] == [
        ("identity", None),
        ("sales", bad),
        ("support", None),
    ]
    refused = gateway.get(f"{PATH}/verify?cursor=2026-01-01/1", headers=token)
    assert [e["pointer"] for e in refused.json["errors"]] == ["/service"]
