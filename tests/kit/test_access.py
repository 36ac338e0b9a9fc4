"""Who sees what: the owner, those above the owner's role, administrators, and nobody else."""

import pytest

from crmkit.unit_of_work import new_id
from tests.service.served import ANNA, BEN, BOSS, CLARA, person, role

EVERY_VERB = (
    ("GET", "", None),
    ("PATCH", "", {"parts": 1}),
    ("GET", "/history", None),
    ("POST", "/paint", {"colour": "Green"}),
    ("DELETE", "", None),
)


class TestOwned:
    @pytest.mark.parametrize("who", [BEN, ANNA, BOSS])
    def test_owner_superior_and_administrator_do_everything(self, workshop, widget, who):
        api = workshop.as_(who)
        for method, path, body in EVERY_VERB[:4]:
            api(method, f"/widgets/{widget['id']}{path}", body)
        api("PATCH", f"/widgets/{widget['id']}", {"colour": "Red"})
        api("DELETE", f"/widgets/{widget['id']}", status=204)
        api("POST", f"/widgets/{widget['id']}/restore")

    @pytest.mark.parametrize("verb", EVERY_VERB)
    def test_to_anybody_else_it_does_not_exist(self, ben, clara, widget, verb):
        method, path, body = verb
        problems = [
            clara(method, f"/widgets/{key}{path}", body, status=404)
            for key in (new_id(), widget["id"], widget["number"])
        ]
        assert len({problem.pop("request_id") for problem in problems}) == 3
        assert problems[0] == problems[1] == problems[2]
        assert ben.get(f"/widgets/{widget['id']}") == widget

    def test_a_list_is_what_single_reads_allow(self, workshop, ben, clara, anna, tag):
        for api in (ben, clara, anna):
            api.create("widgets", name=tag)
        seen = {
            who: [
                record["owner_id"]
                for record in workshop.as_(who).get(f"/widgets?filter[name]={tag}&sort=id")["items"]
            ]
            for who in (BEN, CLARA, ANNA, BOSS)
        }
        assert seen == {
            BEN: [BEN],
            CLARA: [CLARA],
            ANNA: [BEN, CLARA, ANNA],
            BOSS: [BEN, CLARA, ANNA],
        }

    def test_a_strangers_bin_is_closed(self, ben, clara, widget):
        ben("DELETE", f"/widgets/{widget['id']}", status=204)
        clara("POST", f"/widgets/{widget['id']}/restore", status=404)

    def test_who_stands_beside_the_tree_has_nobody_below(self, workshop, widget):
        somebody, alone = new_id(), new_id()
        workshop.hear("people", role(alone, f"{alone}/"), person(somebody, role_id=alone))
        api = workshop.as_(somebody)
        assert api.get("/widgets") == {"items": [], "next_cursor": None}
        made = api.create("widgets", name="x")
        assert api.get("/widgets")["items"] == [made]


class TestWithoutOwner:
    def test_shared_records_are_everybodys(self, ben, clara):
        crate = ben.create("crates", name="x")
        assert clara("PATCH", f"/crates/{crate['id']}", {"name": "y"})["name"] == "y"
        assert ben.get(f"/crates/{crate['id']}")["modified_by"] == CLARA

    @pytest.mark.parametrize("who", [BEN, ANNA])
    def test_some_are_written_by_administrators_only(self, workshop, boss, who, tag):
        rule = boss.create("rules", text=tag)
        api = workshop.as_(who)
        path = f"/rules/{rule['id']}"
        assert api.get(path) == rule
        assert api.get(f"/rules?filter[text]={tag}")["items"] == [rule]
        for method, address, body, verb in (
            ("POST", "/rules", {"text": "x"}, "create"),
            ("PATCH", path, {"text": "x"}, "edit"),
            ("DELETE", path, None, "delete"),
            ("POST", f"{path}/restore", None, "delete"),
        ):
            problem = api(method, address, body, status=403)
            assert problem["code"] == "forbidden"
            assert problem["detail"] == f"Only administrators may {verb} rules."
        assert boss("PATCH", path, {"text": "y"})["text"] == "y"
        boss("DELETE", path, status=204)

    def test_some_are_administrators_alone(self, ben, boss, tag):
        secret = boss.create("secrets", text=tag)
        path = f"/secrets/{secret['id']}"
        for method, address, body in (
            ("GET", "/secrets", None),
            ("GET", path, None),
            ("GET", f"{path}/history", None),
            ("POST", "/secrets", {"text": "x"}),
            ("PATCH", path, {"text": "x"}),
            ("DELETE", path, None),
        ):
            assert ben(method, address, body, status=403)["code"] == "forbidden"
        assert ben.get(f"/search?q={tag}") == {"items": []}
        ben("GET", "/secrets/changes", status=403)


@pytest.mark.parametrize("who", [BEN, BOSS])
def test_a_closed_verb_is_nobodys(workshop, ben, who):
    crate = ben.create("crates", name="x")
    problem = workshop.as_(who)("DELETE", f"/crates/{crate['id']}", status=405)
    assert problem["code"] == "method_not_allowed"
    assert ben.get(f"/crates/{crate['id']}") == crate
