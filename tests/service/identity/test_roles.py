"""The role tree: paths follow every move, circles are impossible, and nobody falls out of it."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest


@pytest.fixture
def grow(admin, roles):
    """A new role below another (by default below the root)."""

    def make(name, parent=None):
        parent_id = (parent or roles["Organisation"])["id"]
        answer = admin("POST", "/roles", {"name": name, "parent_id": parent_id})
        assert answer.status_code == 201, answer.text
        return answer.json()

    return make


def refusal(answer):
    return answer.status_code, answer.json()["code"]


def read(admin, role):
    return admin("GET", f"/roles/{role['id']}").json()


def test_the_tree_that_is_shipped(roles):
    chain = ["Organisation", "CEO", "Vice President", "Sales Manager", "Sales Person"]
    path = ""
    for name in chain:
        path += f"{roles[name]['id']}/"
        assert roles[name]["path"] == path


def test_a_move_takes_the_whole_branch_along_and_each_role_tells_of_it(identity, admin, grow):
    west, east = grow("West"), grow("East")
    city = grow("City", west)
    street = grow("Street", city)
    moved = admin("PATCH", f"/roles/{city['id']}", {"parent_id": east["id"]}).json()
    assert moved["path"] == f"{east['path']}{city['id']}/"
    below = read(admin, street)
    assert below["path"] == f"{moved['path']}{street['id']}/"
    assert (moved["version"], below["version"]) == (2, 2)
    told = identity.sql(
        "SELECT convert_from(body, 'UTF8') FROM outbox "
        "WHERE type = 'crm.identity.role.changed.v1' ORDER BY seq"
    )
    events = [json.loads(body) for (body,) in told]
    paths = {e["subject"]: e["data"]["record"]["path"] for e in events}
    assert paths[city["id"]] == moved["path"]
    assert paths[street["id"]] == below["path"]
    history = admin("GET", f"/roles/{street['id']}/history").json()["items"]
    assert [c["field"] for c in history[0]["changes"]] == ["path"]


def test_a_role_in_the_recycle_bin_moves_with_its_branch(admin, grow):
    west, east = grow("West"), grow("East")
    city = grow("City", west)
    street = grow("Street", city)
    assert admin("DELETE", f"/roles/{street['id']}").status_code == 204
    assert admin("PATCH", f"/roles/{city['id']}", {"parent_id": east["id"]}).ok
    restored = admin("POST", f"/roles/{street['id']}/restore").json()
    assert restored["path"] == f"{east['path']}{city['id']}/{street['id']}/"


def test_renaming_moves_nothing(admin, grow):
    west = grow("West")
    city = grow("City", west)
    renamed = admin("PATCH", f"/roles/{west['id']}", {"name": "Far West"}).json()
    assert renamed["path"] == west["path"]
    assert read(admin, city)["version"] == 1


def test_a_role_cannot_stand_below_itself(admin, grow, errors):
    west = grow("West")
    city = grow("City", west)
    for below in (west, city):
        answer = admin("PATCH", f"/roles/{west['id']}", {"parent_id": below["id"]})
        assert errors(answer) == [("/parent_id", "cycle")]
    assert read(admin, west)["version"] == 1


def test_two_moves_at_once_do_not_close_a_circle(admin, grow):
    for _ in range(5):
        west, east = grow("West"), grow("East")
        moves = ((west, east), (east, west))
        with ThreadPoolExecutor(2) as pool:
            answers = list(
                pool.map(
                    lambda m: admin("PATCH", f"/roles/{m[0]['id']}", {"parent_id": m[1]["id"]}),
                    moves,
                )
            )
        assert sorted(answer.status_code for answer in answers) == [200, 422]
        paths = [read(admin, role)["path"] for role in (west, east)]
        shorter, longer = sorted(paths, key=len)
        assert longer.startswith(shorter)


def test_a_role_that_people_hold_is_not_deleted(admin, roles, grow, make_user):
    role = grow("Held")
    user = make_user(role_id=role["id"], password=None)
    assert refusal(admin("DELETE", f"/roles/{role['id']}")) == (409, "role_in_use")
    another = {"role_id": roles["Sales Person"]["id"]}
    assert admin("PATCH", f"/users/{user['id']}", another).status_code == 200
    assert admin("DELETE", f"/roles/{role['id']}").status_code == 204


def test_a_role_above_others_is_not_deleted(admin, grow):
    west = grow("West")
    city = grow("City", west)
    assert refusal(admin("DELETE", f"/roles/{west['id']}")) == (409, "role_has_children")
    assert admin("DELETE", f"/roles/{city['id']}").status_code == 204
    assert admin("DELETE", f"/roles/{west['id']}").status_code == 204


def test_nobody_is_given_a_deleted_role(admin, grow, errors):
    role = grow("Gone")
    assert admin("DELETE", f"/roles/{role['id']}").status_code == 204
    body = {"username": "late-comer", "last_name": "X", "role_id": role["id"]}
    assert errors(admin("POST", "/users", body)) == [("/role_id", "dangling_link")]
    child = admin("POST", "/roles", {"name": "Orphan", "parent_id": role["id"]})
    assert errors(child) == [("/parent_id", "dangling_link")]


def test_the_path_is_not_for_clients_to_write(admin, grow, errors):
    answer = admin("PATCH", f"/roles/{grow('West')['id']}", {"path": "/"})
    assert errors(answer) == [("/path", "read_only")]
