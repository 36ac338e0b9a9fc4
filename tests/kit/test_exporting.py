"""What a list shows, as a file that no spreadsheet can be harmed by."""

import io

import pytest
from python_calamine import CalamineWorkbook

from crmkit.unit_of_work import new_id
from tests.eventually import eventually
from tests.service.served import BEN, person, record


@pytest.fixture
def made(workshop, tag):
    """So many widgets of Ben's, written at once."""

    def make(count):
        workshop.sql(
            "INSERT INTO widget (id, version, created_at, modified_at, created_by, modified_by,"
            " source, owner_id, name, parts, active, colour, sizes, custom)"
            " SELECT gen_random_uuid(), 1, now(), now(), %s, %s, 'API', %s, %s, n %% 1000, true,"
            " 'Red', '[]', '{}' FROM generate_series(1, %s) AS n",
            *(BEN, BEN, BEN, tag, count),
        )

    return make


def export(api, **wish):
    answer = api.ask("POST", "/widgets/export", wish)
    assert answer.status_code == 200, answer.text
    return answer


def test_csv_is_as_the_list_and_computes_nothing(ben, tag):
    parent = ben.create("widgets", name=tag)
    ben.create(
        "widgets",
        name=f"=1+1 {tag}",
        notes='say "hi",\r\nthen go',
        phone="+49 30 1",
        weight="-0.500",
        share="12.5",
        active=False,
        made_on="2026-02-28",
        seen_at="2026-02-28T10:00:00+01:00",
        parent_id=parent["id"],
        sizes=[{"name": "S", "millimetres": 1}],
    )
    fields = ["name", "notes", "phone", "weight", "share", "active", "made_on", "seen_at"]
    wish = {"q": tag, "fields": [*fields, "parent_id.name", "sizes"], "sort": ["-created_at"]}
    answer = export(ben, **wish)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == "attachment; filename=widgets.csv"
    assert answer.content.decode() == (
        "name,notes,phone,weight,share,active,made_on,seen_at,parent_id.name,sizes\r\n"
        f'\'=1+1 {tag},"say ""hi"",\r\nthen go",\'+49 30 1,-0.500,12.5,false,2026-02-28,'
        f'2026-02-28T09:00:00Z,{tag},"[{{""name"":""S"",""millimetres"":1}}]"\r\n'
        f"{tag},,,,,true,,,,\r\n"
    )
    short = export(ben, q=tag, fields=["name", "parts"], delimiter=";", bom=True, sort=["name"])
    assert short.content.decode("utf-8") == f"\ufeffname;parts\r\n'=1+1 {tag};\r\n{tag};\r\n"


def test_only_what_the_filter_finds_and_the_caller_sees(ben, clara, tag):
    for parts in (1, 2):
        ben.create("widgets", name=tag, parts=parts)
    clara.create("widgets", name=tag, parts=2)
    found = export(
        ben,
        filter={"all": [{"field": "name", "value": tag}, {"field": "parts", "value": 2}]},
        fields=["name", "parts"],
    )
    assert found.text == f"name,parts\r\n{tag},2\r\n"
    everything = export(ben, q=tag).text.splitlines()[0].split(",")
    assert everything[:2] == ["id", "number"]
    assert "crated" in everything


def test_a_saved_views_columns_order_and_filter(ben, clara, tag):
    for parts in (1, 2, 3):
        ben.create("widgets", name=tag, parts=parts)
    view = ben(
        "POST",
        "/widgets/views",
        {
            "name": tag,
            "columns": ["parts", "name"],
            "sort": ["-parts"],
            "filter": {"field": "parts", "operator": "gt", "value": 1},
        },
        status=201,
    )["id"]
    assert export(ben, q=tag, view=view).text == f"parts,name\r\n3,{tag}\r\n2,{tag}\r\n"
    filtered = {"field": "parts", "operator": "lt", "value": 3}
    chosen = {"view": view, "fields": [" id ", "parts"], "sort": ["parts"], "filter": filtered}
    [heading, row, _] = export(ben, q=tag, **chosen).text.split("\r\n")
    assert (heading, row[36:]) == ("id,parts", ",2")
    assert clara.invalid("POST", "/widgets/export", {"view": view, "format": "x"}) == [
        ("/format", "unknown_value"),
        ("/view", "unknown_value"),
    ]


def test_as_people_read_it(workshop, boss, clara, tag):
    sam, gizmo = new_id(), new_id()
    workshop.hear("people", person(sam, username=tag, time_zone="Asia/Kolkata"))
    api = workshop.as_(sam)
    told = record("crm.elsewhere.gizmo.created.v1", gizmo, name=f"G {tag}", number=None)
    assert workshop.hear("links", told) == ["applied"]
    parent = api.create("widgets", name=f"Parent {tag}")["id"]
    child = {"name": f"Child {tag}", "parent_id": parent, "gizmo_id": gizmo}
    api.create("widgets", seen_at="2026-02-28T20:00:00Z", made_on="2026-02-28", **child)
    hers = clara.create("widgets", name=f"Hers {tag}")["id"]
    boss("PATCH", f"/widgets/{parent}", {"parent_id": hers})
    labels = {"labels": {"en": "=Seen", "nl": "@Gezien"}}
    boss("PATCH", "/meta/widget/fields/seen_at", labels)
    fields = ["name", "parent_id", "parent_id.gizmo_id", "gizmo_id", "owner_id", "seen_at"]
    wish = {"q": tag, "fields": [*fields, "made_on"], "sort": ["name"], "language": "nl-BE"}
    people = {"headings": "labels", "links": "labels", "times": "mine"}
    assert export(api, **wish, **people).text.split("\r\n") == [
        "Name,Parent,Parent: Gizmo,Gizmo,Owner,'@Gezien,Made on",
        f"Child {tag},Parent {tag},,G {tag},Sam,2026-03-01T01:30:00+05:30,2026-02-28",
        f"Parent {tag},,,,Sam,,",
        "",
    ]
    plain = export(api, **wish).text.split("\r\n")[:2]
    assert plain == [
        ",".join([*fields, "made_on"]),
        f"Child {tag},{parent},,{gizmo},{sam},2026-02-28T20:00:00Z,2026-02-28",
    ]


def test_a_workbook(ben, tag):
    ben.create("widgets", name=f"={tag}", parts=7, weight="1.25")
    answer = export(ben, q=tag, fields=["name", "parts", "weight"], format="xlsx")
    [sheet] = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).sheet_names
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    rows = book.get_sheet_by_name(sheet).to_python()
    assert rows == [["name", "parts", "weight"], [f"={tag}", 7.0, 1.25]]


def test_over_five_thousand_rows_it_is_a_job(ben, boss, clara, made, tag):
    made(5001)
    for wish in ({"format": "csv"}, {"format": "xlsx"}):
        body = {"q": tag, "fields": ["name", "parts"], "sort": ["parts"], **wish}
        job = ben("POST", "/widgets/export", body, status=202)
        at = f"/widgets/jobs/{job['id']}"
        eventually(lambda at=at: ben.get(at)["state"], "done")
        done = ben.get(at)
        assert (done["total"], done["done"]) == (5001, 5001)
        assert done["result"]["expires_at"] > done["finished_at"]
        content = ben.ask("GET", f"{at}/file").content
        assert boss.ask("GET", f"{at}/file").content == content
        clara.get(f"{at}/file", status=404)
        if wish["format"] == "csv":
            lines = content.decode().split("\r\n")
            assert (len(lines), lines[:2], lines[-2:]) == (
                5003,
                ["name,parts", f"{tag},0"],
                [f"{tag},999", ""],
            )
        else:
            book = CalamineWorkbook.from_filelike(io.BytesIO(content))
            rows = book.get_sheet_by_index(0).to_python()
            assert (len(rows), rows[1], rows[-1]) == (5002, [tag, 0.0], [tag, 999.0])


def test_a_file_can_be_fetched_for_some_days(workshop, ben, made, tag):
    made(5001)
    job = ben("POST", "/widgets/export", {"q": tag, "fields": ["name"]}, status=202)
    at = f"/widgets/jobs/{job['id']}"
    eventually(lambda: ben.get(at)["state"], "done")
    file_id = ben.get(at)["result"]["file"]
    workshop.sql("UPDATE kept_file SET expires_at = now() WHERE id = %s", file_id)
    ben.get(f"{at}/file", status=404)
    ben.get(f"/widgets/jobs/{file_id}/file", status=404)


def test_what_is_asked_wrongly_names_every_bad_field(ben):
    assert ben.invalid("POST", "/widgets/export", {"format": "pdf", "colour": 1}) == [
        ("/format", "unknown_value"),
        ("/colour", "unknown_field"),
    ]
    wish = {"fields": ["name", "smell"], "sort": ["size"], "filter": {"field": "x", "value": 1}}
    assert sorted(ben.invalid("POST", "/widgets/export", wish)) == [
        ("/fields", "unknown_field"),
        ("/filter/field", "unknown_field"),
        ("/sort", "unknown_field"),
    ]
    ben("POST", "/secrets/export", {}, status=403)
