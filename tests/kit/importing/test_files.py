"""Files of every sort are read, and what is not right about them or the plan is said."""

import io
from datetime import datetime

import pytest
import xlsxwriter

from tests.kit.importing.importer import Importer
from tests.service.served import BEN


def test_a_file_is_read_and_each_row_is_a_record(ben, importer, workshop, tag):
    text = (
        "Name;Code;Parts;Weight;Price;Active;Made on;Seen at;Colour;Parent;Sizes;Strange\n"
        f'{tag} one;{tag};3;1.234,5;"€ 1.000,00";ja;3.2.2026;3.2.2026 14:30;GREEN;{tag} two;;ü\n'
        f'{tag} two;;0;;;nein;;;"sky, blue";;"[{{""name"":""S"",""millimetres"":1}}]";\n'
    )
    sent = importer.send(text.encode("cp1252"), name="widgets.csv")
    shown = ("format", "encoding", "delimiter", "header", "rows", "name", "run")
    known = ["csv", "cp1252", ";", True, 2, "widgets.csv", None]
    assert [sent[name] for name in shown] == known
    assert sent["columns"][6] == {"name": "Made on", "dates": "dmy", "decimal": None}
    assert sent["preview"][0][:2] == [f"{tag} one", tag]
    fields = {one["column"]: one["field"] for one in sent["proposal"]["columns"]}
    assert (fields["Made on"], fields["Parent"], "Strange" in fields) == (
        "made_on",
        "parent_id",
        False,
    )
    ran = importer.ended(importer.start("run", sent))
    assert (ran["result"], ran["done"], ran["total"]) == ({"created": 2}, 2, 2)
    first, second = importer.rows(ran)
    one, two = ben.get(f"/widgets/{first['id']}"), ben.get(f"/widgets/{second['id']}")
    expected = {
        "code": tag,
        "parts": 3,
        "doubled": 6,
        "weight": "1234.5",
        "price": "1000.00",
        "active": True,
        "made_on": "2026-02-03",
        "seen_at": "2026-02-03T14:30:00Z",
        "colour": "Green",
        "parent_id": two["id"],
        "source": "IMPORT",
        "version": 1,
        "owner_id": BEN,
    }
    assert {name: one[name] for name in expected} == expected
    assert (two["active"], two["colour"], two["sizes"]) == (
        False,
        "Sky, blue",
        [{"name": "S", "millimetres": 1}],
    )
    # The second came first: the first could only then point at it.
    assert int(two["number"][3:]) < int(one["number"][3:])
    [write] = ben.get(f"/widgets/{one['id']}/history")["items"]
    assert (write["fact"], write["actor_id"]) == ("created", BEN)
    assert workshop.told(one["id"]) == ["crm.workshop.widget.created.v1"]


def test_cards_and_workbooks(ben, importer, tag):
    card = (
        "BEGIN:VCARD\r\nVERSION:{version}\r\nFN{qp}:{name}\r\nN:;;;;\r\n"
        "EMAIL;{kind}:{mail}\r\nTEL;TYPE=CELL:+49 1\r\nNOTE:one\\, two\r\nEND:VCARD\r\n"
    )
    cards = [
        {"version": "2.1", "qp": ";CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE", "kind": "INTERNET"},
        {"version": "3.0", "qp": "", "kind": "TYPE=INTERNET"},
        {"version": "4.0", "qp": "", "kind": "TYPE=work;PREF=1"},
    ]
    text = "".join(
        card.format(name=f"{tag} =C3=BC" if n == 0 else f"{tag} {n}", mail=f"{tag}{n}@x.org", **one)
        for n, one in enumerate(cards)
    )
    columns = [{"column": "Full name", "field": "name"}, {"column": "Email", "field": "email"}]
    columns.append({"column": "Mobile", "field": "phone"})
    rows = importer.run(text, columns=columns)
    assert [row["outcome"] for row in rows] == ["created"] * 3
    found = [ben.get(f"/widgets/{row['id']}") for row in rows]
    assert [one["name"] for one in found] == [f"{tag} ü", f"{tag} 1", f"{tag} 2"]
    assert [(one["email"], one["phone"]) for one in found] == [
        (f"{tag}{n}@x.org", "+49 1") for n in range(3)
    ]
    book = io.BytesIO()
    with xlsxwriter.Workbook(book) as written:
        day = written.add_format({"num_format": "dd/mm/yyyy"})
        sheet = written.add_worksheet()
        sheet.write_row(0, 0, ["Name", "Made on", "Weight", "Active", "Phone"])
        sheet.write_row(1, 0, [tag, None, 12.345, False, 4930123])
        sheet.write_datetime(1, 1, datetime(2026, 2, 1), day)  # noqa: DTZ001 - a cell has no zone
    sent = importer.send(book.getvalue())
    assert (sent["format"], sent["sheet"], sent["sheets"]) == ("xlsx", "Sheet1", ["Sheet1"])
    [row] = importer.rows(importer.ended(importer.start("run", sent)))
    made = ben.get(f"/widgets/{row['id']}")
    held = [made[name] for name in ("made_on", "weight", "active", "phone")]
    assert held == ["2026-02-01", "12.345", False, "4930123"]


@pytest.mark.parametrize(
    ("content", "how", "why"),
    [
        (b" \r\n ", {}, "it is empty"),
        (b"name\n", {}, "it holds no rows below its headings"),
        (b'a,b\n1,"x\n', {}, "line 2: a quotation mark is not closed, or does not end its cell"),
        (b"PK\x03\x04nonsense", {}, "it is no workbook that can be opened; one with a password"),
        (b"name\n\xff\xfe\xfd\n", {"encoding": "utf-8"}, "it is not written in utf-8"),
        (b"name\nx\n", {"encoding": "klingon"}, "there is no encoding 'klingon'"),
        (b"BEGIN:VCARD\nVERSION:3.0\nFN:x\n", {}, "vCard: its first card it cannot be read"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00", {}, "it is no text"),
        (b"a,b\n1,2\n", {"encoding": "rot13"}, "there is no encoding 'rot13'"),
        (b"a\n\\ud800\n", {"encoding": "unicode_escape"}, "it is not written in unicode_escape"),
    ],
)
def test_what_cannot_be_read_is_refused_with_one_line(importer, content, how, why):
    problem = importer.send(content, status=422, **how)
    assert problem["code"] == "unreadable_file"
    assert problem["detail"].startswith(f"The file cannot be read: {why}")


def test_a_plan_that_cannot_be_followed_names_every_fault(ben, importer, tag):
    sent = importer.send(f'Name,Day,Amount\n{tag},1/2/2026,"1,234"\n')
    assert [c["dates"] or c["decimal"] for c in sent["columns"]] == [None] + ["ambiguous"] * 2
    plan = {
        "columns": [
            {"column": "Nowhere", "field": "notes"},
            {"column": "Day", "field": "made_on"},
            {"column": "Amount", "field": "price"},
            {"column": "Amount", "field": "price", "decimal": "."},
            {"column": "Name", "field": "smell"},
            {"column": "Name", "field": "doubled"},
        ],
        "constants": {"colour": "Mauve", "parent_id": BEN},
    }
    at = f"/widgets/imports/{sent['id']}"
    assert sorted(ben.invalid("POST", f"{at}/check", plan)) == [
        ("/columns", "required"),
        ("/columns/0/column", "unknown_value"),
        ("/columns/1/dates", "ambiguous_format"),
        ("/columns/2/decimal", "ambiguous_format"),
        ("/columns/3/field", "named_twice"),
        ("/columns/4/field", "unknown_field"),
        ("/columns/5/field", "read_only"),
        ("/constants/colour", "unknown_value"),
    ]
    wrong = {**sent["proposal"], "match": ["sizes", "email", "x"]}
    assert sorted(ben.invalid("POST", f"{at}/run", wrong)) == [
        ("/match/0", "not_compared"),
        ("/match/0", "required"),
        ("/match/1", "required"),
        ("/match/2", "required"),
        ("/match/2", "unknown_field"),
        ("/on_match", "required"),
    ]
    said = {**sent["proposal"], "defaults": {"notes": "given"}}
    said["columns"] = [
        {"column": "Name", "field": "name"},
        {"column": "Day", "field": "made_on", "dates": "mdy"},
        {"column": "Amount", "field": "price", "decimal": "."},
    ]
    [row] = importer.rows(importer.ended(importer.start("run", sent, said)))
    made = ben.get(f"/widgets/{row['id']}")
    held = (made["made_on"], made["price"], made["notes"])
    assert held == ("2026-01-02", "1234", "given")


def test_imports_and_mappings_are_listed_and_forgotten(ben, clara, boss, workshop, tag):
    importer = Importer(ben)
    sent = importer.send(f"Wort;Zahl\n{tag};3\n", name=f"{tag}.csv")
    at = f"/widgets/imports/{sent['id']}"
    plan = {"columns": [{"column": "Wort", "field": "name"}, {"column": "X", "field": "notes"}]}
    plan["defaults"] = {"notes": 1e30}
    saved = ben("PUT", f"/widgets/imports/mappings/{tag}", plan)
    assert (saved["name"], saved["created_by"]) == (tag, BEN)
    assert saved["plan"]["defaults"] == {"notes": 1e30}
    clara("PUT", f"/widgets/imports/mappings/{tag}", plan, status=403)
    assert tag in [one["name"] for one in clara.get("/widgets/imports/mappings")["items"]]
    proposed = ben.get(f"{at}?mapping={tag}")["proposal"]
    assert [one["field"] for one in proposed["columns"]] == ["name"]
    ben.get(f"{at}?mapping=none", status=404)
    clara("DELETE", f"/widgets/imports/mappings/{tag}", status=403)
    ben("DELETE", f"/widgets/imports/mappings/{tag}", status=204)
    ben("DELETE", f"/widgets/imports/mappings/{tag}", status=404)
    assert ben.get("/widgets/imports?limit=1")["items"][0]["id"] == sent["id"]
    assert sent["id"] not in [one["id"] for one in clara.get("/widgets/imports")["items"]]
    clara.get(at, status=404)
    assert boss.get(at)["name"] == f"{tag}.csv"
    again = ben("POST", f"{at}/read", {"delimiter": ",", "header": False})
    assert [one["name"] for one in again["columns"]] == ["Column 1"]
    assert (again["rows"], again["delimiter"]) == (2, ",")
    assert ben.invalid("POST", f"{at}/read", {"delimiter": "ab"}) == [("/delimiter", "invalid")]
    ben("DELETE", at, status=204)
    ben.get(at, status=404)
    [(left,)] = workshop.sql("SELECT count(*) FROM kept_file WHERE name = %s", f"{tag}.csv")
    assert left == 0
    clara("POST", "/secrets/imports", status=403)
    ben.get("/rules/imports", status=403)
