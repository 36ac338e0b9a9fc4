"""Words on records, for oneself or for everybody, and what becomes of them when one is changed."""

import pytest

from tests.service.served import ANNA, BEN, CLARA, event


@pytest.fixture
def tagged(ben, widget, tag):
    """Ben's widget with a tag of his own and a shared one."""
    path = f"/widgets/{widget['id']}"
    ben("PUT", f"{path}/tags/{tag} mine", status=204)
    ben("PUT", f"{path}/tags/{tag} OURS", {"visibility": "shared"}, status=204)
    return path


def names(api, path):
    return [(each["name"], each["visibility"]) for each in api.get(f"{path}/tags")["items"]]


def cloud(api, word):
    found = api.get("/tags")["items"]
    return [(t["name"], t["visibility"], t["count"]) for t in found if word in t["name"].lower()]


def test_everybody_sees_the_shared_ones_and_nobody_those_of_others(ben, anna, clara, tagged, tag):
    assert names(ben, tagged) == [(f"{tag} mine", "private"), (f"{tag} OURS", "shared")]
    assert names(anna, tagged) == [(f"{tag} OURS", "shared")]
    clara.get(f"{tagged}/tags", status=404)
    clara("PUT", f"{tagged}/tags/x", status=404)
    [mine, ours] = ben.get(f"{tagged}/tags")["items"]
    assert mine["tagged_by"] == ours["tagged_by"] == BEN


def test_two_spellings_are_one_tag(ben, tagged, tag):
    for spelt in (f"  {tag.upper()}   Ours ", f"{tag} \uff2f\uff35\uff32\uff33"):  # full width
        ben("PUT", f"{tagged}/tags/{spelt}", {"visibility": "shared"}, status=204)
    assert names(ben, tagged) == [(f"{tag} mine", "private"), (f"{tag} OURS", "shared")]


@pytest.mark.parametrize(
    ("word", "code"),
    [("x" * 51, "too_long"), ("a,b", "invalid"), ("a%07", "invalid"), ("%20", "required")],
)
def test_what_is_no_tag(ben, widget, word, code):
    path = f"/widgets/{widget['id']}/tags"
    assert ben.invalid("PUT", f"{path}/{word}") == [("/tag", code)]
    assert ben.invalid("PUT", f"{path}/x", {"visibility": "secret", "y": 1}) == [
        ("/visibility", "unknown_value"),
        ("/y", "unknown_field"),
    ]
    assert ben.get(path)["items"] == []


def test_a_tag_may_hold_a_slash_and_any_script(ben, widget):
    path = f"/widgets/{widget['id']}"
    for word in ("C%2FC++", "重要客戶", "x" * 50):
        ben("PUT", f"{path}/tags/{word}", status=204)
    assert {name for name, _ in names(ben, path)} == {"C/C++", "重要客戶", "x" * 50}
    ben("DELETE", f"{path}/tags/c%2Fc++", status=204)
    ben("DELETE", f"{path}/tags/c%2Fc++", status=404)


def test_sharing_a_tag_needs_the_right_to_edit(ben, boss, tag):
    rule = f"/rules/{boss.create('rules', text=tag)['id']}"
    ben("PUT", f"{rule}/tags/{tag}", status=204)
    ben("PUT", f"{rule}/tags/{tag}", {"visibility": "shared"}, status=403)
    ben("DELETE", f"{rule}/tags/{tag}?visibility=shared", status=403)
    assert names(boss, rule) == []
    assert ben("DELETE", f"{rule}/tags/{tag}?visibility=x", status=400)["code"] == "bad_query"


def test_lists_are_filtered_by_tag(ben, anna, clara, tagged, tag):
    other = ben.create("widgets", name=tag)["id"]
    ben("PUT", f"/widgets/{other}/tags/{tag} ours", {"visibility": "shared"}, status=204)
    third = ben.create("widgets", name=tag)["id"]
    first = tagged.rpartition("/")[2]

    def found(api, condition):
        page = api.get(f"/widgets?filter[name]={tag}&sort=id&count=exact&{condition}")
        assert page["count"] == len(page["items"])
        return [item["id"] for item in page["items"]]

    assert found(ben, f"filter[tags]={tag} OURS") == [first, other]
    assert found(ben, f"filter[tags]={tag} mine,{tag} ours") == [first, other]
    assert found(ben, f"filter[tags][ne]={tag} mine") == [other, third]
    assert found(ben, "filter[tags][empty]=true") == [third]
    assert found(ben, "filter[tags][empty]=false") == [first, other]
    assert found(anna, f"filter[tags]={tag} mine") == []
    assert found(clara, f"filter[tags]={tag} ours") == []
    both = [{"field": "tags", "value": f"{tag} {word}"} for word in ("mine", "OURS")]
    search = {"filter": {"all": both}, "fields": ["tags"]}
    assert [item["id"] for item in ben("POST", "/widgets/search", search)["items"]] == [first]
    ben("PATCH", f"/widgets/{third}", {"parent_id": other})
    assert found(ben, f"filter[parent_id.tags]={tag} ours") == [third]
    odd = "filter[tags][gt]=x&filter[tags][empty]=x&sort=tags,starred&fields=parent_id.tags"
    problem = ben.get(f"/widgets?{odd}", status=400)
    assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [
        ("/filter/tags/gt", "unknown_operator"),
        ("/filter/tags/empty", "invalid"),
        ("/sort", "unknown_field"),
        ("/sort", "unknown_field"),
        ("/fields", "unknown_field"),
    ]


def test_lists_show_tags_to_who_asks_for_them(ben, anna, tagged, tag):
    path = f"/widgets?filter[name]={tag}&fields=name,tags"
    assert ben.get(path)["items"][0]["tags"] == [f"{tag} mine", f"{tag} OURS"]
    assert anna.get(path)["items"][0]["tags"] == [f"{tag} OURS"]
    assert "tags" not in ben.get(f"/widgets?filter[name]={tag}")["items"][0]


def test_the_cloud_counts_what_one_may_see(workshop, ben, boss, tagged, tag):
    anna, clara = workshop.as_(ANNA), workshop.as_(CLARA)
    for _ in range(2):
        crate = boss.create("crates", name=tag)["id"]
        boss("PUT", f"/crates/{crate}/tags/{tag} Ours", {"visibility": "shared"}, status=204)
    assert cloud(ben, tag) == [(f"{tag} Ours", "shared", 3), (f"{tag} mine", "private", 1)]
    assert cloud(anna, tag) == [(f"{tag} Ours", "shared", 3)]
    assert cloud(clara, tag) == [(f"{tag} Ours", "shared", 2)]
    ben("DELETE", tagged, status=204)
    assert cloud(ben, tag) == [(f"{tag} Ours", "shared", 2)]


def test_records_of_a_tag_over_entities_in_pages(ben, clara, boss, tagged, tag):
    crate = boss.create("crates", name=f"{tag} crate")
    boss("PUT", f"/crates/{crate['id']}/tags/{tag} ours", {"visibility": "shared"}, status=204)
    path = f"/tags/{tag} OURS/records?limit=1"
    first = ben.get(path)
    assert first["items"] == [
        {
            "entity": "crate",
            "plural": "crates",
            "id": crate["id"],
            "number": crate["number"],
            "label": f"{tag} crate",
        }
    ]
    second = ben.get(f"{path}&cursor={first['next_cursor']}")
    assert [item["label"] for item in second["items"]] == [tag]
    assert second["next_cursor"] is None
    assert clara.get(path)["next_cursor"] is None
    ben.get(f"{path}&cursor=x", status=400)


def test_shared_tags_are_history_and_events_and_leave_the_version(workshop, ben, tagged, tag):
    before = ben.get(tagged)
    ben("DELETE", f"{tagged}/tags/{tag} ours?visibility=shared", status=204)
    ben("DELETE", f"{tagged}/tags/{tag} mine", status=204)
    rows = ben.get(f"{tagged}/history")["items"]
    assert [(r["fact"], r["version"], r["changes"]) for r in rows[:2]] == [
        ("untagged", 1, [{"field": "tags", "old": f"{tag} OURS", "new": None}]),
        ("tagged", 1, [{"field": "tags", "old": None, "new": f"{tag} OURS"}]),
    ]
    assert ben.get(tagged) == before
    assert workshop.told(before["id"]) == [
        f"crm.workshop.widget.{fact}.v1" for fact in ("created", "tagged", "untagged")
    ]


def test_a_new_name_reaches_every_record_and_merges_with_its_namesake(ben, anna, boss, tagged, tag):
    other = ben.create("widgets", name=tag)["id"]
    for path, word in ((f"/widgets/{other}", "ours"), (tagged, "theirs")):
        ben("PUT", f"{path}/tags/{tag} {word}", {"visibility": "shared"}, status=204)
    ben("PATCH", f"/tags/{tag} ours?visibility=shared", {"name": "x"}, status=403)
    ours = f"/tags/{tag} ours?visibility=shared"
    change = boss("PATCH", ours, {"name": f"{tag} Theirs"}, status=202)
    assert (change["tag"], change["name"]) == (f"{tag} ours", f"{tag} Theirs")
    assert names(anna, tagged) == [(f"{tag} theirs", "shared")]
    assert names(anna, f"/widgets/{other}") == [(f"{tag} Theirs", "shared")]
    assert boss.get("/tags/changes")["items"][0] == change
    boss("PATCH", f"/tags/{tag} theirs?visibility=shared", {"name": f"{tag} THEIRS"}, status=202)
    assert cloud(anna, tag) == [(f"{tag} THEIRS", "shared", 2)]
    boss("DELETE", f"/tags/{tag} theirs?visibility=shared", status=202)
    assert cloud(anna, tag) == []
    assert boss.invalid("PATCH", ours, {"name": "a,b"}) == [("/tag", "invalid")]


def test_own_tags_are_ones_own_to_change(ben, anna, tagged, tag):
    anna("PUT", f"{tagged}/tags/{tag} mine", status=204)
    ben("PATCH", f"/tags/{tag} mine", {"name": f"{tag} later"}, status=202)
    assert names(ben, tagged)[0] == (f"{tag} later", "private")
    assert names(anna, tagged)[0] == (f"{tag} mine", "private")
    ben("DELETE", f"/tags/{tag} later", status=202)
    assert names(ben, tagged) == [(f"{tag} OURS", "shared")]
    assert tag not in str(anna.get("/tags/changes"))


def replaced(tag, into, at, owner_id=None):
    about = {"owner_id": owner_id, "tag": tag, "into": into, "name": into, "changed_by": ANNA}
    subject = f"01990000-0000-7000-8000-{abs(hash((tag, at))) % 10**12:012d}"
    return event("crm.other.tag.replaced.v1", subject, at=at, **about)


def test_changes_ordered_elsewhere_apply_in_their_order_however_they_arrive(
    workshop, ben, tagged, tag
):
    first = replaced(f"{tag} ours", f"{tag} b", "2999-01-01T00:00:00+00:00")
    second = replaced(f"{tag} b", f"{tag} c", "2999-01-02T00:00:00+00:00")
    verdicts = [workshop.hear("tags", told) for told in (second, first, first, second)]
    assert verdicts == [["applied"], ["applied"], ["duplicate"], ["duplicate"]]
    assert names(ben, tagged) == [(f"{tag} c", "shared"), (f"{tag} mine", "private")]


def test_who_tags_after_a_change_means_a_new_tag(workshop, ben, tagged, tag):
    workshop.hear("tags", replaced(f"{tag} ours", None, "2001-01-01T00:00:00+00:00"))
    workshop.hear("tags", replaced(f"{tag} mine", None, "2999-01-01T00:00:00+00:00", BEN))
    assert names(ben, tagged) == [(f"{tag} OURS", "shared")]
