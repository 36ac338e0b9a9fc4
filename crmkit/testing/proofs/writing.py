"""Records are made, changed, thrown away and brought back as clients do it."""

from functools import partial

from crmkit.testing.proofs.comparing import holds
from crmkit.testing.subject import Subject


def creating(subject: Subject) -> None:
    """What was sent is there, whole, under its id and its number; the rest has its default."""
    client, entity = subject.bench.admin, subject.entity
    if not subject.creatable:
        refusal = client.ask("POST", subject.at, {})
        refusal.expect(405)
        assert "POST" not in refusal.headers["allow"]
        return
    answer = subject.created(0, full=False)
    sent, record = subject.accepted(0), answer.json
    assert answer.headers["location"] == f"/api/v1{subject.at}/{record['id']}"
    assert answer.headers["etag"] == '"1"'
    holds(record, {name: value for name, value in sent.items() if name != "lines"})
    assert record["version"] == 1
    assert record["created_by"] == subject.bench.user_id
    if entity.prefix:
        assert str(record["number"]).startswith(entity.prefix), record["number"]
        assert client.get(f"{subject.at}/{record['number']}") == record
    read = client.ask("GET", f"{subject.at}/{record['id']}")
    assert read.expect(200) == record
    tag = {"If-None-Match": read.headers["etag"]}
    client.ask("GET", f"{subject.at}/{record['id']}", headers=tag).expect(304)
    for name, declared in subject.writable.items():
        if name not in sent and not entity.derive and declared.default is not None:
            assert str(record[name]) == str(declared.default), f"{name} is {record[name]!r}"


def patching(subject: Subject) -> None:
    """Each field alone can be changed, and the record is then as it was answered."""
    if not subject.entity.allows("edit"):
        here = f"{subject.at}/{subject.three[0]['id']}"
        subject.bench.admin.ask("PATCH", here, {}).expect(405)
        return
    life = subject.life
    assert len(life) > 1 + len(subject.writable) // 3, "hardly any field can be changed"
    now = subject.bench.admin.get(f"{subject.at}/{life[-1].state['id']}")
    assert now == life[-1].state
    same = subject.bench.admin.ask("PATCH", f"{subject.at}/{now['id']}", {})
    assert same.expect(200) == now


def versions(subject: Subject) -> None:
    """If-Match lets only the version through that it names, and shows the one there is."""
    if not subject.entity.allows("edit"):
        return
    record = subject.three[0]
    here, version = f"{subject.at}/{record['id']}", record["version"]
    ask = partial(subject.bench.admin.ask, "PATCH", here)
    other = ask({}, headers={"If-Match": f'"{version + 1}"'})
    assert other.expect(412)["current"]["version"] == version
    unreadable = ask({}, headers={"If-Match": "yesterday's"})
    assert unreadable.refused(400) == {"/If-Match": "invalid"}
    ask({}, headers={"If-Match": f'"{version}"'}).expect(200)


def repeating(subject: Subject) -> None:
    """A POST repeated with its Idempotency-Key is carried out once."""
    if not subject.creatable:
        return
    subject.created(3, full=False)
    key = {"Idempotency-Key": f"battery {subject.entity.name} {subject.bench.tag}"}
    made = subject.accepted(3)
    body = {**made, **subject.renewed()}
    first = subject.bench.admin.ask("POST", subject.at, body, headers=key)
    again = subject.bench.admin.ask("POST", subject.at, body, headers=key)
    assert again.expect(201) == first.expect(201)
    assert again.headers["idempotent-replayed"] == "true"
    other = subject.bench.admin.ask("POST", subject.at, {}, headers=key)
    assert other.expect(422)["code"] == "idempotency_key_reused"


def other_systems_keys(subject: Subject) -> None:
    """Under another system's key a record is made once, and then brought up to date."""
    if not subject.creatable:
        return
    subject.created(6, full=False)
    body = {**subject.accepted(6), **subject.renewed()}
    here = f"{subject.at}/external/battery/{subject.bench.tag}"
    subject.bench.admin.ask("GET", here).expect(404)
    made = subject.bench.admin.ask("PUT", here, body)
    assert made.expect(201)["source"] == "IMPORT"
    assert made.headers["tandem-outcome"] == "created"
    again = subject.bench.admin.ask("PUT", here, body)
    if subject.entity.allows("edit") or again.status == 200:
        assert again.expect(200) == made.json
        assert again.headers["tandem-outcome"] == "unchanged"
    assert subject.bench.admin.get(here) == made.json


def the_bin(subject: Subject) -> None:
    """What is deleted is not there, until it is restored as it was."""
    ask = subject.bench.admin.ask
    if not subject.entity.allows("delete"):
        ask("DELETE", f"{subject.at}/{subject.three[0]['id']}").expect(405)
        return
    if not subject.deletable:
        kept = subject.three[0]
        refusal = ask("DELETE", subject.here(kept))
        assert refusal.refused(refusal.status) == {"/transfer_to": "required"}
        assert subject.bench.admin.get(subject.here(kept)) == kept
        return
    record = subject.make(full=False, turn=4)
    here = f"{subject.at}/{record['id']}"
    assert ask("POST", f"{here}/restore").expect(409)["code"] == "not_deleted"
    ask("DELETE", here, headers={"If-Match": '"7"'}).expect(412)
    ask("DELETE", here).expect(204)
    for method in ("GET", "DELETE", "PATCH"):
        ask(method, here).expect(404 if method != "PATCH" or subject.entity.allows("edit") else 405)
    found = subject.bench.admin.get(subject.at, **{"filter[id]": record["id"]})
    assert found["items"] == []
    back = ask("POST", f"{here}/restore").expect(200)
    changing = {"version", "modified_at"}
    assert {n for n in record if record[n] != back[n]} <= changing, f"{record} became {back}"
    assert subject.bench.admin.get(here) == back


def coming_back(subject: Subject) -> None:
    """What pointed at a deleted record does so again when it is restored."""
    admin = subject.bench.admin
    if not subject.entity.allows("delete"):
        admin.ask("GET", f"{subject.at}/bin").expect(405)
        return
    if not subject.deletable:
        return
    record = subject.make(full=False, turn=5)
    pointing = subject.pointing(record, clears=True)
    admin.ask("DELETE", subject.here(record)).expect(204)
    binned = admin.get(f"{subject.at}/bin", limit=1)["items"]
    assert [(one["id"], one["number"]) for one in binned] == [(record["id"], record["number"])]
    assert binned[0]["deleted_by"] == subject.bench.user_id
    if pointing is not None:
        assert admin.get(pointing[0])[pointing[1]] is None
    admin.ask("POST", f"{subject.here(record)}/restore").expect(200)
    if pointing is not None:
        assert admin.get(pointing[0])[pointing[1]] == record["id"]
    left = admin.get(f"{subject.at}/bin", limit=1)["items"]
    assert record["id"] not in {one["id"] for one in left}


def purging(subject: Subject) -> None:
    """Administrators remove what is in the bin for good, with everything that hung on it."""
    admin, entity = subject.bench.admin, subject.entity
    record = subject.spare(5)
    chosen = {"ids": [record["id"]]}
    if not entity.allows("purge"):
        admin.ask("POST", f"{subject.at}/bin/purge", chosen).expect(405)
        return
    here = subject.here(record)
    admin.ask("POST", f"{here}/comments", {"body": "Gone tomorrow"}).expect(201)
    purge = f"{subject.at}/bin/purge"
    assert admin.ask("POST", purge, chosen).expect(200) == {"purged": 0, "in_use": []}
    admin.ask("DELETE", here).expect(204)
    subject.bench.stranger.ask("POST", purge, chosen).expect(403)
    assert admin.ask("POST", purge, chosen).expect(200) == {"purged": 1, "in_use": []}
    for method, path in (("GET", here), ("GET", f"{here}/history"), ("POST", f"{here}/restore")):
        admin.ask(method, path).expect(404)
    assert admin.get(subject.at, **{"filter[id]": record["id"]})["items"] == []
    binned = admin.get(f"{subject.at}/bin", limit=1)["items"]
    assert record["id"] not in {one["id"] for one in binned}
    told = [event["type"].split(".")[3] for event in subject.bench.told(record["id"])]
    assert told == ["created", "commented", "deleted", "purged"]
