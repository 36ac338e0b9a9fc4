"""Records are found: in lists, by filters, in every order, by words, and as they are described."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from crmkit.fields import Field, Kind
from crmkit.records import filters
from crmkit.testing import oracle
from crmkit.testing.proofs.comparing import holds
from crmkit.testing.subject import Subject
from crmkit.verbs import RECORD_VERBS, TOOLS


def listing(subject: Subject) -> None:
    """Lists hold the records as they are read, the fields asked for, and their number."""
    client, three = subject.bench.admin, subject.three
    whole = {"filter[id]": _ids(three), "count": "exact", **subject.all_of_them}
    page = client.get(subject.at, **whole)
    newest_first = sorted(three, key=lambda record: record["id"], reverse=True)
    assert [item["id"] for item in page["items"]] == [record["id"] for record in newest_first]
    for item, record in zip(page["items"], newest_first, strict=True):
        holds(record, item)
    assert (page["next_cursor"], page["count"]) == (None, len(three))
    few = client.get(subject.at, **whole, fields="number,version", limit=1)
    assert [set(item) for item in few["items"]] == [{"id", "number", "version"}]
    assert few["next_cursor"]
    unknown = client.ask("GET", subject.at, query={"fields": "no_such", "sort": "nor_this"})
    assert unknown.refused(400) == {"/fields": "unknown_field", "/sort": "unknown_field"}


def filtering(subject: Subject) -> None:
    """Every operator of every kind of field, in an address, finds exactly what it means."""
    three = subject.three
    kinds = set()
    for name, declared in subject.entity.fields.items():
        held = {record["id"]: record[name] for record in three}
        for operator, given, wanted in questions(declared, held):
            if (declared.kind, operator, operator == "empty" and given) not in kinds:
                kinds.add((declared.kind, operator, operator == "empty" and given))
                _finds(subject, name, operator, oracle.written(given), wanted)
    strange = {f"filter[{name}][no_such]": "x" for name in subject.entity.fields}
    refused = subject.bench.admin.ask("GET", subject.at, query={**strange, "filter[no_such]": "x"})
    wanted_codes = dict.fromkeys(
        (f"/filter/{name}/no_such" for name in subject.entity.fields), "unknown_operator"
    )
    assert refused.refused(400) == {**wanted_codes, "/filter/no_such/eq": "unknown_field"}


def questions(declared: Field, read: Mapping[str, Any]) -> Iterator[tuple[str, Any, set[str]]]:
    """What to ask of a field that records have so: the operator, its value, what it must find."""
    held = {record_id: oracle.comparable(declared, value) for record_id, value in read.items()}
    there = [value for value in held.values() if not oracle.is_empty(value)]
    for operator in filters.operators(declared):
        if operator == "empty":
            for asked in (True, False):
                yield operator, asked, {i for i, v in held.items() if oracle.is_empty(v) is asked}
        elif there:
            given, means = oracle.question(operator, there), oracle.MEANS[operator]
            yield operator, given, {i for i, v in held.items() if means(v, given)}


def sorting(subject: Subject) -> None:
    """Every field orders the list both ways, page by page, with nothing lost or twice."""
    three = subject.three
    for name, declared in subject.entity.fields.items():
        if declared.kind is Kind.JSON:
            continue
        upward, downward = _walked(subject, name, 2), _walked(subject, f"-{name}", 3)
        assert upward == downward[::-1], f"{name}: {upward} upward, {downward} downward"
        assert {i["id"] for i in upward} == {r["id"] for r in three}, f"{name}: not all are there"
        keys = [oracle.comparable(declared, item[name]) for item in upward]
        there = [key for key in keys if key is not None]
        assert keys[len(there) :] == [None] * (len(keys) - len(there)), f"{name}: empty ones first"
        if declared.kind is not Kind.PICKLIST:
            assert all(a <= b for a, b in pairwise(there)), f"{name}: {there}"


def searching(subject: Subject) -> None:
    """A record is found by a word of any field that search looks into."""
    column = subject.entity.model.__table__.c.get("search")
    if column is None:
        return
    record = subject.three[0]
    for name in column.info["search"]:
        if record.get(name):
            query = {
                "q": str(record[name]),
                "filter[id]": _ids(subject.three),
                **subject.all_of_them,
            }
            found = subject.bench.admin.get(subject.at, **query)
            assert found["items"], f"not found by {name}"


def describing(subject: Subject) -> None:
    """What clients are told of the entity is what it is."""
    entity = subject.entity
    told = subject.bench.admin.get(f"/meta/{entity.name}")
    named = {field["name"]: field for field in told["fields"]}
    assert set(named) == {*entity.fields, *entity.computed} == set(subject.three[0]) - {"lines"}
    for name, declared in entity.fields.items():
        about = named[name]
        assert about["kind"] == declared.kind
        assert about["required"] is declared.required
        assert about["read_only"] is declared.read_only
        assert about["filters"] == [*filters.operators(declared)]
        assert about.get("choices", []) == [*declared.choices]
    rights = {verb for verb in RECORD_VERBS | TOOLS | entity.verbs if entity.allows(verb)}
    assert {verb for verb, has in told["rights"].items() if has} == rights


def _ids(records: Any) -> str:
    return ",".join(record["id"] for record in records)


def _finds(subject: Subject, name: str, operator: str, text: str, wanted: set[str]) -> None:
    query = {f"filter[{name}][{operator}]": text, "fields": "id", "limit": "200"}
    ours = {record["id"] for record in subject.three}
    if name != "id":
        query["filter[id]"] = ",".join(ours)
    found = subject.bench.admin.get(subject.at, **(subject.all_of_them | query))
    ids = {item["id"] for item in found["items"]} & ours
    assert ids == wanted, f"{name} {operator} {text!r}: {ids} instead of {wanted}"


def _walked(subject: Subject, sort: str, limit: int) -> list[dict[str, Any]]:
    """All three in this order, so many a page."""
    name = sort.removeprefix("-")
    query = {"filter[id]": _ids(subject.three), "sort": sort, "fields": name, "limit": limit}
    found: list[dict[str, Any]] = []
    while True:
        page = subject.bench.admin.get(subject.at, **query, **subject.all_of_them)
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        query["cursor"] = page["next_cursor"]
