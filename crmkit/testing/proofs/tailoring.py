"""What an administrator makes of an entity: own fields, and the values of picklists."""

from typing import Any

from crmkit.fields import Field
from crmkit.records.picklists import moving
from crmkit.testing.subject import Subject

_OWN: dict[str, tuple[dict[str, Any], Any, Any]] = {
    "text": ({"max_length": 20}, "Straße 北京", "x" * 21),
    "decimal": ({"scale": 2}, "-12.50", "1.234"),
    "date": ({}, "2026-02-28", "2026-02-30"),
    "multiselect": ({"choices": ["North", "South"]}, ["South"], ["West"]),
}
"""By kind: what the field is made of, a value that it takes, and one that it refuses."""


def custom_fields(subject: Subject) -> None:
    """An own field is written, refused, found, ordered by, told and described like any other."""
    admin, name = subject.bench.admin, subject.entity.name
    fields = f"/meta/{name}/fields"
    names = {kind: f"cf_{kind}_{subject.bench.tag}" for kind in _OWN}
    try:
        for kind, (made_of, _, _) in _OWN.items():
            field = {"name": names[kind], "kind": kind, "labels": {"en": kind}, **made_of}
            assert admin.ask("POST", fields, field).expect(201)["kind"] == kind
        subject.bench.stranger.ask("POST", fields, {}).expect(403)
        record = _with_own_fields(subject, names)
        told = {field["name"]: field["kind"] for field in admin.get(f"/meta/{name}")["fields"]}
        assert {told[names[kind]] == kind for kind in _OWN} == {True}
    finally:
        for own in names.values():
            admin.ask("DELETE", f"{fields}/{own}").expect(202)
    left = admin.get(subject.here(record)).keys() | {f["name"] for f in admin.get(fields)["items"]}
    assert not left & set(names.values())
    gone = admin.ask("GET", subject.at, query={f"filter[{names['text']}][empty]": "true"})
    assert gone.refused(400) == {f"/filter/{names['text']}/empty": "unknown_field"}


def _with_own_fields(subject: Subject, names: dict[str, str]) -> dict[str, Any]:
    """A record whose own fields were written, if clients may write any of it."""
    admin, entity = subject.bench.admin, subject.entity
    sent = {names[kind]: value for kind, (_, value, _) in _OWN.items()}
    wrong = {names[kind]: value for kind, (_, _, value) in _OWN.items()}
    empty = dict.fromkeys(sent)
    record: dict[str, Any] = admin.get(subject.here(subject.spare(5)))
    other = record
    assert {name: record[name] for name in sent} == empty
    if entity.allows("edit"):
        refusal = admin.ask("PATCH", subject.here(record), wrong)
        record = admin.ask("PATCH", subject.here(record), sent).expect(200)
        other = subject.three[1]
    elif subject.creatable:
        refusal = admin.ask("POST", subject.at, subject.body(5, full=False) | wrong)
        record = subject.created(5, full=False, **sent).json
    else:
        there = {"filter[id]": record["id"], f"filter[{names['date']}][empty]": "true"}
        assert [item["id"] for item in admin.get(subject.at, **there)["items"]] == [record["id"]]
        return record
    assert {pointer.split("/")[1] for pointer in refusal.refused(422)} == set(names.values())
    assert {name: record[name] for name in sent} == sent
    assert admin.get(subject.here(record)) == record
    conditions = [{"field": name, "value": value} for name, value in sent.items()]
    finding = {"filter": {"all": conditions}, "fields": ["id"]}
    found = admin.ask("POST", f"{subject.at}/search", finding).expect(200)["items"]
    assert found == [{"id": record["id"]}]
    both = {"filter[id]": f"{record['id']},{other['id']}", **subject.all_of_them}
    for sort, order in (("", (record, other)), ("-", (other, record))):
        page = admin.get(subject.at, **both, sort=f"{sort}{names['decimal']}")
        assert [item["id"] for item in page["items"]] == [one["id"] for one in order]
    [written, *_] = admin.get(f"{subject.here(record)}/history")["items"]
    changes = {change["field"]: change["new"] for change in written["changes"]}
    assert {name: changes.get(name) for name in sent} == sent
    state = subject.bench.told(record["id"])[-1]["data"]["record"]
    assert {name: state[name] for name in sent} == sent
    return record


def picklists(subject: Subject) -> None:
    """Values are added, renamed and replaced, and records follow; what code relies on stays."""
    admin, entity = subject.bench.admin, subject.entity
    at = f"/meta/{entity.name}/picklists"
    fields = {n: f for n, f in entity.own_fields.items() if f.picklist is not None}
    listed = {one["field"]: one for one in admin.get(at)["items"]}
    assert {name: _values(one) for name, one in listed.items()} == {
        name: [*field.choices] for name, field in fields.items()
    }
    subject.bench.stranger.ask("GET", at).expect(403)
    for name, field in fields.items():
        values = f"{at}/{name}/values"
        assert field.picklist is not None
        if field.fixed:
            refused = admin.ask("POST", values, {"value": "New"})
            assert refused.expect(409)["code"] == "picklist_fixed"
        for value in [] if field.fixed else sorted(field.picklist.protected)[:1]:
            for method, body in (("PATCH", {"value": "New"}), ("DELETE", None)):
                refused = admin.ask(method, f"{values}/{value}", body)
                assert refused.expect(409)["code"] == "value_protected"
    for name, field in fields.items():
        if not field.fixed and not field.read_only:
            _follow(subject, name, field)
            return


def _follow(subject: Subject, name: str, field: Field) -> None:
    """A record goes through a value's life; the list is then as it was."""
    admin, one = subject.bench.admin, f"/meta/{subject.entity.name}/picklists/{name}"
    first, renamed, last = (f"{word} {subject.bench.tag}" for word in ("First", "Renamed", "Last"))
    for value in (first, last):
        admin.ask("POST", f"{one}/values", {"value": value}).expect(201)
    record = _having(subject, name, first)
    held = {"filter[id]": record["id"], "fields": name}
    admin.ask("PATCH", f"{one}/values/{first}", {"value": renamed}).expect(200)
    for known in (first, renamed):
        found = admin.get(subject.at, **held, **{f"filter[{name}]": known})["items"]
        assert [item[name] for item in found] == [renamed], f"{known}: {found}"
    subject.bench.work(moving.KIND)
    counted = admin.get(one, count="true")["values"]
    rows = {value["value"]: value["records"] for value in counted}
    assert rows[renamed] == 1, f"rows have not followed: {rows}"
    unnamed = admin.ask("DELETE", f"{one}/values/{renamed}")
    assert unnamed.expect(409)["code"] == "value_in_use"
    replacing = f"{one}/values/{renamed}?replacement={last}"
    assert _values(admin.ask("DELETE", replacing).expect(200)) == [*field.choices, last]
    assert admin.get(subject.here(record))[name] == last
    subject.bench.work(moving.KIND)
    assert admin.get(subject.here(record))[name] == last
    told = [event["type"].split(".")[3] for event in subject.bench.told(name)]
    assert told[-4:] == [
        *("picklist_changed", "picklist_changed"),
        *("picklist_renamed", "picklist_renamed"),
    ]
    for value in field.choices:
        back = admin.ask("DELETE", f"{one}/values/{last}?replacement={value}")
        if back.status == 200:
            break
        assert set(back.refused(422)) == {"/replacement"}
    assert _values(admin.get(one)) == [*field.choices]
    subject.bench.work(moving.KIND)


def _having(subject: Subject, name: str, value: str) -> dict[str, Any]:
    """A record that has this value."""
    if not subject.entity.allows("edit"):
        record: dict[str, Any] = subject.created(5, full=False, **{name: value}).json
        return record
    record = subject.spare(5)
    changed = subject.bench.admin.ask("PATCH", subject.here(record), {name: value}).expect(200)
    assert changed[name] == value
    return record


def _values(picklist: dict[str, Any]) -> list[str]:
    return [value["value"] for value in picklist["values"]]
