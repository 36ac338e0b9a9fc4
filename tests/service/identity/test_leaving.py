"""A user leaves: out at once, deleted when every service has given the records to another."""

import uuid

import pytest

from contracts.services import SERVICE_PORTS
from tests.eventually import eventually
from tests.service.identity.conftest import PASSWORD
from tests.service.served import event

OTHERS = sorted({*SERVICE_PORTS} - {"identity"})
NOWHERE = str(uuid.uuid4())


@pytest.fixture
def answer(identity):
    """Let these services say how many records of each entity they have moved in a round."""

    def tell(transfer, number, *services, **moved):
        told = [
            event(
                f"crm.{service}.ownership.moved.v1",
                transfer["id"],
                number,
                round=number,
                moved=moved,
            )
            for service in services
        ]
        assert identity.hear("ownership_moved", *told) == ["applied"] * len(told)

    return tell


@pytest.fixture
def pair(make_user):
    """Who leaves, and who stays."""
    return make_user(), make_user(password=None)


def read(admin, transfer):
    return admin("GET", f"/ownership-transfers/{transfer['id']}").json()


def states(admin, transfer):
    return {name: part["state"] for name, part in read(admin, transfer)["services"].items()}


def deactivate(admin, user, receiver):
    return admin("POST", f"/users/{user['id']}/deactivate", {"transfer_to": receiver["id"]})


def refusal(answer):
    return answer.status_code, answer.json()["code"]


def wait_for_identity(admin, transfer):
    """Identity owns nothing, and answers by itself."""
    expected = dict.fromkeys(OTHERS, "pending") | {"identity": "done"}
    eventually(lambda: states(admin, transfer), expected)


def test_deactivated_at_once_and_done_when_nothing_is_left(identity, admin, answer, pair):
    leaver, receiver = pair
    token = identity.sign_in(leaver["username"], PASSWORD).json()["refresh_token"]
    started = deactivate(admin, leaver, receiver)
    assert started.status_code == 202
    transfer = started.json()
    assert transfer["services"] == {
        name: {"state": "pending", "moved": {}} for name in sorted(SERVICE_PORTS)
    }
    expected = {
        "user_id": leaver["id"],
        "transfer_to_id": receiver["id"],
        "deletes_user": False,
        "state": "moving",
        "round": 1,
        "finished_at": None,
    }
    assert {name: transfer[name] for name in expected} == expected
    assert identity.refresh(token).status_code == 401
    assert identity.sign_in(leaver["username"], PASSWORD).status_code == 401

    wait_for_identity(admin, transfer)
    answer(transfer, 1, "sales", lead=2, account=1)
    answer(transfer, 1, "sales", lead=9)
    answer(transfer, 1, *OTHERS[:-1])
    assert states(admin, transfer)["support"] == "pending"
    answer(transfer, 1, "support", ticket=3)
    assert (read(admin, transfer)["round"], read(admin, transfer)["state"]) == (2, "moving")

    wait_for_identity(admin, transfer)
    answer(transfer, 1, *OTHERS)
    answer(transfer, 2, *OTHERS[1:])
    assert read(admin, transfer)["state"] == "moving"
    answer(transfer, 2, OTHERS[0], product=1)
    wait_for_identity(admin, transfer)
    answer(transfer, 3, *OTHERS)
    done = read(admin, transfer)
    assert (done["state"], done["round"]) == ("done", 3)
    assert done["finished_at"] is not None
    moved = {name: part["moved"] for name, part in done["services"].items()}
    assert moved == {name: {} for name in SERVICE_PORTS} | {
        "sales": {"account": 1, "lead": 2},
        "support": {"ticket": 3},
        "inventory": {"product": 1},
    }
    assert admin("GET", f"/users/{leaver['id']}").json()["active"] is False
    answer(transfer, 3, *OTHERS, lead=1)
    assert read(admin, transfer) == done


def test_deleted_when_the_last_service_has_answered(identity, admin, answer, pair, make_user):
    leaver, receiver = pair
    report = make_user(reports_to_id=leaver["id"], password=None)
    path = f"/users/{leaver['id']}"
    bare = admin("DELETE", path)
    assert refusal(bare) == (400, "bad_query")
    assert [one["pointer"] for one in bare.json()["errors"]] == ["/transfer_to"]
    mass = {"operation": "delete", "selection": {"ids": [leaver["id"]]}}
    [refused] = admin("POST", "/users/mass", mass).json()["items"]
    assert [one["pointer"] for one in refused["problem"]["errors"]] == ["/transfer_to"]
    assert identity.sign_in(leaver["username"], PASSWORD).status_code == 200

    started = admin("DELETE", f"{path}?transfer_to={receiver['id']}")
    transfer = started.json()
    assert (started.status_code, transfer["deletes_user"]) == (202, True)
    assert identity.sign_in(leaver["username"], PASSWORD).status_code == 401
    wait_for_identity(admin, transfer)
    answer(transfer, 1, *OTHERS[:-1])
    assert admin("GET", path).json()["active"] is False
    answer(transfer, 1, OTHERS[-1])
    assert read(admin, transfer)["state"] == "done"
    assert admin("GET", path).status_code == 404
    assert admin("GET", f"/users/{report['id']}").json()["reports_to_id"] is None

    assert admin("POST", f"{path}/restore").json()["active"] is False
    assert identity.sign_in(leaver["username"], PASSWORD).status_code == 401
    assert admin("PATCH", path, {"active": True}).status_code == 200
    assert identity.sign_in(leaver["username"], PASSWORD).status_code == 200


def test_a_group_hands_over_before_it_is_deleted(admin, answer, pair, errors):
    group = admin("POST", "/groups", {"name": f"Crew {uuid.uuid4()}"}).json()
    path, heir = f"/groups/{group['id']}", pair[1]["id"]
    bare = admin("DELETE", path)
    assert refusal(bare) == (400, "bad_query")
    mass = {"operation": "delete", "selection": {"ids": [group["id"]]}}
    [refused] = admin("POST", "/groups/mass", mass).json()["items"]
    assert [one["pointer"] for one in refused["problem"]["errors"]] == ["/transfer_to"]
    itself = admin("DELETE", f"{path}?transfer_to={group['id']}")
    assert errors(itself) == [("/transfer_to", "invalid")]
    assert admin("GET", path).json() == group

    started = admin("DELETE", f"{path}?transfer_to={heir}")
    transfer = started.json()
    named = {name: transfer[name] for name in ("user_id", "group_id", "transfer_to_id")}
    assert (started.status_code, transfer["state"]) == (202, "moving")
    assert named == {"user_id": None, "group_id": group["id"], "transfer_to_id": heir}
    again = admin("DELETE", f"{path}?transfer_to={heir}")
    assert refusal(again) == (409, "transfer_under_way")
    assert refusal(admin("PATCH", path, {"name": "x"})) == (409, "transfer_under_way")
    member = {"name": f"In {uuid.uuid4()}", "members": [{"kind": "group", "id": group["id"]}]}
    assert errors(admin("POST", "/groups", member)) == [("/members/0/id", "dangling_link")]
    role = admin("GET", "/roles?limit=1").json()["items"][0]["id"]
    rule = {"module": "lead", "owned_by_role_id": role, "shared_with_group_id": group["id"]}
    assert errors(admin("POST", "/sharing-rules", rule)) == [
        ("/shared_with_group_id", "dangling_link")
    ]
    wait_for_identity(admin, transfer)
    answer(transfer, 1, *OTHERS, lead=1)
    wait_for_identity(admin, transfer)
    assert admin("GET", path).status_code == 200
    answer(transfer, 2, *OTHERS)
    done = read(admin, transfer)
    assert (done["state"], done["group_id"]) == ("done", group["id"])
    assert admin("GET", path).status_code == 404
    assert admin("POST", f"{path}/restore").json()["name"] == group["name"]
    assert admin("POST", "/groups", member).status_code == 201


def test_the_receiver_is_an_active_user_or_a_group(admin, make_user, pair, errors):
    leaver, receiver = pair
    gone = make_user(password=None)
    admin("PATCH", f"/users/{gone['id']}", {"active": False})
    dangling = [("/transfer_to", "dangling_link")]
    assert errors(deactivate(admin, leaver, {"id": NOWHERE})) == dangling
    assert errors(deactivate(admin, leaver, gone)) == dangling
    assert errors(deactivate(admin, leaver, leaver)) == [("/transfer_to", "invalid")]
    assert errors(admin("POST", f"/users/{leaver['id']}/deactivate", {"to": NOWHERE})) == [
        ("/transfer_to", "required"),
        ("/to", "unknown_field"),
    ]
    assert admin("GET", f"/users/{leaver['id']}").json() == leaver
    group = admin("POST", "/groups", {"name": f"Heirs {uuid.uuid4()}"}).json()
    assert deactivate(admin, leaver, group).json()["transfer_to_id"] == group["id"]
    busy = admin("DELETE", f"/groups/{group['id']}?transfer_to={receiver['id']}")
    assert refusal(busy) == (409, "transfer_under_way")
    other = admin("POST", "/groups", {"name": f"Other {uuid.uuid4()}"}).json()
    leaving = admin("DELETE", f"/groups/{other['id']}?transfer_to={receiver['id']}")
    assert leaving.status_code == 202
    assert refusal(deactivate(admin, receiver, group)) == (409, "transfer_under_way")
    assert errors(deactivate(admin, make_user(password=None), other)) == dangling


def test_while_it_lasts_nobody_comes_back_and_no_receiver_leaves(admin, answer, pair, make_user):
    leaver, receiver = pair
    third = make_user(password=None)
    transfer = deactivate(admin, leaver, receiver).json()
    under_way = (409, "transfer_under_way")
    assert refusal(deactivate(admin, leaver, third)) == under_way
    assert refusal(deactivate(admin, receiver, third)) == under_way
    back = {"active": True}
    assert refusal(admin("PATCH", f"/users/{leaver['id']}", back)) == under_way
    wait_for_identity(admin, transfer)
    answer(transfer, 1, *OTHERS)
    assert deactivate(admin, receiver, third).status_code == 202
    assert admin("PATCH", f"/users/{leaver['id']}", back).status_code == 200


@pytest.fixture
def administrator(admin, make_user):
    """Another one, for as long as the test."""
    user = make_user(is_admin=True)
    yield user
    assert admin("PATCH", f"/users/{user['id']}", {"is_admin": False}).status_code == 200


def test_nobody_deactivates_or_deletes_themselves(identity, administrator, pair):
    me = administrator
    token = identity.sign_in(me["username"], PASSWORD).json()["access_token"]
    path, heir = f"/users/{me['id']}", pair[1]["id"]
    for method, at, body in (
        ("PATCH", path, {"active": False}),
        ("POST", f"{path}/deactivate", {"transfer_to": heir}),
        ("DELETE", f"{path}?transfer_to={heir}", None),
    ):
        assert refusal(identity.call(method, at, body, token=token)) == (409, "own_user")
    assert identity.sign_in(me["username"], PASSWORD).status_code == 200


def test_it_is_audited(admin, pair):
    leaver, receiver = pair
    transfer = deactivate(admin, leaver, receiver).json()
    acts = admin("GET", f"/audit?subject_id={transfer['id']}&act=ownership_transfer.created").json()
    [act] = acts["items"]
    assert act["details"]["changes"]["transfer_to_id"] == [None, receiver["id"]]
    changed = admin("GET", f"/audit?subject_id={leaver['id']}&act=user.changed").json()["items"]
    assert changed[0]["details"]["changes"] == {"active": [True, False]}
