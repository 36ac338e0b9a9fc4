"""What was done is told: in the history, to other services, and to whoever keeps a copy."""

import time
from collections.abc import Mapping
from typing import Any

from crmkit.testing.proofs.comparing import holds
from crmkit.testing.subject import BOOKKEEPING, Subject

_PATIENCE_SECONDS = 20.0


def history(subject: Subject) -> None:
    """The history has every write with exactly what it changed, newest first."""
    life = subject.life
    here = f"{subject.at}/{life[0].state['id']}/history"
    kept = subject.bench.admin.get(here, limit=200)
    assert kept["next_cursor"] is None
    told = [(write["version"], write["fact"], _changes(write)) for write in kept["items"][::-1]]
    before: Mapping[str, Any] = {}
    for write, (version, fact, changes) in zip(life, told, strict=True):
        wanted = (write.state["version"], write.fact)
        assert (version, fact) == wanted, f"{fact} {version} instead of {wanted}"
        difference = _difference(subject, before, write.state)
        assert changes == difference, f"{fact} {version}: {changes} instead of {difference}"
        before = write.state
    assert {write["actor_id"] for write in kept["items"]} == {subject.bench.user_id}
    first = subject.bench.admin.get(here, limit=1)
    assert first["items"] == kept["items"][:1]
    if len(life) > 1:
        rest = subject.bench.admin.get(here, limit=200, cursor=first["next_cursor"])
        assert rest["items"] == kept["items"][1:]


def events(subject: Subject) -> None:
    """Every write leaves as one event with the exact state of the record after it."""
    life = subject.life
    told = subject.bench.told(life[0].state["id"])
    facts = [
        f"crm.{subject.bench.database.service}.{subject.entity.name}.{w.fact}.v1" for w in life
    ]
    assert [event["type"] for event in told] == facts
    for write, event in zip(life, told, strict=True):
        record, state = event["data"]["record"], write.state
        assert event["sequence"] == f"{state['version']:010}"
        assert event["data"]["deleted"] is (write.fact == "deleted")
        kept = {n: v for n, v in state.items() if n not in subject.entity.computed}
        if write.fact == "deleted":
            kept = {n: v for n, v in kept.items() if n not in BOOKKEEPING}
            record = {n: v for n, v in record.items() if n not in BOOKKEEPING}
        assert record == kept, f"{write.fact}: {record} instead of {kept}"


def feed(subject: Subject) -> None:
    """Who keeps a copy hears of each record once more, and of those that are gone."""
    kept = {record["id"]: record for record in subject.three}
    gone = None
    if subject.deletable:
        gone = subject.make(full=False, turn=4)
        subject.bench.admin.ask("DELETE", f"{subject.at}/{gone['id']}").expect(204)
    seen: dict[str, Any] = {}
    cursor: dict[str, str] = {}
    # A write is told once nothing that began before it runs any more, elsewhere on the server too.
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while (kept.keys() | {gone["id"]} if gone else kept.keys()) - seen.keys():
        page = subject.bench.admin.get(f"{subject.at}/changes", **cursor)
        seen |= {item["id"]: item for item in page["items"]}
        cursor = {"cursor": page["next_cursor"]}
        assert time.monotonic() < deadline, "not all that was written is told"
        if not page["more"]:
            time.sleep(0.02)
    for record_id, record in kept.items():
        item = seen[record_id]
        assert (item["deleted"], item["version"]) == (False, record["version"])
        holds(record, item["record"])
    if gone is not None:
        assert seen[gone["id"]] == {"id": gone["id"], "deleted": True, "version": 2}
    unreadable = subject.bench.admin.ask("GET", f"{subject.at}/changes", query={"cursor": "?"})
    assert unreadable.refused(400) == {"/cursor": "invalid"}


def _changes(write: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    told = {change["field"]: (change["old"], change["new"]) for change in write["changes"]}
    told.pop("lines", None)
    return told


def _difference(
    subject: Subject, before: Mapping[str, Any], after: Mapping[str, Any]
) -> dict[str, tuple[Any, Any]]:
    ignored = BOOKKEEPING - {"source"}
    return {
        name: (before.get(name), after[name])
        for name in subject.entity.fields
        if name not in ignored and before.get(name) != after[name]
    }
