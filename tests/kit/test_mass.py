"""The same thing done to many records: each under its own rules, each with its own result."""

import uuid

import pytest

from tests.eventually import eventually
from tests.service.served import BEN, CLARA, person


@pytest.fixture
def widgets(ben, tag):
    return [ben.create("widgets", name=tag, parts=n)["id"] for n in (1, 2, 3)]


def mass(api, operation, *, status=200, ids=None, **about):
    selection = about.pop("selection", {"ids": ids})
    return api(
        "POST",
        "/widgets/mass",
        {"operation": operation, "selection": selection, **about},
        status=status,
    )


def outcomes(done):
    return [item["outcome"] for item in done["items"]]


def test_edit(ben, widgets):
    done = mass(ben, "edit", ids=[*widgets, widgets[0]], values={"parts": 2, "colour": "Red"})
    assert done["counts"] == {"done": 2, "unchanged": 1}
    assert done["items"][1] == {
        "row": 2,
        "id": widgets[1],
        "outcome": "unchanged",
        "problem": None,
    }
    assert [ben.get(f"/widgets/{one}")["doubled"] for one in widgets] == [4, 4, 4]
    assert len(ben.get(f"/widgets/{widgets[1]}/history")["items"]) == 1


def test_one_that_is_refused_keeps_no_other_from_being_done(ben, clara, widgets):
    hers, green = clara.create("widgets", name="hers")["id"], widgets[1]
    ben("PATCH", f"/widgets/{green}", {"colour": "Green"})
    absent = str(uuid.uuid4())
    done = mass(ben, "delete", ids=[widgets[0], green, hers, absent, widgets[2]])
    assert outcomes(done) == ["done", "refused", "refused", "refused", "done"]
    codes = [item["problem"]["code"] for item in done["items"][1:4]]
    assert codes == ["green", "not_found", "not_found"]
    ben.get(f"/widgets/{widgets[0]}", status=404)
    assert ben.get(f"/widgets/{green}")["version"] == 2
    restored = mass(ben, "restore", ids=[widgets[0], green])
    assert outcomes(restored) == ["done", "refused"]
    assert ben.get(f"/widgets/{widgets[0]}")["name"] == ben.get(f"/widgets/{green}")["name"]


def test_each_goes_through_rules_and_what_it_told_is_taken_back(workshop, ben, widgets):
    done = mass(ben, "edit", ids=widgets, values={"parts": 13})
    assert outcomes(done) == ["refused"] * 3
    assert done["items"][0]["problem"]["errors"] == [
        {"pointer": "/parts", "code": "unlucky", "detail": "is thirteen"}
    ]
    assert workshop.told(widgets[0]) == ["crm.workshop.widget.created.v1"]
    kept = [ben.get(f"/widgets/{one}") for one in widgets]
    assert [(one["parts"], one["doubled"], one["version"]) for one in kept] == [
        (1, 2, 1),
        (2, 4, 1),
        (3, 6, 1),
    ]


def test_transfer(boss, ben, clara, widgets):
    done = mass(ben, "transfer", ids=widgets, owner_id=CLARA)
    assert done["counts"] == {"done": 3}
    assert clara.get(f"/widgets/{widgets[0]}")["owner_id"] == CLARA
    assert mass(ben, "transfer", ids=widgets, owner_id=BEN)["counts"] == {"refused": 3}


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"operation": "edit"}, [("/selection", "required")]),
        ({"operation": "melt", "selection": {}}, [("/operation", "unknown_value")]),
        ({"operation": "edit", "selection": {"ids": ["x"]}}, [("/selection/ids/0", "invalid")]),
        (
            {"operation": "edit", "selection": {"ids": [CLARA]}, "owner_id": CLARA},
            [("/owner_id", "unknown_field"), ("/values", "required")],
        ),
        ({"operation": "delete", "selection": {}}, [("/selection", "required")]),
        ({"operation": "restore", "selection": {"filter": {}}}, [("/selection/ids", "required")]),
        (
            {"operation": "delete", "selection": {"filter": {"field": "shape", "value": 1}}},
            [("/selection/filter/field", "unknown_field")],
        ),
        (
            {
                "operation": "edit",
                "selection": {"ids": [CLARA]},
                "values": {
                    "code": "x",
                    "sizes": [],
                    "parts": "many",
                    "colour": "Mauve",
                    "version": 3,
                    "smell": 1,
                },
            },
            [
                ("/values/code", "not_mass_editable"),
                ("/values/sizes", "not_mass_editable"),
                ("/values/colour", "unknown_value"),
                ("/values/parts", "int_parsing"),
                ("/values/smell", "unknown_field"),
                ("/values/version", "read_only"),
            ],
        ),
        (
            {
                "operation": "edit",
                "selection": {"ids": [CLARA]},
                "values": {"parent_id": str(uuid.uuid4())},
            },
            [("/values/parent_id", "dangling_link")],
        ),
        (
            {
                "operation": "transfer",
                "selection": {"ids": [CLARA]},
                "owner_id": str(uuid.uuid4()),
            },
            [("/owner_id", "dangling_link")],
        ),
    ],
)
def test_what_is_asked_wrongly_names_every_bad_field(ben, body, wrong):
    assert sorted(ben.invalid("POST", "/widgets/mass", body)) == sorted(wrong)


def test_records_without_an_owner_are_not_given_away_and_closed_verbs_stay_closed(boss):
    body = {"operation": "transfer", "selection": {"filter": {}}, "owner_id": CLARA}
    assert boss.invalid("POST", "/rules/mass", body) == [("/operation", "invalid")]
    boss("POST", "/crates/mass", {"operation": "delete", "selection": {"filter": {}}}, status=405)


def test_who_may_never_do_it_is_told_so(ben):
    body = {"operation": "delete", "selection": {"filter": {}}}
    ben("POST", "/rules/mass", body, status=403)


def test_over_two_hundred_it_is_a_job_over_what_was_found_at_its_start(workshop, ben, clara, tag):
    """The filter stops to match each row as it is done, and new rows begin to."""
    workshop.sql(
        "INSERT INTO widget (id, version, created_at, modified_at, created_by, modified_by, source,"
        " owner_id, name, parts, active, colour, sizes, custom)"
        " SELECT gen_random_uuid(), 1, now(), now(), %s, %s, 'API', %s, %s, 1, true,"
        " CASE WHEN n = 1 THEN 'Green' ELSE 'Red' END, '[]', '{}'"
        " FROM generate_series(1, 201) AS n",
        BEN,
        BEN,
        BEN,
        tag,
    )
    chosen = {"all": [{"field": "name", "value": tag}, {"field": "parts", "value": 1}]}
    job = mass(ben, "edit", selection={"filter": chosen}, values={"parts": 7}, status=202)
    assert (job["kind"], job["total"], job["done"]) == ("mass", 201, 0)
    at = f"/widgets/jobs/{job['id']}"
    eventually(lambda: ben.get(at)["state"], "done")
    assert (ben.get(at)["done"], ben.get(at)["result"]) == (201, {"done": 201})
    assert ben.get(f"/widgets?q={tag}&filter[parts]=7&count=exact")["count"] == 201
    job = mass(ben, "delete", selection={"q": tag}, status=202)
    at = f"/widgets/jobs/{job['id']}"
    eventually(lambda: ben.get(at)["state"], "done")
    assert ben.get(at)["result"] == {"done": 200, "refused": 1}
    [refused] = ben.get(f"{at}/rows?outcome=refused")["items"]
    assert refused["problem"] == {"code": "green", "detail": "Green ones are kept.", "errors": []}
    assert ben.get(f"/widgets/{refused['id']}")["colour"] == "Green"
    first = ben.get(f"{at}/rows?limit=2")
    assert [row["row"] for row in first["items"]] == [1, 2]
    [third] = ben.get(f"{at}/rows?limit=1&cursor={first['next_cursor']}")["items"]
    assert third["row"] == 3
    ben.get(f"{at}/rows?cursor=x", status=400)
    ben.get(f"{at}/rows?outcome=x", status=400)
    clara.get(f"{at}/rows", status=404)


def test_nobody_gets_records_who_is_not_there(workshop, ben, widgets):
    gone = str(uuid.uuid4())
    workshop.hear("people", person(gone, active=False))
    body = {"operation": "transfer", "selection": {"ids": widgets}, "owner_id": gone}
    assert ben.invalid("POST", "/widgets/mass", body) == [("/owner_id", "dangling_link")]
