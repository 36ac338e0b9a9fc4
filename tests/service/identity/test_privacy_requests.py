"""A request about a person goes on when the last service has answered, and not before."""

import uuid

import pytest

from contracts.services import SERVICE_PORTS
from tests.eventually import eventually
from tests.service.identity.conftest import PASSWORD
from tests.service.served import event

OTHERS = sorted({*SERVICE_PORTS} - {"identity"})
PERSON = {"entity": "contact", "id": "01990000-0000-7000-8000-0000000000d1"}


@pytest.fixture
def answer(identity):
    """Let these services say what they have found, or done, in a round."""

    def tell(request, number, *services, people=()):
        told = [
            event(
                f"crm.{service}.privacy.answered.v1",
                request["id"],
                number,
                round=number,
                state="finding",
                people=list(people),
                items=[],
            )
            for service in services
        ]
        identity.hear("privacy_answers", *told)

    return tell


def read(admin, request):
    return admin("GET", f"/privacy-requests/{request['id']}").json()


def waits_for(admin, request, *services):
    eventually(lambda: read(admin, request)["waiting_for"], list(services))


def test_it_waits_for_every_service_in_every_round(admin, answer):
    request = admin("POST", "/privacy-requests", {"kind": "erase", "email": "a@example.com"}).json()
    waits_for(admin, request, *OTHERS)
    confirm = f"/privacy-requests/{request['id']}/confirm"
    assert admin("POST", confirm, {}).json()["code"] == "not_ready"

    answer(request, 1, *OTHERS[:-1], people=[PERSON])
    answer(request, 1, OTHERS[0])
    assert read(admin, request)["waiting_for"] == OTHERS[-1:]
    answer(request, 1, OTHERS[-1])
    waits_for(admin, request, *OTHERS)
    found = read(admin, request)
    assert (found["round"], found["records"]) == (2, [PERSON])

    answer(request, 1, *OTHERS)
    assert read(admin, request)["waiting_for"] == OTHERS
    answer(request, 2, *OTHERS, people=[PERSON])
    assert read(admin, request)["state"] == "ready"

    confirmed = admin("POST", confirm, {"spare": [PERSON["id"]]}).json()
    told = {name: confirmed[name] for name in ("state", "round", "records", "spared")}
    assert told == {"state": "erasing", "round": 3, "records": [], "spared": [PERSON["id"]]}
    waits_for(admin, request, *OTHERS)
    cancel = f"/privacy-requests/{request['id']}/cancel"
    assert admin("POST", cancel).json()["code"] == "too_late"
    answer(request, 3, *OTHERS)
    done = read(admin, request)
    assert (done["state"], done["email"]) == ("done", None)
    assert done["finished_at"] is not None


def test_how_a_user_who_has_left_signed_in_is_given_out_and_erased(
    identity, admin, answer, make_user
):
    address = f"{uuid.uuid4().hex}@example.com"
    user = make_user(email=address)
    at, name = f"/users/{user['id']}", user["username"]
    identity.sign_in(name, PASSWORD)
    identity.sign_in(name, "wrong horse battery")

    def asked(kind):
        """The request, answered by the others until nobody knows more, and its round."""
        request = admin("POST", "/privacy-requests", {"kind": kind, "email": address}).json()
        while read(admin, request)["state"] == "finding":
            waits_for(admin, request, *OTHERS)
            answer(request, read(admin, request)["round"], *OTHERS)
        return request

    def of_identity(request):
        items = read(admin, request)["report"]["identity"]["items"]
        return {(item["entity"], item["action"]): item["count"] for item in items}

    request = asked("export")
    waits_for(admin, request, *OTHERS)
    given = admin("GET", f"/person-data/{request['id']}").json()["records"]
    signed = [one["values"] for one in given if one["entity"] == "sign_in"]
    assert [(one["outcome"], one["address"]) for one in signed] == [
        (outcome, identity.home(name)) for outcome in ("signed_in", "wrong_password")
    ]

    request = asked("erase")
    assert of_identity(request)["sign_in", "kept"] == 2
    admin("POST", f"/privacy-requests/{request['id']}/cancel")
    admin("PATCH", at, {"active": False})
    request = asked("erase")
    assert of_identity(request) == {
        ("privacy_request", "anonymised"): 2,
        ("user", "anonymised"): 1,
        ("sign_in", "erased"): 2,
        ("session", "erased"): 1,
        ("credential", "erased"): 1,
    }
    admin("POST", f"/privacy-requests/{request['id']}/confirm", {})
    waits_for(admin, request, *OTHERS)
    assert of_identity(request)["sign_in", "erased"] == 2
    assert admin("GET", f"{at}/sign-ins").json()["items"] == []
    acts = admin("GET", f"/audit?subject_id={user['id']}&limit=200").json()["items"]
    tries = [act for act in acts if act["act"] == "sign_in.attempted"]
    assert [act["personal"] for act in tries] == [None, None]
    verdict = admin("GET", "/audit/verify").json()
    assert verdict["bad"] is None


def test_it_is_about_somebody_and_can_be_let_be(admin, answer):
    refused = admin("POST", "/privacy-requests", {"kind": "erase"}).json()
    assert [error["pointer"] for error in refused["errors"]] == ["/email"]
    request = admin("POST", "/privacy-requests", {"kind": "export", "phone": "0712345"}).json()
    cancelled = admin("POST", f"/privacy-requests/{request['id']}/cancel").json()
    assert (cancelled["state"], cancelled["waiting_for"]) == ("cancelled", [])
    answer(request, 1, *OTHERS)
    assert read(admin, request)["state"] == "cancelled"
