"""Records that exist twice: kept out, found, made one, and taken apart again."""

from typing import Any

from crmkit.entity import Entity
from crmkit.fields import Kind
from crmkit.testing.subject import Subject

_TELLING = frozenset({Kind.EMAIL, Kind.PHONE, Kind.URL})
"""Kinds of fields that tell who somebody is, as names do."""
_NOBODY_S = 100
"""From this turn on, samples are those of no other record."""


def duplicates(subject: Subject) -> None:
    """A rule keeps a second one out and names the first; without it the two are candidates."""
    admin, at = subject.bench.admin, f"/meta/{subject.entity.name}/duplicates"
    before = admin.get(at)
    name = _telling(subject.entity)
    wrong = {"active": True, "sets": [["no_such"], ["number"]]}
    refused = {"/sets/0/0": "unknown_field", "/sets/1/0": "unknown_field"}
    assert admin.ask("PUT", at, wrong).refused(422) == refused
    subject.bench.stranger.ask("PUT", at, before).expect(403)
    if name is None or not subject.creatable:
        alike = admin.get(f"{subject.here(subject.three[0])}/duplicates")["items"]
        assert subject.three[0]["id"] not in {one["id"] for one in alike}
        return
    value = subject.sample(name, subject.writable[name], _NOBODY_S + next(subject.bench.serial))
    rule = {"active": True, "sets": [[name]], "on_conflict": "skip"}
    try:
        assert admin.ask("PUT", at, rule).expect(200) == rule == admin.get(at)
        first = subject.created(7, full=False, **{name: value}).json
        second = subject.accepted(7) | subject.renewed() | {name: value}
        problem = admin.ask("POST", subject.at, second)
        assert problem.refused(409) == {f"/{name}": "duplicate"}
        assert problem.json["code"] == "duplicate"
        assert [known["id"] for known in problem.json["duplicates"]] == [first["id"]]
    finally:
        off = {**before, "active": False}
        admin.ask("PUT", at, off).expect(200)
    double = admin.ask("POST", subject.at, second).expect(201)
    alike = admin.get(f"{subject.here(double)}/duplicates", limit=200)["items"]
    assert first["id"] in {one["id"] for one in alike}, alike
    grouped = admin.ask("POST", f"{subject.at}/find-duplicates", {"fields": [name], "limit": 200})
    groups = [{one["id"] for one in group["records"]} for group in grouped.expect(200)["items"]]
    assert {first["id"], double["id"]} in groups
    if subject.deletable:
        admin.ask("DELETE", subject.here(double)).expect(204)
    admin.ask("PUT", at, before).expect(200)


def merging(subject: Subject) -> None:
    """The survivor gets the values chosen and what pointed at the loser, until it is undone."""
    ask, entity = subject.bench.admin.ask, subject.entity
    survivor = subject.spare(5)
    here = subject.here(survivor)
    if not entity.allows("merge"):
        for verb in ("merge", "unmerge"):
            ask("POST", f"{here}/{verb}", {"losers": [survivor["id"]]}).expect(405)
        return
    changed = subject.changed(subject.spare(6))
    assert changed is not None, "no field can be chosen"
    name, loser = changed
    wrong = {"losers": [survivor["id"]], "take": {"no_such": loser["id"]}}
    assert ask("POST", f"{here}/merge", wrong).refused(422) == {"/losers/0": "same_record"}
    pointing = subject.pointing(loser, clears=False)
    wish = {"losers": [loser["id"]], "take": {name: loser["id"]}}
    merged = ask("POST", f"{here}/merge", wish).expect(200)
    assert (merged["version"], merged[name]) == (survivor["version"] + 1, loser[name])
    moved = ask("GET", subject.here(loser))
    assert moved.expect(308)["survivor_id"] == survivor["id"]
    assert moved.headers["location"] == f"/api/v1{here}"
    assert _pointed_at(subject, pointing) in {None, survivor["id"]}
    back = ask("POST", f"{here}/unmerge").expect(200)
    assert _same(back, survivor) == {}, back
    assert _same(ask("GET", subject.here(loser)).expect(200), loser) == {}
    assert _pointed_at(subject, pointing) in {None, loser["id"]}
    assert ask("POST", f"{here}/unmerge").expect(409)["code"] == "not_merged"
    facts = [event["type"].split(".")[3] for event in subject.bench.told(survivor["id"])]
    assert facts[-2:] == ["merged", "unmerged"]


def _telling(entity: Entity) -> str | None:
    """A field by which two records may be found to be the same one."""
    for name, field in entity.own_fields.items():
        named = name in entity.label and field.kind is Kind.TEXT
        free = not (field.read_only or field.unique or name in entity.examples)
        if free and (named or field.kind in _TELLING):
            return name
    return None


def _pointed_at(subject: Subject, pointing: tuple[str, str] | None) -> Any:
    return subject.bench.admin.get(pointing[0])[pointing[1]] if pointing else None


def _same(record: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """What is another value than before, beside the version and the time."""
    passing = {"version", "modified_at"}
    return {n: v for n, v in record.items() if n not in passing and before[n] != v}
