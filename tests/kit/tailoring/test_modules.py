"""Layout, names, numbers, and modules that are switched off."""

import pytest


@pytest.fixture
def layout(boss):
    """Puts the layout of widgets back afterwards."""
    at = "/meta/widget/layout"
    before = boss.get(at)
    yield lambda *blocks: boss("PUT", at, {"blocks": blocks})["blocks"]
    boss("PUT", at, before)


@pytest.fixture
def switch(boss):
    """Switches modules, and all of them on again afterwards."""
    off = set()

    def switched(entity, *, active):
        off.add(entity)
        return boss("PUT", f"/meta/{entity}/module", {"active": active})

    yield switched
    for entity in off:
        boss("PUT", f"/meta/{entity}/module", {"active": True})


class TestLayout:
    def test_it_begins_as_declared(self, ben):
        record, details = ben.get("/meta/crate/layout")["blocks"]
        assert record["fields"] == [
            *("number", "version", "created_at", "modified_at", "created_by", "modified_by"),
            "source",
        ]
        assert details["fields"][0] == "name"
        assert (details["name"], details["labels"], details["collapsed"]) == ("details", {}, False)

    def test_it_is_laid_out_anew(self, ben, layout):
        first = {
            "name": "first",
            "labels": {"en": "At first sight", "nl": "Vooraan"},
            "collapsed": True,
            "fields": ["colour", "name"],
        }
        seen, rest = layout(first, {"name": "rest"})
        assert seen == first
        assert {"number", "parts", "owner_id"} <= set(rest["fields"])
        blocks = ben.get("/meta/widget?language=nl")["blocks"]
        assert [(b["name"], b["label"], b["collapsed"]) for b in blocks] == [
            ("first", "Vooraan", True),
            ("rest", "Rest", False),
        ]
        fields = {f["name"]: f for f in ben.get("/meta/widget")["fields"]}
        assert (fields["name"]["block"], fields["name"]["position"]) == ("first", 2)

    def test_a_field_moves(self, boss, layout, new_field):
        layout({"name": "first", "fields": ["colour", "name"]}, {"name": "rest"})
        name = new_field(block="first", position=2)
        at = f"/meta/widget/fields/{name}"
        assert boss.get("/meta/widget/layout")["blocks"][0]["fields"] == ["colour", name, "name"]
        moved = boss("PATCH", at, {"position": 1})
        assert (moved["block"], moved["position"]) == ("first", 1)
        assert boss("PATCH", at, {"block": "rest"})["block"] == "rest"
        assert boss.get("/meta/widget/layout")["blocks"][0]["fields"] == ["colour", "name"]
        boss("DELETE", at, status=202)
        fields = [f for b in boss.get("/meta/widget/layout")["blocks"] for f in b["fields"]]
        assert name not in fields

    def test_what_is_no_layout_is_refused(self, boss):
        at = "/meta/widget/layout"
        wish = {
            "blocks": [
                {"name": "a", "fields": ["name", "nothing", "name"]},
                {"name": "a", "fields": ["id"]},
            ]
        }
        assert boss.invalid("PUT", at, wish) == [
            ("/blocks/0/fields/1", "unknown_field"),
            ("/blocks/0/fields/2", "twice"),
            ("/blocks/1/name", "twice"),
            ("/blocks/1/fields/0", "unknown_field"),
        ]
        assert boss.invalid("PUT", at, {"blocks": []}) == [("/blocks", "too_short")]
        assert boss.invalid("PUT", at, {"blocks": [{"name": "Aa"}]}) == [
            ("/blocks/0/name", "invalid")
        ]


def test_records_are_called_otherwise(boss, ben):
    at = "/meta/crate/names"
    names = {"nl": {"one": "Kist", "many": "Kisten"}, "zh-Hant": {"one": "箱", "many": "箱"}}
    assert boss("PUT", at, names) == names

    def called(language):
        meta = ben.get(f"/meta/crate?language={language}")
        return meta["title"], meta["title_of_many"]

    assert called("nl-NL") == ("Kist", "Kisten")
    assert called("zh-Hant") == ("箱", "箱")
    assert called("en") == ("Crate", "Crates")
    assert boss.invalid("PUT", at, {"nl": {"one": " "}}) == [
        ("/nl/one", "required"),
        ("/nl/many", "required"),
    ]
    assert boss("PUT", at, {}) == {}
    assert called("nl") == ("Crate", "Crates")


class TestNumbering:
    def test_numbers_go_on_from_where_they_are_set(self, boss, ben, tag):
        at = "/meta/crate/numbering"
        first = ben.create("crates", name=tag)["number"]
        assert first == f"CRA{boss.get(at)['next'] - 1}"
        assert boss("PUT", at, {"prefix": "BOX-", "next": 100}) == boss.get(at)
        assert [ben.create("crates", name=tag)["number"] for _ in range(2)] == [
            "BOX-100",
            "BOX-101",
        ]
        assert ben.get("/meta/crate")["number_prefix"] == "BOX-"
        assert ben.get("/crates/BOX-101")["name"] == tag

    def test_none_is_given_twice(self, workshop, boss, ben, tag):
        at = "/meta/crate/numbering"

        def set_to(prefix, number):
            answer = boss.ask("PUT", at, {"prefix": prefix, "next": number})
            problems = answer.json().get("errors", [{"code": None}])
            return answer.status_code, problems[0]["code"]

        assert set_to("A-", 10) == (200, None)
        made = ben.create("crates", name=tag)
        assert made["number"] == "A-10"
        assert set_to("A-", 10) == (422, "number_given")
        assert set_to("A-", 50) == (200, None)
        assert set_to("A-", 11) == (200, None)  # 50 was never given
        assert ben.create("crates", name=tag)["number"] == "A-11"
        assert set_to("B-", 1) == (200, None)
        workshop.sql("DELETE FROM crate WHERE number = 'A-11' RETURNING 1")
        assert set_to("A-", 11) == (422, "number_given")  # it was, to a record now purged
        assert set_to("A-", 12) == (200, None)
        workshop.sql("UPDATE crate SET number = 'C-7' WHERE id = %s RETURNING 1", made["id"])
        assert set_to("C-", 7) == (422, "number_given")
        assert set_to("C-", 8) == (200, None)

    def test_what_is_no_numbering_is_refused(self, boss):
        at = "/meta/crate/numbering"
        for body, fault in (
            ({"prefix": "X1", "next": 1}, ("/prefix", "invalid")),
            ({"prefix": "", "next": 1}, ("/prefix", "invalid")),
            ({"prefix": "a/b", "next": 1}, ("/prefix", "invalid")),
            ({"prefix": "X", "next": 0}, ("/next", "greater_than_equal")),
            ({"prefix": "X"}, ("/next", "required")),
        ):
            assert boss.invalid("PUT", at, body) == [fault]
        assert boss.get("/meta/rule/numbering", status=404)["code"] == "not_numbered"


class TestSwitchedOff:
    def test_nobody_meets_its_records_and_none_is_lost(self, workshop, boss, ben, tag, switch):
        made = ben.create("widgets", name=tag)
        at = f"/widgets/{made['id']}"
        assert [hit["id"] for hit in ben.get(f"/search?q={tag}")["items"]] == [made["id"]]
        assert switch("widget", active=False) == {"active": False}
        for api in (ben, boss):
            for method, path, body in (
                ("GET", "/widgets", None),
                ("POST", "/widgets", {"name": tag}),
                ("GET", at, None),
                ("PATCH", at, {"parts": 1}),
                ("DELETE", at, None),
                ("GET", f"{at}/history", None),
                ("POST", f"{at}/paint", {"colour": "Green"}),
                ("POST", "/widgets/search", {}),
            ):
                assert api(method, path, body, status=404)["code"] == "module_off", path
        assert ben.get(f"/search?q={tag}")["items"] == []
        meta = ben.get("/meta/widget")
        assert meta["active"] is False
        assert not any(meta["rights"].values())
        link = {"name": tag, "lines": [{"widget_id": made["id"], "quantity": 1}]}
        assert ben.invalid("POST", "/crates", link) == [("/lines/0/widget_id", "dangling_link")]
        assert switch("widget", active=True) == {"active": True}
        assert ben.get(at) == made
        assert [c["field"] for c in boss.get("/meta/widget/history")["items"][0]["changes"]] == [
            "active"
        ]

    def test_every_process_opens_it_again_at_once(self, ben, ben_elsewhere, tag, switch):
        switch("crate", active=False)
        assert ben_elsewhere.ask("GET", "/crates").status_code in {200, 404}
        switch("crate", active=True)
        assert ben_elsewhere.create("crates", name=tag)["name"] == tag
