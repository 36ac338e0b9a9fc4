"""Search by words: whole, begun, punctuated, or Chinese, in a list and over all entities."""

import pytest

from tests.service.served import BEN


@pytest.fixture(scope="module")
def found(workshop):
    """The names of those of these widgets that the words find."""
    ben = workshop.as_(BEN)
    parent = ben.create("widgets", name="Found")
    texts = {
        "A": "Smith & Sons, Ltd. (Leeds)",
        "B": "O'Reilly-Müller",
        "C": "北京大学出版社",
        "D": "北京和大学",
        "E": "version 2.5.1 of tea-time",
        "F": "東京タワー and Tokyo",
        "G": "한국어",
        "H": "x" * 3000,
    }
    for name, notes in texts.items():
        email = "jane.doe@example.com" if name == "E" else None
        ben.create("widgets", name=name, notes=notes, email=email, parent_id=parent["id"])

    def search(words):
        query = {"q": words, "filter[parent_id]": parent["id"], "sort": "name"}
        address = "&".join(f"{name}={_quoted(value)}" for name, value in query.items())
        return "".join(held["name"] for held in ben.get(f"/widgets?{address}")["items"])

    return search


def _quoted(value):
    from urllib.parse import quote  # noqa: PLC0415

    return quote(value, safe="")


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("smith", "A"),
        ("SMI", "A"),
        ("sons smith", "A"),
        ("smith reilly", ""),
        ("mith", ""),
        ("(leeds)", "A"),
        ("smith&sons", "A"),
        ("Ltd.", "A"),
        ("o'reilly", "B"),
        ("reilly müll", "B"),
        ("muller", ""),
        ("2.5", "E"),
        ("2.5.1", "E"),
        ("5.2", "E"),
        ("tea-time", "E"),
        ("jane.doe@example.com", "E"),
        ("doe@exam", "E"),
        ("北", "CD"),
        ("京", "CDF"),
        ("大学", "CD"),
        ("北京", "CD"),
        ("京大", "C"),
        ("学大", ""),
        ("北京 大学", "CD"),
        ("北京大学", "C"),
        ("タワー", "F"),
        ("東京tok", "F"),
        ("국", "G"),
        ("x" * 3000, ""),
        ("北" * 300, ""),
        ("smith !", "A"),
        ("!", ""),
        ("' | & <-> :* \\", ""),
        ("“ ” 。", ""),
        ("smith " * 50, "A"),
        ("🚀", ""),
    ],
)
def test_words_are_found(found, words, names):
    assert found(words) == names


def test_no_words_are_no_condition(found):
    assert found("") == "ABCDEFGH"
    assert found("  ") == "ABCDEFGH"


def test_what_is_changed_is_found_by_its_new_words(ben, widget, tag):
    other = f"{tag}new"
    ben("PATCH", f"/widgets/{widget['id']}", {"notes": f"{other} words"})
    assert [held["id"] for held in ben.get(f"/widgets?q={other}")["items"]] == [widget["id"]]


def test_one_search_goes_over_all_entities(ben, clara, boss, widget, tag):
    second = ben.create("widgets", name="second", notes=tag)
    rule = boss.create("rules", text=f"{tag} is a rule")
    boss.create("secrets", text=tag)
    gone = ben.create("widgets", name=tag)
    ben("DELETE", f"/widgets/{gone['id']}", status=204)

    def hit(entity, record, label):
        about = {"id": record["id"], "number": record["number"], "label": label}
        return {"entity": entity, "plural": f"{entity}s"} | about

    widgets = [hit("widget", second, "second"), hit("widget", widget, tag)]
    rules = [hit("rule", rule, f"{tag} is a rule")]
    assert ben.get(f"/search?q={tag}") == {"items": widgets + rules}
    assert ben.get(f"/search?q={tag[:8]}&limit=1")["items"] == widgets[:1] + rules
    assert clara.get(f"/search?q={tag}") == {"items": rules}
    entities = [found["entity"] for found in boss.get(f"/search?q={tag}")["items"]]
    assert entities == ["widget", "widget", "rule", "secret"]
    assert ben.get("/search") == {"items": []}
    ben.get("/search?q=a&limit=0", status=400)
