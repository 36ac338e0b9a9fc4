"""Lists: which records, in which order, which of their fields, and how many there are."""

import pytest

from tests.service.served import BEN, CLARA

CHOSEN = ("parts", "weight", "colour", "active", "made_on", "seen_at", "notes", "parent_id")


@pytest.fixture(scope="module")
def shelf(workshop):
    """Five widgets of Ben's, A to E, and what they are filtered by."""
    ben = workshop.as_(BEN)
    parent = ben.create("widgets", name="Shelf")
    rows = (
        {"name": "A", "parts": 1, "weight": "0.5", "colour": "Red", "notes": "10% off"},
        {"name": "B", "parts": 2, "weight": "10", "colour": "Green", "active": False},
        {"name": "C", "parts": 3, "weight": "2", "colour": "Sky, blue", "notes": "Ten, or so"},
        {"name": "D", "parts": 3, "made_on": "2024-02-29", "notes": ""},
        {"name": "E", "seen_at": "2024-02-29T12:00:00Z", "notes": "1_0", "email": "e@example.com"},
    )
    made = [ben.create("widgets", parent_id=parent["id"], **row) for row in rows]
    return {"parent": parent, "ids": {record["id"]: record["name"] for record in made}}


@pytest.fixture
def names(ben, shelf):
    """The names that a list answers, in its order."""

    def listed(query, among=True):
        within = f"filter[parent_id]={shelf['parent']['id']}&" if among else ""
        return "".join(held["name"] for held in ben.get(f"/widgets?{within}{query}")["items"])

    return listed


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("[parts]=3", "CD"),
        ("[parts]=1,3", "ACD"),
        ("[parts]= 1 , 2 ", "AB"),
        ("[parts][eq]=2", "B"),
        ("[parts][ne]=3", "ABE"),
        ("[parts][ne]=1,3", "BE"),
        ("[parts][gt]=2", "CD"),
        ("[parts][gte]=2", "BCD"),
        ("[parts][lt]=2", "A"),
        ("[parts][lte]=2", "AB"),
        ("[parts][empty]=true", "E"),
        ("[parts][empty]=", "E"),
        ("[parts][empty]=false", "ABCD"),
        ("[doubled]=6", "CD"),
        ("[weight]=2.000,10", "BC"),
        ("[weight][gt]=2", "B"),
        ("[weight][lte]=2.0", "AC"),
        ("[colour]=Red", "ADE"),
        ("[colour]=Sky, blue", "C"),
        ("[colour]=Red,Green", "ABDE"),
        ("[colour][ne]=Sky, blue", "ABDE"),
        ("[colour][ne]=Red,Green", "C"),
        ("[active]=true", "ACDE"),
        ("[active]=false", "B"),
        ("[active]=true,false", "ABCDE"),
        ("[made_on]=2024-02-29", "D"),
        ("[made_on][gte]=2024-02-29", "D"),
        ("[made_on][gt]=2024-02-29", ""),
        ("[made_on][empty]=true", "ABCE"),
        ("[seen_at]=2024-02-29T13:00:00%2B01:00", "E"),
        ("[seen_at][lt]=2024-02-29T12:00:00.000001Z", "E"),
        ("[notes]=Ten, or so", "C"),
        ("[notes]=ten, or so", ""),
        ("[notes][ne]=1_0", "ABCD"),
        ("[notes][contains]=10%25", "A"),
        ("[notes][contains]=1_0", "E"),
        ("[notes][contains]=OR SO", "C"),
        ("[notes][starts_with]=1", "AE"),
        ("[notes][ends_with]=OFF", "A"),
        ("[notes][empty]=true", "BD"),
        ("[notes][empty]=false", "ACE"),
        ("[email][contains]=@EXAMPLE", "E"),
        ("[sizes][empty]=false", "ABCDE"),
        ("[parts][gte]=2&filter[parts][lt]=3", "B"),
        ("[parts]=3&filter[colour]=Red", "D"),
        ("[source]=API", "ABCDE"),
        ("[version][lt]=2", "ABCDE"),
        ("[created_at][gt]=2000-01-01T00:00:00Z", "ABCDE"),
    ],
)
def test_filters_mean_what_the_type_says(names, condition, found):
    assert names(f"filter{condition}&sort=name") == found


def test_owner_and_number_are_filters_too(ben, boss, shelf, names):
    one = next(iter(shelf["ids"]))
    number = ben.get(f"/widgets/{one}")["number"]
    assert names(f"filter[number]={number}") == "A"
    assert names(f"filter[id]={one}") == "A"
    assert names(f"filter[owner_id]={CLARA}") == ""
    assert names(f"filter[owner_id]={CLARA},{BEN}&sort=id") == "ABCDE"


@pytest.mark.parametrize(
    ("order", "found"),
    [
        ("", "EDCBA"),
        ("sort=id", "ABCDE"),
        ("sort=-id", "EDCBA"),
        ("sort=name", "ABCDE"),
        ("sort=-name", "EDCBA"),
        ("sort=parts,name", "ABCDE"),
        ("sort=parts,-name", "ABDCE"),
        ("sort=-parts,name", "ECDBA"),
        ("sort=-parts", "EDCBA"),
        ("sort=weight,name", "ACBDE"),
        ("sort=colour,-name", "BEDAC"),
        ("sort=-active,name", "ACDEB"),
        ("sort=made_on,seen_at,name", "DEABC"),
        ("sort=owner_id,created_at", "ABCDE"),
    ],
)
def test_sorting_puts_the_empty_last_and_the_newest_first(names, order, found):
    assert names(order) == found


def test_only_the_fields_asked_for_are_answered(ben, shelf):
    within = f"filter[parent_id]={shelf['parent']['id']}&sort=name&limit=1"
    [one] = ben.get(f"/widgets?{within}&fields=name,parts, crated,name")["items"]
    found = next(iter(shelf["ids"]))
    assert one == {"id": found, "name": "A", "parts": 1, "crated": 0}
    [whole] = ben.get(f"/widgets?{within}")["items"]
    assert whole == ben.get(f"/widgets/{found}")


def test_lists_answer_no_lines(ben, shelf):
    line = {"widget_id": shelf["parent"]["id"], "quantity": "1"}
    crate = ben.create("crates", name="x", lines=[line])
    [listed] = ben.get(f"/crates?filter[id]={crate['id']}")["items"]
    assert listed == {name: value for name, value in crate.items() if name != "lines"}


def test_counting(ben, clara, shelf):
    within = f"filter[parent_id]={shelf['parent']['id']}"
    page = ben.get(f"/widgets?{within}&filter[parts]=3&limit=1&count=exact")
    assert (page["count"], len(page["items"])) == (2, 1)
    assert clara.get(f"/widgets?{within}&count=exact")["count"] == 0
    assert ben.get(f"/widgets?{within}&filter[notes][contains]=%25&count=estimate")["count"] >= 1
    assert "count" not in ben.get(f"/widgets?{within}")


def test_the_default_page_has_25_and_the_largest_200(ben, tag):
    for _ in range(27):
        ben.create("widgets", name=tag)
    within = f"filter[name]={tag}"
    assert len(ben.get(f"/widgets?{within}")["items"]) == 25
    assert len(ben.get(f"/widgets?{within}&limit=200")["items"]) == 27


def test_what_is_unlisted_shows_only_to_who_asks(boss, tag):
    for number, repealed in enumerate((False, True)):
        boss.create("rules", text=f"{tag} {number}", repealed=repealed)
    within = f"filter[text][starts_with]={tag}"
    found = {
        query: [held["text"][-1] for held in boss.get(f"/rules?{within}{query}&sort=text")["items"]]
        for query in ("", "&filter[repealed]=true", "&filter[repealed]=true,false")
    }
    assert found == {
        "": ["0"],
        "&filter[repealed]=true": ["1"],
        "&filter[repealed]=true,false": ["0", "1"],
    }
    assert [hit["label"] for hit in boss.get(f"/search?q={tag}")["items"]] == [f"{tag} 0"]


@pytest.mark.parametrize(
    ("query", "errors"),
    [
        ("filter[colors]=Red", [("/filter/colors/eq", "unknown_field")]),
        ("filter[crated]=1", [("/filter/crated/eq", "unknown_field")]),
        ("filter[deleted_at][empty]=false", [("/filter/deleted_at/empty", "unknown_field")]),
        ("filter[parts][contains]=1", [("/filter/parts/contains", "unknown_operator")]),
        ("filter[name][gt]=a", [("/filter/name/gt", "unknown_operator")]),
        ("filter[sizes]=1", [("/filter/sizes/eq", "unknown_operator")]),
        ("filter[parts]=many", [("/filter/parts/eq", "invalid")]),
        ("filter[parts]=1,,2", [("/filter/parts/eq", "invalid")]),
        ("filter[parts]=", [("/filter/parts/eq", "invalid")]),
        ("filter[colour]=Blue", [("/filter/colour/eq", "invalid")]),
        ("filter[active]=yes", [("/filter/active/eq", "invalid")]),
        ("filter[made_on]=1709164800", [("/filter/made_on/eq", "invalid")]),
        ("filter[made_on][empty]=maybe", [("/filter/made_on/empty", "invalid")]),
        ("filter[parent_id]=1", [("/filter/parent_id/eq", "invalid")]),
        ("filter[weight][gt]=NaN", [("/filter/weight/gt", "invalid")]),
        ("filter=x", [("/filter", "unknown_parameter")]),
        ("filter[parts][gt][lt]=1", [("/filter[parts][gt][lt]", "unknown_parameter")]),
        ("colour=Red", [("/colour", "unknown_parameter")]),
        ("sort=colors", [("/sort", "unknown_field")]),
        ("sort=sizes", [("/sort", "unknown_field")]),
        ("sort=crated", [("/sort", "unknown_field")]),
        ("sort=--name", [("/sort", "unknown_field")]),
        ("sort=name,code,notes,email,phone,parts", [("/sort", "too_many")]),
        ("fields=name,colors", [("/fields", "unknown_field")]),
        ("limit=0", [("/limit", "invalid")]),
        ("limit=201", [("/limit", "invalid")]),
        ("limit=-1", [("/limit", "invalid")]),
        ("limit=ten", [("/limit", "invalid")]),
        ("count=some", [("/count", "unknown_value")]),
        ("cursor=x", [("/cursor", "invalid")]),
        (
            "filter[x]=1&sort=y&fields=z&limit=0&cursor=!&count=a&w=1",
            [
                ("/w", "unknown_parameter"),
                ("/filter/x/eq", "unknown_field"),
                ("/sort", "unknown_field"),
                ("/fields", "unknown_field"),
                ("/limit", "invalid"),
                ("/cursor", "invalid"),
                ("/count", "unknown_value"),
            ],
        ),
    ],
)
def test_every_bad_parameter_is_named(ben, query, errors):
    problem = ben.get(f"/widgets?{query}", status=400)
    assert problem["code"] == "bad_query"
    assert [(error["pointer"], error["code"]) for error in problem["errors"]] == errors
