"""What must not exist twice is refused; what looks alike is found for people to decide."""

from concurrent.futures import ThreadPoolExecutor

import pytest

RULE = {"active": True, "sets": [["website"], ["name", "email"]], "on_conflict": "skip"}
META = "/meta/widget/duplicates"


@pytest.fixture
def guarded(boss):
    """No two widgets have one website, nor name and address in common."""
    before = boss.get(META)
    assert boss("PUT", META, RULE) == RULE
    yield
    boss("PUT", META, before)


@pytest.fixture
def site(tag):
    return f"https://{tag}.example.com"


def refusal(api, method, path, body):
    problem = api(method, path, body, status=409)
    assert problem["code"] == "duplicate"
    return [error["pointer"] for error in problem["errors"]], problem["duplicates"]


def known(widget):
    return [{"id": widget["id"], "number": widget["number"], "label": widget["name"]}]


@pytest.mark.usefixtures("guarded")
class TestRefused:
    """On create, on change and on restore."""

    def test_the_refusal_names_the_other_record(self, ben, boss, clara, widget, site):
        ben("PATCH", f"/widgets/{widget['id']}", {"website": site})
        again = {"name": "other", "website": f" {site.upper()} "}
        for api in (ben, boss):
            assert refusal(api, "POST", "/widgets", again) == (["/website"], known(widget))
        assert refusal(clara, "POST", "/widgets", again) == (["/website"], [])
        ben.create("widgets", name="no website")
        ben("PATCH", f"/widgets/{widget['id']}", {"website": site.upper(), "parts": 4})

    def test_all_fields_of_a_set_count_and_empty_ones_agree_with_none(self, ben, tag):
        first = ben.create("widgets", name=tag, email=f"{tag}@example.com")
        ben.create("widgets", name=tag)
        ben.create("widgets", name=tag)
        other = ben.create("widgets", name="x", email=f"{tag}@example.com")
        changed = {"name": f"{tag.upper()} "}
        expected = (["/name", "/email"], known(first))
        assert refusal(ben, "PATCH", f"/widgets/{other['id']}", changed) == expected
        assert ben.get(f"/widgets/{other['id']}") == other

    def test_what_is_in_the_bin_does_not_count_until_it_comes_back(self, ben, tag, site):
        first = ben.create("widgets", name=tag, website=site)
        ben("DELETE", f"/widgets/{first['id']}", status=204)
        second = ben.create("widgets", name=tag, website=site)
        path = f"/widgets/{first['id']}/restore"
        assert refusal(ben, "POST", path, None) == (["/website"], known(second))
        ben("DELETE", f"/widgets/{second['id']}", status=204)
        ben("POST", path)

    def test_a_merge_makes_room(self, ben, tag, site):
        keeps = ben.create("widgets", name=tag)
        goes = ben.create("widgets", name=tag, website=site)
        wish = {"losers": [goes["id"]], "take": {"website": goes["id"]}}
        assert ben("POST", f"/widgets/{keeps['id']}/merge", wish)["website"] == site

    def test_of_two_at_once_one_is_refused(self, ben, clara, held_up, tag, site):
        body = {"name": tag, "website": site}
        with ThreadPoolExecutor(2) as pool:
            with held_up(until=2):
                asked = [pool.submit(api.ask, "POST", "/widgets", body) for api in (ben, clara)]
            assert sorted(one.result().status_code for one in asked) == [201, 409]


def test_what_agreed_before_the_rule_stays(boss, ben, tag, site):
    first, second = (ben.create("widgets", name=tag, website=site) for _ in range(2))
    before = boss.get(META)
    assert before == {"active": False, "sets": [], "on_conflict": "refuse"}
    boss("PUT", META, RULE)
    try:
        ben("PATCH", f"/widgets/{first['id']}", {"parts": 7})
        ben("PATCH", f"/widgets/{second['id']}", {"website": f"{site}/2"})
        refusal(ben, "PATCH", f"/widgets/{second['id']}", {"website": site})
    finally:
        boss("PUT", META, before)
    ben("PATCH", f"/widgets/{second['id']}", {"website": site})


def test_only_what_can_be_compared_and_by_administrators(ben, boss):
    ben("PUT", META, RULE, status=403)
    wrong = {"active": True, "sets": [["x", "name", "name"], ["sizes"]]}
    assert boss.invalid("PUT", META, wrong) == [
        ("/sets/0/0", "unknown_field"),
        ("/sets/0/2", "named_twice"),
        ("/sets/1/0", "not_compared"),
    ]
    assert boss.invalid("PUT", META, {"active": 1, "sets": [[]], "on_conflict": "x"}) == [
        ("/sets/0", "too_short"),
        ("/on_conflict", "unknown_value"),
    ]


def test_candidates_have_a_score_and_reasons(ben, clara, tag):
    about = {
        "name": f"{tag} Trading Co., Ltd.",
        "email": f"info@{tag}.example.com",
        "phone": "+31 20 123 45 67",
        "website": f"https://www.{tag}.example.com/",
    }
    widget = ben.create("widgets", **about)
    named = ben.create("widgets", name=f"{tag.upper()}-Trading")
    mailed = ben.create("widgets", name="x", email=about["email"].title())
    sited = ben.create("widgets", name=f"{tag} trading", website=f"{tag}.example.com")
    ben.create("widgets", name=f"{tag} Trading Post")
    clara.create("widgets", **about)
    gone = ben.create("widgets", **about)
    ben("DELETE", f"/widgets/{gone['id']}", status=204)
    items = ben.get(f"/widgets/{widget['id']}/duplicates")["items"]
    assert [(i["id"], i["label"]) for i in items] == [
        (sited["id"], f"{tag} trading"),
        (mailed["id"], "x"),
        (named["id"], f"{tag.upper()}-Trading"),
    ]
    assert [[r["field"] for r in i["reasons"]] for i in items] == [
        ["name", "website"],
        ["email"],
        ["name"],
    ]
    assert items[1]["score"] == 0.9
    scores = [i["score"] for i in items]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] == 0.92
    assert scores[2] == 0.8
    phoned = ben.create("widgets", name="y", phone="0031 (0)20-1234567")
    assert phoned["id"] not in {i["id"] for i in items}


def test_groups_over_the_whole_table(ben, clara, tag):
    made = [
        ben.create("widgets", name=name, notes="x")["id"]
        for name in (f"{tag} Ltd", f"{tag.upper()}, Limited", f"{tag}-LTD.", f"{tag} Sons", "z")
    ]
    clara.create("widgets", name=f"{tag} ltd")
    found, after = [], None
    while True:
        page = ben("POST", "/widgets/find-duplicates", {"fields": ["name"], "after": after})
        found += page["items"]
        after = page["next"]
        if after is None:
            break
    [group] = [g for g in found if g["key"] == tag]
    assert (group["count"], [r["id"] for r in group["records"]]) == (3, made[:3])
    keys = [g["key"] for g in found]
    assert keys == sorted(set(keys))
    few = ben("POST", "/widgets/find-duplicates", {"fields": ["name", "email"], "limit": 1})
    assert few["items"] == [] or len(few["items"]) == 1
    assert ben.invalid("POST", "/widgets/find-duplicates", {"fields": ["x", "parts"]}) == [
        ("/fields/0", "not_compared"),
        ("/fields/1", "not_compared"),
    ]
