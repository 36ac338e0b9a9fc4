"""What was carried out in a file comes back from it, as records of its own, and is taken back."""

import csv
import io
from typing import Any

from crmkit.testing.proofs.comparing import holds
from crmkit.testing.subject import Subject

_TURN = 7


def importing(subject: Subject) -> None:
    """An exported record is made again from its row, like the first; and the import undone."""
    bench, entity, at = subject.bench, subject.entity, f"{subject.at}/imports"
    if not entity.allows("import"):
        bench.admin.ask("GET", at).expect(405)
        return
    record = subject.created(_TURN, full=True).json
    sent = {name: v for name, v in subject.accepted(_TURN).items() if name in subject.writable}
    wanted = {name: record[name] for name in sent} | {
        name: subject.sample(name, declared, _TURN)
        for name, declared in subject.writable.items()
        if name in sent and subject.unique(name, declared)
    }
    content = _row_of(subject, record, wanted)
    file = {"Content-Type": "text/csv"}
    begun = bench.admin.ask("POST", at, content, headers=file).expect(201)
    plan = {**begun["proposal"], "decimal": ".", "dates": "ymd"}
    assert {one["field"] for one in plan["columns"]} == wanted.keys()
    here = f"{at}/{begun['id']}"
    tried = _ended(subject, "import_check", bench.admin.ask("POST", f"{here}/check", plan))
    ran = _ended(subject, "import", bench.admin.ask("POST", f"{here}/run", plan))
    [row] = bench.admin.get(f"{subject.at}/jobs/{ran['id']}/rows")["items"]
    assert tried["result"] == ran["result"], f"{tried['result']} on trial, then {ran['result']}"
    if entity.line_model is not None and row["outcome"] == "refused":
        return  # its rules want lines, which a file does not bring
    assert row["outcome"] == "created", row["problem"]
    made = bench.admin.get(f"{subject.at}/{row['id']}")
    holds(made, {**wanted, "source": "IMPORT", "version": 1})
    [told] = bench.told(row["id"])
    assert told["type"].endswith(f".{entity.name}.created.v1"), told["type"]
    undone = _ended(subject, "import_undo", bench.admin.ask("POST", f"{here}/undo"))
    if subject.deletable and undone["result"] == {"done": 1}:
        bench.admin.ask("GET", f"{subject.at}/{row['id']}").expect(404)
    else:
        assert undone["result"] == {"refused": 1}, undone["result"]


def _row_of(subject: Subject, record: dict[str, Any], wanted: dict[str, Any]) -> bytes:
    """The record's row in a file as it is exported, with other values where they must differ."""
    alone = [{"field": "id", "value": record["id"]}]
    if subject.entity.unlisted:
        alone.append({"field": subject.entity.unlisted, "value": record[subject.entity.unlisted]})
    wish = {"filter": {"all": alone}, "fields": [*wanted]}
    exported = subject.bench.admin.ask("POST", f"{subject.at}/export", wish).content(200)
    header, row = csv.reader(io.StringIO(exported.decode()))
    for place, name in enumerate(header):
        if subject.unique(name, subject.writable[name]):
            row[place] = wanted[name]
    written = io.StringIO()
    csv.writer(written).writerows([header, row])
    return written.getvalue().encode()


def _ended(subject: Subject, kind: str, answer: Any) -> dict[str, Any]:
    """The job that was started, once it is done."""
    started = answer.expect(202)
    subject.bench.work(kind)
    job: dict[str, Any] = subject.bench.admin.get(f"{subject.at}/jobs/{started['id']}")
    assert job["state"] == "done", f"{kind} is {job['state']}: {job['error']}"
    return job
