"""What is wrong is refused, with everything that is wrong, and who may not is turned away."""

from typing import Any

from crmkit.entity import Access
from crmkit.fields import Kind
from crmkit.testing import samples
from crmkit.testing.subject import Subject


def refusing(subject: Subject) -> None:
    """Bad values are all named, and nothing is stored of them."""
    if subject.creatable:
        needed = {n for n, f in subject.writable.items() if f.required and f.default is None}
        for wrong in _rounds(subject):
            answer = subject.bench.admin.ask("POST", subject.at, wrong)
            named = {_first(pointer) for pointer in answer.refused(422)}
            _same(named, {f"/{name}" for name in wrong.keys() | needed})
    if subject.entity.allows("edit"):
        record = subject.three[0]
        for wrong in _rounds(subject):
            answer = subject.bench.admin.ask("PATCH", f"{subject.at}/{record['id']}", wrong)
            _same({_first(p) for p in answer.refused(422)}, {f"/{name}" for name in wrong})
        assert subject.bench.admin.get(f"{subject.at}/{record['id']}") == record


def strange_bodies(subject: Subject) -> None:
    """What is no JSON, no object, or an object of unspeakable values is refused as a whole."""
    if not subject.creatable:
        return
    texts = [n for n, f in subject.writable.items() if f.kind in {Kind.TEXT, Kind.LONG_TEXT}]
    name = texts[0] if texts else next(iter(subject.writable))
    deep = b"[" * 100 + b"]" * 100
    bodies = {
        b"{": 400,
        b"[]": 400,
        b'"text"': 400,
        b"\xff\xfe": 400,
        b'{"%s": %s}' % (name.encode(), deep): 422,
        b'{"%s": "\\ud800"}' % name.encode(): 400,
        b'{"%s": "a\\u0000b"}' % name.encode(): 422,
        b'{"%s": 1e999}' % name.encode(): 400,
        b'{"%s": %s}' % (name.encode(), b"9" * 5000): 400,
    }
    counted = {"count": "exact", "limit": 1}
    before = subject.bench.admin.get(subject.at, **counted)["count"]
    for body, status in bodies.items():
        answer = subject.bench.admin.ask("POST", subject.at, body)
        named = answer.refused(status)
        assert status == 400 or f"/{name}" in named, f"{body[:60]!r}: {named}"
    assert subject.bench.admin.get(subject.at, **counted)["count"] == before


def strange_fields(subject: Subject) -> None:
    """Fields that are not there, or not to be written, are named as what they are."""
    entity = subject.entity
    read_only = [name for name, declared in entity.fields.items() if declared.read_only]
    sent = dict.fromkeys([*read_only, *entity.computed, "no_such", "NO SUCH/~"], 1)
    wanted = {f"/{name}": "read_only" for name in (*read_only, *entity.computed)}
    wanted |= {"/no_such": "unknown_field", "/NO SUCH~1~0": "unknown_field"}
    if subject.creatable:
        body = subject.body(0, full=False) | sent
        assert subject.bench.admin.ask("POST", subject.at, body).refused(422) == wanted
    if entity.allows("edit"):
        here = f"{subject.at}/{subject.three[0]['id']}"
        assert subject.bench.admin.ask("PATCH", here, sent).refused(422) == wanted


def dangling_links(subject: Subject) -> None:
    """Links to nothing are all named."""
    names = [n for n, f in subject.writable.items() if f.kind is Kind.LINK and f.target]
    sent: dict[str, Any] = dict.fromkeys(names, samples.NO_RECORD)
    wanted = {f"/{name}": "dangling_link" for name in names}
    if subject.creatable:
        body = subject.body(0, full=False) | sent
        for name, declared in subject.entity.line_fields.items():
            if declared.kind is Kind.LINK and declared.target and not declared.read_only:
                body["lines"][0][name] = samples.NO_RECORD
                wanted[f"/lines/0/{name}"] = "dangling_link"
        if wanted:
            assert subject.bench.admin.ask("POST", subject.at, body).refused(422) == wanted
    elif names and subject.entity.allows("edit"):
        here = f"{subject.at}/{subject.three[0]['id']}"
        assert subject.bench.admin.ask("PATCH", here, sent).refused(422) == wanted


def rights(subject: Subject) -> None:
    """Who may not see it does not; who may not write is told so; who is nobody is turned away."""
    bench, access = subject.bench, subject.entity.access
    record = subject.three[0]
    here = f"{subject.at}/{record['id']}"
    for method, path in (("GET", subject.at), ("GET", here), ("PATCH", here)):
        bench.nobody.ask(method, path).expect(401)
    seen = {Access.OWNED: 404, Access.ADMIN_ONLY: 403}.get(access, 200)
    bench.stranger.ask("GET", here).expect(seen)
    bench.stranger.ask("GET", f"{here}/history").expect(seen)
    found = bench.stranger.ask("GET", subject.at, query={"filter[id]": record["id"]})
    assert found.status == 403 or bool(found.json["items"]) is (seen == 200)
    refused = {Access.OWNED: 404, Access.SHARED: None}.get(access, 403)
    if refused is not None:
        for verb, method in (("edit", "PATCH"), ("delete", "DELETE")):
            allowed = subject.entity.allows(verb)
            bench.stranger.ask(method, here, {}).expect(refused if allowed else 405)


def explaining(subject: Subject) -> None:
    """Administrators are told why somebody may do what with a record, as it really is."""
    bench, record = subject.bench, subject.three[0]
    here = f"{subject.at}/{record['id']}/access"
    bench.stranger.ask("GET", here, query={"user": bench.user_id}).expect(403)
    nowhere = f"{subject.at}/{samples.NO_RECORD}/access"
    bench.admin.ask("GET", nowhere, query={"user": bench.user_id}).expect(404)
    unknown = bench.admin.ask("GET", here, query={"user": samples.NO_RECORD})
    assert unknown.refused(422) == {"/user": "dangling_link"}
    assert bench.admin.ask("GET", here).refused(422) == {"/user": "required"}
    for client, user_id in ((bench.admin, bench.user_id), (bench.stranger, bench.stranger_id)):
        told = bench.admin.get(here, user=user_id)
        granted = {verb: one["granted"] for verb, one in told["verbs"].items()}
        asked = client.ask("GET", f"{subject.at}/{record['id']}/rights")
        assert granted["view"] is (asked.status == 200), told["verbs"]["view"]
        really = asked.json["rights"] if granted["view"] else {}
        assert {verb for verb in ("edit", "delete") if granted.get(verb)} == {
            verb for verb in ("edit", "delete") if really.get(verb)
        }
        assert all(one["because"] for one in told["verbs"].values())


def _same(named: set[str], wanted: set[str]) -> None:
    assert named == wanted, f"not named: {wanted - named}; named for nothing: {named - wanted}"


def _first(pointer: str) -> str:
    return "/" + pointer.split("/")[1]


def _rounds(subject: Subject) -> list[dict[str, Any]]:
    """Bodies with one bad value for each field, until each has had all of its own."""
    kinds = {name: samples.bad(declared) for name, declared in subject.writable.items()}
    most = max((len(values) for values in kinds.values()), default=0)
    return [
        {name: values[turn] for name, values in kinds.items() if turn < len(values)}
        for turn in range(most)
    ]
