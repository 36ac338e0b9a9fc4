"""Each row by its own rules: what is wrong is said of every field, links are found."""

from tests.kit.importing.importer import Importer, refusals
from tests.service.served import BEN, BOSS, CLARA


def test_what_is_wrong_with_each_row_is_said_at_once(ben, importer, tag):
    text = (
        "Name;Parts;Weight;Price;Active;Made on;Seen at;Colour;Parent;Sizes;Strange\n"
        f'{tag} one;3;1.234,5;"€ 1.000,00";ja;3.2.2026;3.2.2026 14:30;GREEN;;;x\n'
        f"{tag} two;many;2;;nein;31.2.2026;;mauve;nobody;[1];\n"
        f'{tag} thirteen;13;;;;;;"Sky, blue";{tag} one;;\n'
        f"{tag} long;1;;;;;;;;;;more\n"
    )
    sent = importer.send(text)
    tried = importer.ended(importer.start("check", sent))
    assert tried["result"] == {"created": 1, "refused": 3}
    wrong = {
        2: [
            ("/colour", "unknown_value"),
            ("/made_on", "date_parsing"),
            ("/parent_id", "dangling_link"),
            ("/parts", "int_parsing"),
            ("/sizes/0", "model_type"),
        ],
        3: [("/parts", "unlucky")],
        4: [("", "too_many_cells")],
    }
    assert refusals(importer.rows(tried)) == wrong
    assert ben.get(f"/widgets?q={tag}")["items"] == []
    ran = importer.ended(importer.start("run", sent))
    assert ran["result"] == {"created": 1, "refused": 3}
    assert refusals(importer.rows(ran)) == wrong


def test_refused_rows_come_back_as_a_file_that_can_be_mended_and_sent_again(ben, importer, tag):
    sent = importer.send(f"Name,Parts,Notes\n{tag} a,13,=1+1\n{tag} b,2,\n{tag} c,x,\n")
    importer.ended(importer.start("run", sent))
    again = importer.refused(sent)
    assert again.headers["Content-Disposition"].startswith("attachment; filename=")
    assert again.content.decode() == (
        "\ufeffName,Parts,Notes,Refused because\r\n"
        f"{tag} a,13,'=1+1,parts: is thirteen\r\n"
        f'{tag} c,x,,"parts: Input should be a valid integer, unable to parse string as an integer"'
        "\r\n"
    )
    mended = again.content.decode().replace(",13,", ",12,").replace(",x,", ",5,")
    assert [row["outcome"] for row in importer.run(mended)] == ["created", "created"]
    found = ben.get(f"/widgets?q={tag}&sort=name&fields=name,parts,notes")["items"]
    assert [(one["parts"], one["notes"]) for one in found] == [(12, "=1+1"), (2, None), (5, None)]


def test_what_only_one_record_may_have(ben, importer, tag):
    ben.create("widgets", name=tag, code=f"{tag} 1")
    rows = importer.run(f"Name,Code\n{tag},{tag} 1\n{tag},{tag} 2\n{tag},{tag} 2\n{tag},\n{tag},\n")
    expected = ["refused", "created", "refused", "created", "created"]
    assert [row["outcome"] for row in rows] == expected
    assert refusals(rows) == {1: [("/code", "not_unique")], 3: [("/code", "not_unique")]}


def test_links_by_number_key_and_person(boss, ben, tag):
    importer = Importer(boss)
    parent = boss.create("widgets", name=f"{tag} parent")
    boss("PUT", f"/widgets/external/old/{tag}", {"name": f"{tag} old"}, status=201)
    for _ in range(2):
        boss.create("widgets", name=f"{tag} same")
    rows = importer.run(
        "Name,Parent,Owner\n"
        f"{tag},{parent['number']},ben\n{tag},old:{tag},Clara\n{tag},{parent['id'].upper()},\n"
        f"{tag},{tag} SAME,\n{tag},{tag} none,nobody\n"
    )
    assert refusals(rows) == {
        4: [("/parent_id", "ambiguous_link")],
        5: [("/owner_id", "dangling_link"), ("/parent_id", "dangling_link")],
    }
    details = [e["detail"] for e in rows[3]["problem"]["errors"]]
    assert details == [f"2 records are called '{tag} SAME'; say which by number"]
    made = [boss.get(f"/widgets/{row['id']}") for row in rows[:3]]
    assert [one["owner_id"] for one in made] == [BEN, CLARA, BOSS]
    assert [one["parent_id"] for one in made][::2] == [parent["id"]] * 2


def test_records_with_lines_are_made_one_by_one(boss, widget, tag):
    rows = Importer(boss, "crates").run(f"Name,Lid\n{tag},{widget['number']}\n{tag},\n")
    made = [boss.get(f"/crates/{row['id']}") for row in rows]
    assert [(one["lid_id"], one["lines"]) for one in made] == [(widget["id"], []), (None, [])]


def test_a_row_whose_rules_ask_the_database_sees_those_before_it(boss, tag):
    rows = Importer(boss, "medals").run(
        f"Name,Make\n{tag},Ours\nthe best {tag},Ours\nthe best {tag},Theirs\n{tag},Ours\n"
    )
    assert [row["outcome"] for row in rows] == ["created", "created", "refused", "created"]
    assert rows[2]["problem"]["code"] == "another_best"
