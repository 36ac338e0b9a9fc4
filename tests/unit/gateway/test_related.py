"""Related lists: whose record it is, who lists, and what happens when one of them is missing."""

import pytest
from flask.testing import FlaskClient

from tests.unit.gateway.conftest import Services
from tests.unit.gateway.stub import says

Headers = dict[str, str]

AT = "/api/v1/leads/LEA1/related"


def rights(*, edit: bool) -> dict[str, object]:
    return {"id": "l1", "rights": {"view": True, "edit": edit}}


@pytest.fixture
def both(services: Services) -> Services:
    services["sales"].answers["/leads/LEA1/rights"] = says(rights(edit=True))
    calls = {"name": "calls", "entity": "call", "label": "Calls", "count": 2}
    tickets = {"name": "tickets", "entity": "ticket", "label": "Tickets", "count": 3}
    services["sales"].answers["/related/lead/l1"] = says({"items": [calls]})
    services["support"].answers["/related/lead/l1"] = says({"items": [tickets]})
    return services


def counts(answer: object) -> list[tuple[str, int | None]]:
    return [(each["name"], each["count"]) for each in answer.json["items"]]  # type: ignore[attr-defined]


def test_the_lists_of_all_services_in_one(
    gateway: FlaskClient, both: Services, token: Headers
) -> None:
    answer = gateway.get(AT, headers=token)
    assert counts(answer) == [("calls", 2), ("tickets", 3)]
    assert answer.json is not None
    assert answer.json["unavailable"] == []
    both["support"].stop()
    answer = gateway.get(AT, headers=token)
    assert counts(answer) == [("calls", 2), ("tickets", None)]
    assert answer.json is not None
    assert answer.json["unavailable"] == ["support"]


def test_a_list_is_asked_of_who_lists_once_the_record_was_shown(
    gateway: FlaskClient, both: Services, token: Headers
) -> None:
    both["support"].answers["/related/lead/l1/tickets"] = says({"items": [{"id": "t1"}]})
    answer = gateway.get(f"{AT}/tickets?sort=title&limit=5", headers=token)
    assert answer.json == {"items": [{"id": "t1"}]}
    assert both["support"].seen[-1].target == "/related/lead/l1/tickets?sort=title&limit=5"
    both["sales"].answers["/leads/LEA1/rights"] = says({"code": "not_found", "detail": "-"}, 404)
    assert gateway.get(f"{AT}/tickets", headers=token).status_code == 404
    assert gateway.get(AT, headers=token).status_code == 404


def test_the_records_own_service_answers_its_own_lists_alone(
    gateway: FlaskClient, both: Services, token: Headers
) -> None:
    both["sales"].answers["/leads/LEA1/related/calls"] = says({"items": []})
    both["support"].stop()
    assert gateway.get(f"{AT}/calls", headers=token).json == {"items": []}
    assert [seen.target for seen in both["sales"].seen] == ["/leads/LEA1/related/calls"]
    assert gateway.get(f"{AT}/tickets", headers=token).status_code == 503


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_link_needs_the_right_to_edit_the_record(
    gateway: FlaskClient, both: Services, token: Headers, method: str
) -> None:
    both["support"].answers["/related/lead/l1/tickets/TT%2F1"] = says(None, 204)
    sent = {"method": method, "headers": token, "json": {"role": None}}
    assert gateway.open(f"{AT}/tickets/TT%2F1", **sent).status_code == 204
    assert both["support"].seen[-1].body == b'{"role": null}'
    both["sales"].answers["/leads/LEA1/rights"] = says(rights(edit=False))
    assert gateway.open(f"{AT}/tickets/TT%2F1", **sent).status_code == 403
    assert len(both["support"].seen) == 1
    assert gateway.open(f"{AT}/tickets/TT%2F1", method=method).status_code == 401
