"""Many records at once: changed, given away, thrown away, and carried out in a file."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from python_calamine import CalamineWorkbook

from crmkit.entity import Access
from crmkit.fields import Kind
from crmkit.testing import samples
from crmkit.testing.subject import Subject


def mass(subject: Subject) -> None:
    """Each record goes the way of a single write, and says what became of it."""
    bench, entity = subject.bench, subject.entity
    two = [subject.spare(5), subject.spare(6)]
    ids = [record["id"] for record in two]
    chosen = {"ids": [*ids, samples.NO_RECORD]}
    if not entity.allows("edit"):
        for operation in ("edit", "transfer"):
            body = {"operation": operation, "selection": chosen}
            bench.admin.ask("POST", f"{subject.at}/mass", body).expect(405)
    else:
        changed = subject.changed(two[0])
        assert changed is not None, "no field can be changed on many"
        name, value = changed[0], changed[1][changed[0]]
        outcomes = _done(subject, "edit", chosen, values={name: value})
        assert outcomes[0] == "unchanged"
        assert outcomes[2] == "refused"
        found = _read(subject, ids)
        assert found[0][name] == value
        assert (found[1][name] == value) is (outcomes[1] != "refused")
        wrong = {"operation": "edit", "selection": chosen, "values": {"no_such": 1, "number": "X"}}
        assert bench.admin.ask("POST", f"{subject.at}/mass", wrong).refused(422) == {
            "/values/no_such": "unknown_field",
            "/values/number": "read_only",
        }
        _transfer(subject, chosen, ids)
    if not entity.allows("delete"):
        body = {"operation": "delete", "selection": chosen}
        bench.admin.ask("POST", f"{subject.at}/mass", body).expect(405)
        return
    if not subject.deletable:
        assert _done(subject, "delete", chosen) == ["refused"] * 3
        assert len(_read(subject, ids)) == len(ids)
        return
    assert _done(subject, "delete", chosen) == ["done", "done", "refused"]
    assert _read(subject, ids) == []
    assert _done(subject, "restore", chosen) == ["done", "done", "refused"]
    assert len(_read(subject, ids)) == len(ids)


def exporting(subject: Subject) -> None:
    """A file holds what a list shows, to whom it shows it."""
    names = [n for n, f in subject.entity.fields.items() if f.kind is not Kind.JSON]
    wish = {"filter": {"all": subject.three_alone}, "fields": names, "sort": ["id"]}
    wanted = [[_cell(record[name]) for name in names] for record in subject.three]
    ours = subject.bench.admin.ask("POST", f"{subject.at}/export", wish).content(200)
    header, *rows = csv.reader(io.StringIO(ours.decode()))
    assert header == names
    assert [[cell.removeprefix("'") for cell in row] for row in rows] == wanted
    book = subject.bench.admin.ask("POST", f"{subject.at}/export", {**wish, "format": "xlsx"})
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(book.content(200))).get_sheet_by_index(0)
    numbers = names.index("number")
    heading, *records = sheet.to_python()
    assert heading == names
    assert [str(row[numbers]) for row in records] == [row[numbers] for row in wanted]
    theirs = subject.bench.stranger.ask("POST", f"{subject.at}/export", wish)
    if subject.entity.access in {Access.ADMIN_ONLY, Access.ADMIN_WRITES}:
        theirs.refused(403)
    else:
        shown = csv.reader(io.StringIO(theirs.content(200).decode()))
        assert len(list(shown)) == 1 + len(subject.unhidden(subject.three))


def _transfer(subject: Subject, chosen: Mapping[str, Any], ids: Sequence[str]) -> None:
    given = {"owner_id": subject.bench.stranger_id}
    if subject.entity.owned:
        assert _done(subject, "transfer", chosen, **given) == ["done", "done", "refused"]
        assert {one["owner_id"] for one in _read(subject, ids)} == {subject.bench.stranger_id}
        return
    body = {"operation": "transfer", "selection": chosen, **given}
    refusal = subject.bench.admin.ask("POST", f"{subject.at}/mass", body)
    assert refusal.refused(422) == {"/operation": "invalid"}


def _done(subject: Subject, operation: str, chosen: Mapping[str, Any], **more: Any) -> list[str]:
    """What became of each record."""
    body = {"operation": operation, "selection": chosen, **more}
    result = subject.bench.admin.ask("POST", f"{subject.at}/mass", body).expect(200)
    assert [item["id"] for item in result["items"]] == chosen["ids"]
    outcomes = [item["outcome"] for item in result["items"]]
    assert result["counts"] == {outcome: outcomes.count(outcome) for outcome in outcomes}
    return outcomes


def _read(subject: Subject, ids: Sequence[str]) -> list[dict[str, Any]]:
    """Those of the records that are there, in the order of their ids."""
    query = {"filter[id]": ",".join(ids), "sort": "id", **subject.all_of_them}
    found: list[dict[str, Any]] = subject.bench.admin.get(subject.at, **query)["items"]
    return found


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case list():
            return "; ".join(value)
        case _:
            return str(value)
