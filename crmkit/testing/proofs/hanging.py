"""What hangs on a record without changing it: tags, comments, stars, and what belongs to it."""

import time
from typing import Any

from crmkit.entity import Access
from crmkit.fields import Kind
from crmkit.records.relations import related
from crmkit.testing.subject import Subject

_PATIENCE_SECONDS = 20.0


def tagging(subject: Subject) -> None:
    """Private tags are one's own; shared ones are everybody's who sees the record, and are told."""
    admin, entity = subject.bench.admin, subject.entity
    record = subject.spare(5)
    here, word = subject.here(record), f"{entity.name} {subject.bench.tag}"
    admin.ask("PUT", f"{here}/tags/mine", {}).expect(204)
    shared = admin.ask("PUT", f"{here}/tags/{word}", {"visibility": "shared"})
    shared.expect(204 if entity.allows("edit") else 405)
    wanted = [("mine", "private")] + [(word, "shared")] * entity.allows("edit")
    assert sorted(_tags(subject, record)) == sorted(wanted)
    found = admin.get(subject.at, **{"filter[tags]": wanted[-1][0], "filter[id]": record["id"]})
    assert [item["id"] for item in found["items"]] == [record["id"]]
    tagged = admin.get(f"/tags/{wanted[-1][0]}/records", limit=200)["items"]
    assert record["id"] in {item["id"] for item in tagged}
    cloud = {(tag["name"], tag["visibility"]): tag["count"] for tag in admin.get("/tags")["items"]}
    assert cloud[wanted[-1]] >= 1
    seen = subject.bench.stranger.ask("GET", f"{here}/tags")
    if seen.expect(_seen(subject)) and seen.status == 200:
        assert [tag["name"] for tag in seen.json["items"]] == [
            w for w, v in wanted if v == "shared"
        ]
    if entity.allows("edit"):
        assert cloud[word, "shared"] == 1
        last = f"{here}/tags/{word.upper()}?visibility=shared"
        admin.ask("DELETE", last).expect(204)
        admin.ask("DELETE", last).expect(404)
        _remarked(subject, record, "tagged", "untagged")
    admin.ask("DELETE", f"{here}/tags/mine").expect(204)
    assert _tags(subject, record) == []


def commenting(subject: Subject) -> None:
    """What is said of a record is answered, changed with what it said before, and taken back."""
    admin, record = subject.bench.admin, subject.spare(5)
    comments = f"{subject.here(record)}/comments"
    first = admin.ask("POST", comments, {"body": "One"}).expect(201)
    private = {"body": "Two", "parent_id": first["id"], "private": True}
    second = admin.ask("POST", comments, private).expect(201)
    assert second["thread_id"] == first["thread_id"]
    edited = admin.ask("PATCH", f"{comments}/{first['id']}", {"body": "Uno"}).expect(200)
    assert (edited["body"], edited["version"]) == ("Uno", 2)
    said = admin.get(f"{comments}/{first['id']}/history")["items"]
    assert [(was["version"], was["body"]) for was in said] == [(1, "One")]
    assert [item["body"] for item in admin.get(comments)["items"]] == ["Two", "Uno"]
    seen = subject.bench.stranger.ask("GET", comments)
    if seen.expect(_seen(subject)) and seen.status == 200:
        assert [item["body"] for item in seen.json["items"]] == ["Uno"]
        theirs = subject.bench.stranger.ask("PATCH", f"{comments}/{first['id']}", {"body": "!"})
        theirs.expect(403)
    assert admin.ask("POST", comments, {"body": " "}).refused(422).keys() == {"/body"}
    admin.ask("DELETE", f"{comments}/{first['id']}").expect(204)
    assert [item["body"] for item in admin.get(comments)["items"]] == ["Two", None]
    admin.ask("DELETE", f"{comments}/{second['id']}").expect(204)
    _remarked(subject, record, "commented", "comment_changed", "comment_deleted")


def following(subject: Subject) -> None:
    """A star is one's own: it lists the record, and finds it by a filter, until it is taken off."""
    admin, record = subject.bench.admin, subject.spare(5)
    follow, ours = f"{subject.here(record)}/follow", {"filter[id]": record["id"]}
    for method, starred in (("PUT", True), ("PUT", True), ("DELETE", False)):
        admin.ask(method, follow).expect(204)
        found = admin.get(subject.at, **ours, **{"filter[starred]": "true"})["items"]
        assert [item["id"] for item in found] == [record["id"]] * starred
        listed = {item["id"] for item in admin.get("/followed", limit=200)["items"]}
        assert (record["id"] in listed) is starred
    subject.bench.stranger.ask("PUT", follow).expect(
        204 if _seen(subject) == 200 else _seen(subject)
    )


def recently_viewed(subject: Subject) -> None:
    """What somebody has opened is among the last records that they opened, and of nobody else's."""
    record = subject.three[2]
    subject.bench.admin.get(subject.here(record))
    deadline = time.monotonic() + _PATIENCE_SECONDS
    # It is written down within a second; what this run has opened before is there already.
    while not (viewed := _viewed(subject, record)):
        assert time.monotonic() < deadline, "it is not written down"
        time.sleep(0.05)
    assert (viewed["entity"], viewed["plural"]) == (subject.entity.name, subject.entity.plural)
    assert viewed["number"] == record["number"]
    theirs = subject.bench.stranger.get("/recent")["items"]
    assert record["id"] not in {item["id"] for item in theirs}


def related_lists(subject: Subject) -> None:
    """It is in the lists of whatever it points at, and in those that it is put in by hand."""
    admin, entity, entities = subject.bench.admin, subject.entity, subject.bench.entities
    record = subject.three[0]
    known = admin.get(f"{subject.here(record)}/related")["items"]
    lists = related.lists_of(entities.values(), entity.name)
    assert {each["name"] for each in known} == {each.entity.plural for each in lists}
    for name, declared in entity.own_fields.items():
        target = declared.target
        if declared.kind is not Kind.LINK or not record[name] or target in {"", "user"}:
            continue
        parent = entities.get(target)
        at = f"/{parent.plural}/{{}}/related" if parent else f"/related/{target}/{{}}"
        at = at.format(record[name])
        assert record["id"] in _listed(subject, f"{at}/{entity.plural}", record)
        counts = {each["name"]: each["count"] for each in admin.get(at)["items"]}
        assert counts[entity.plural] >= 1, f"{name}: {counts}"
    for link in entity.linked:
        _linked(subject, link.target, link.roles)


def _linked(subject: Subject, target: str, roles: tuple[str, ...]) -> None:
    """Links by hand are seen from both sides, and ended from either."""
    admin, entities, record = subject.bench.admin, subject.bench.entities, subject.three[1]
    other = subject.bench.linked(target, 3)
    parent = entities.get(target)
    at = f"/{parent.plural}/{other}/related" if parent else f"/related/{target}/{other}"
    link = f"{at}/{subject.entity.plural}/{record['id']}"
    role = {"role": roles[0]} if roles else {}
    assert admin.ask("PUT", link, {"role": "no such"}).refused(422) == {"/role": "unknown_value"}
    admin.ask("PUT", link, role).expect(204)
    assert _listed(subject, f"{at}/{subject.entity.plural}", record) == [record["id"]]
    if parent is not None:
        there = f"{subject.here(record)}/related/{parent.plural}"
        listed = admin.get(there, **{"filter[id]": other})["items"]
        assert [item["id"] for item in listed] == [other]
        assert listed[0]["linked"]["role"] == role.get("role")
        link = f"{there}/{other}"
    admin.ask("DELETE", link).expect(204)
    assert _listed(subject, f"{at}/{subject.entity.plural}", record) == []
    admin.ask("DELETE", link).expect(404)


def _tags(subject: Subject, record: dict[str, Any]) -> list[tuple[str, str]]:
    tags = subject.bench.admin.get(f"{subject.here(record)}/tags")["items"]
    return [(tag["name"], tag["visibility"]) for tag in tags]


def _remarked(subject: Subject, record: dict[str, Any], *facts: str) -> None:
    """These facts are in the record's history and were told, and it is as it was."""
    here = subject.here(record)
    rows = subject.bench.admin.get(f"{here}/history", limit=200)["items"][::-1]
    assert [row["fact"] for row in rows][-len(facts) :] == [*facts], rows
    told = [event["type"].split(".")[3] for event in subject.bench.told(record["id"])]
    assert told[-len(facts) :] == [*facts]
    assert subject.bench.admin.get(here) == record


def _viewed(subject: Subject, record: dict[str, Any]) -> Any:
    items = subject.bench.admin.get("/recent")["items"]
    return next((item for item in items if item["id"] == record["id"]), None)


def _listed(subject: Subject, at: str, record: dict[str, Any]) -> list[str]:
    page = subject.bench.admin.get(at, **{"filter[id]": record["id"]}, **subject.all_of_them)
    return [item["id"] for item in page["items"]]


def _seen(subject: Subject) -> int:
    """What answers somebody who asks for what hangs on another's record."""
    return {Access.OWNED: 404, Access.ADMIN_ONLY: 403}.get(subject.entity.access, 200)
