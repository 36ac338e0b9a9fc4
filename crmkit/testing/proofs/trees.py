"""Records are found by trees of conditions, sent with a search or saved as a view."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from typing import Any

from crmkit.entity import Access
from crmkit.testing.proofs.reading import questions
from crmkit.testing.subject import Subject

_AT_ONCE = 4
"""Conditions in one tree: with more of them it would be deeper than trees may be."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A tree, and the ids of those of the three records that it finds."""

    tree: dict[str, Any]
    ids: frozenset[str]

    def __xor__(self, other: "_Found") -> "_Found":
        """What one of the two finds alone: no mistake in the one can hide behind the other."""
        mine = {"all": [self.tree, {"not": other.tree}]}
        theirs = {"all": [{"not": self.tree}, other.tree]}
        return _Found({"any": [mine, theirs]}, self.ids ^ other.ids)


def trees(subject: Subject) -> None:
    """Every operator of every field, with all, any and not around it, finds what it means."""
    ours = subject.three_alone
    for found in _bound(subject):
        body = {"filter": {"all": [*ours, found.tree]}, "fields": ["id"]}
        page = subject.bench.admin.ask("POST", f"{subject.at}/search", body).expect(200)
        answered = {item["id"] for item in page["items"]}
        assert answered == found.ids, f"{found.tree}: {answered} instead of {set(found.ids)}"
    wrong = {"all": [{"field": "no_such"}, _condition("id", "no_such"), {"any": []}, {"not": []}]}
    refusal = subject.bench.admin.ask("POST", f"{subject.at}/search", {"filter": wrong})
    assert refusal.refused(422) == {
        "/filter/all/0/field": "unknown_field",
        "/filter/all/1/operator": "unknown_operator",
        "/filter/all/2/any": "required",
        "/filter/all/3/not": "invalid",
    }


def saved_views(subject: Subject) -> None:
    """A view lists and counts what its tree finds, for those with whom it is shared."""
    admin, stranger, three = subject.bench.admin, subject.bench.stranger, subject.three
    wish = {
        "name": f"Three {subject.bench.tag}",
        "columns": ["number", "version"],
        "filter": {"all": subject.three_alone},
        "sort": ["-id"],
        "metric": True,
    }
    views = f"{subject.at}/views"
    view = admin.ask("POST", views, wish).expect(201)
    assert {name: view[name] for name in wish} == wish
    here = f"{views}/{view['id']}"
    rows = _rows(three)
    assert admin.get(subject.at, view=view["id"])["items"] == rows
    assert admin.get(f"{here}/count") == {"count": len(three)}
    counted = {metric["view"]: metric["count"] for metric in admin.get("/key-metrics")["items"]}
    assert counted[view["id"]] == len(three)
    admin.ask("PUT", f"{views}/default", {"view": view["id"]}).expect(200)
    assert admin.get(subject.at, view="default")["items"] == rows
    assert admin.ask("PUT", f"{views}/default", {"view": None}).expect(200) == {"view": "all"}
    unknown = admin.ask("PATCH", here, {"columns": ["no_such"], "sort": ["nor_this"]})
    assert unknown.refused(422) == {"/columns/0": "unknown_field", "/sort": "unknown_field"}
    closed = subject.entity.access is Access.ADMIN_ONLY
    stranger.ask("GET", here).expect(403 if closed else 404)
    share = [{"kind": "user", "id": subject.bench.stranger_id}]
    shared = admin.ask("PATCH", here, {"visibility": "shared", "shared_with": share}).expect(200)
    if not closed:
        seen = stranger.ask("GET", here).expect(200)
        assert (seen["version"], seen["editable"]) == (shared["version"], False)
        stranger.ask("PATCH", here, {"name": "Mine"}).expect(403)
        listed = stranger.get(subject.at, view=view["id"])["items"]
        assert listed == _rows(subject.unhidden(three))
    admin.ask("DELETE", here).expect(204)
    admin.ask("GET", here).expect(404)


def _bound(subject: Subject) -> Iterator[_Found]:
    """Every condition that the records give rise to, several to a tree."""
    found = []
    for name, declared in subject.entity.fields.items():
        held = {record["id"]: record[name] for record in subject.three}
        for operator, given, wanted in questions(declared, held):
            condition = _condition(name, operator, _sent(given))
            found.append(_Found(condition, frozenset(wanted)))
    for start in range(0, len(found), _AT_ONCE):
        pairs = found[start : start + _AT_ONCE]
        halves = [reduce(lambda a, b: a ^ b, pairs[at : at + 2]) for at in range(0, len(pairs), 2)]
        yield reduce(lambda a, b: a ^ b, halves)


def _rows(records: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the view shows of them."""
    rows = [{name: record[name] for name in ("id", "number", "version")} for record in records]
    return sorted(rows, key=lambda row: str(row["id"]), reverse=True)


def _condition(field: str, operator: str, value: Any = None) -> dict[str, Any]:
    return {"field": field, "operator": operator, "value": value}


def _sent(given: Any) -> Any:
    """What is asked for as JSON has it."""
    if isinstance(given, list):
        return [_sent(part) for part in given]
    return str(given) if isinstance(given, Decimal) else given
