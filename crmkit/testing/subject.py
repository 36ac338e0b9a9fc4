"""One entity under test: records of it that its declaration allows, made as clients make them."""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from sqlalchemy import text

from contracts.caller import Caller
from contracts.events.base import Event
from crmkit.db import Database
from crmkit.entity import Access, Entity
from crmkit.fields import Field, Kind, WhenDeleted
from crmkit.records import mass, store
from crmkit.records.reading import rendering
from crmkit.records.relations import links, references
from crmkit.records.writing import value_types
from crmkit.records.writing.journal import unit_of_work
from crmkit.testing import samples
from crmkit.testing.client import Answer, Client
from crmkit.unit_of_work import new_id

BOOKKEEPING = frozenset(
    {"id", "version", "created_at", "modified_at", "created_by", "modified_by", "source"}
)
_TRIES = 6
_EVENTS = text(
    "SELECT body FROM (SELECT seq, convert_from(body, 'UTF8')::jsonb AS body FROM outbox) AS told"
    " WHERE body->>'subject' = :id ORDER BY seq"
)


@dataclass
class Bench:
    """A running service: `admin` administers it, `stranger` may nothing but be there.

    `database` is the service's own, for what other services would have told it and for what it
    tells; `work` does the jobs of a kind that wait; `user_id` is who `admin` is, and `stranger_id`
    the stranger.
    """

    admin: Client
    stranger: Client
    nobody: Client
    database: Database
    entities: Mapping[str, Entity]
    user_id: str
    stranger_id: str
    work: Callable[[str], None]
    tag: str = field(default_factory=lambda: new_id()[-6:])
    serial: Iterator[int] = field(default_factory=itertools.count)
    _linked: dict[tuple[str, int], str] = field(default_factory=dict)

    def linked(self, target: str, turn: int) -> str:
        """The id of a record to point at: of this service, or of another that told of it."""
        if (target, turn) not in self._linked:
            self._linked[target, turn] = self._make(target, turn)
        return self._linked[target, turn]

    def _make(self, target: str, turn: int) -> str:
        entity = self.entities.get(target)
        if entity is not None:
            return str(Subject(self, entity, turn=turn + 5).make(full=False)["id"])
        if target == "user":
            return (self.user_id, self.stranger_id)[turn % 2]
        record_id = new_id()
        state = {"number": None, "name": f"{target} {turn}"}
        data = {"record": state, "changes": {}, "deleted": False}
        kind = f"crm.elsewhere.{target}.created.v1"
        told = Event(new_id(), kind, "/elsewhere", record_id, _now(), data, 1, self.user_id)
        with self.database.transaction() as session:
            links.apply_labels(session, [told], {target: ("name",)})
        return record_id

    def told(self, record_id: str) -> list[dict[str, Any]]:
        """The events about a record, in the order in which they were written."""
        with self.database.reading() as session:
            return list(session.scalars(_EVENTS, {"id": record_id}))


@dataclass(frozen=True, slots=True)
class Write:
    """One write of a record as its client saw it: the fact, and the state afterwards."""

    fact: str
    state: dict[str, Any]


class Subject:
    """An entity and records of it. `turn` chooses among the samples."""

    def __init__(self, bench: Bench, entity: Entity, *, turn: int = 0) -> None:
        self.bench = bench
        self.entity = entity
        self._turn = turn
        self._accepted: dict[int, dict[str, Any]] = {}

    @property
    def at(self) -> str:
        """The path of its records."""
        return f"/{self.entity.plural}"

    @cached_property
    def writable(self) -> dict[str, Field]:
        """The fields that clients send."""
        return {n: f for n, f in self.entity.own_fields.items() if not f.read_only}

    def unique(self, name: str, declared: Field) -> bool:
        """Whether no two records may have the same in this field."""
        return declared.unique or any(name in names for names in self.entity.no_two)

    def sample(self, name: str, declared: Field, turn: int) -> Any:
        """A value for the field, another one each turn."""
        if self.unique(name, declared):
            turn = next(self.bench.serial)
        examples = self.entity.examples.get(name)
        if examples is not None:
            return examples[turn % len(examples)]
        if declared.kind is Kind.LINK:
            return self.bench.linked(declared.target, turn % 5) if declared.target else None
        return samples.good(declared, turn, self.bench.tag)

    def body(self, turn: int, *, full: bool) -> dict[str, Any]:
        """What a client may send for a new record: everything, or only what it must."""
        sent = self._values(self.writable, turn, full=full)
        if self.entity.line_model is not None:
            sent["lines"] = [self.line(turn, full=full)]
        return sent

    def line(self, turn: int, *, full: bool) -> dict[str, Any]:
        """One line of such a record."""
        writable = {n: f for n, f in self.entity.line_fields.items() if not f.read_only}
        return self._values(writable, turn, full=full)

    def _values(self, declared: Mapping[str, Field], turn: int, *, full: bool) -> dict[str, Any]:
        wanted = {n: f for n, f in declared.items() if full or (f.required and f.default is None)}
        sampled = {name: self.sample(name, f, turn) for name, f in wanted.items()}
        return {name: value for name, value in sampled.items() if value is not None}

    @property
    def creatable(self) -> bool:
        """Whether clients may make records of it; others the suite makes itself."""
        return self.entity.allows("create")

    @property
    def deletable(self) -> bool:
        """Whether clients put records of it into the bin, and need not say who gets others."""
        return self.entity.allows("delete") and not self.entity.owns_records

    def make(self, *, full: bool = True, turn: int | None = None) -> dict[str, Any]:
        """A new record as its maker reads it."""
        turn = self._turn if turn is None else turn
        if not self.creatable:
            return self._planted(turn)
        record: dict[str, Any] = self.created(turn, full=full).json
        return record

    def spare(self, turn: int) -> dict[str, Any]:
        """A record that a proof may do things to; where nobody makes or changes any, an old one."""
        if self.creatable or self.entity.allows("edit"):
            return self.make(full=False, turn=turn)
        return self.three[1 + turn % 2]

    def created(self, turn: int, *, full: bool, **values: Any) -> Answer:
        """The answer to creating a record of what may be sent, these `values` in it.

        A rule may stand against the samples together: what it names is added, or left out if it
        need not be there. Raises AssertionError when that does not help.
        """
        body = self.body(turn, full=full) | values
        for _ in range(_TRIES):
            answer = self.bench.admin.ask("POST", self.at, body)
            if answer.status == 201 or not self._obeyed(answer, body, turn):
                break
        answer.expect(201)
        self._accepted[turn] = body
        return answer

    def accepted(self, turn: int) -> dict[str, Any]:
        """What was sent when this turn's record was created."""
        return self._accepted[turn]

    def _obeyed(self, answer: Answer, body: dict[str, Any], turn: int) -> bool:
        """Whether `body` has become another one by what a rule said."""
        if answer.status != 422 or not (self.entity.rules or self.entity.derive):
            return False
        before = dict(body)
        for pointer in answer.refused(422):
            name, *steps = pointer.removeprefix("/").split("/")
            if name == "lines" and len(steps) > 1:
                body["lines"][int(steps[0])].pop(steps[1], None)
                return True
            if name not in body and name in self.writable:
                body[name] = self.sample(name, self.writable[name], turn)
            elif name in body and not self.writable[name].required:
                del body[name]
        return body != before

    def _planted(self, turn: int) -> dict[str, Any]:
        """A record that only the suite itself makes, read-only fields included."""
        bench, entity = self.bench, self.entity
        values = {
            name: self.sample(name, f, turn)
            for name, f in entity.own_fields.items()
            if name != "owner_id" and not _generated(entity, name)
        }
        if entity.line_model is not None:
            of_line = {n: self.sample(n, f, turn) for n, f in entity.line_fields.items()}
            values["lines"] = [_typed(entity.line_fields, of_line)]
        caller = Caller(bench.user_id, "battery", is_admin=True)
        with unit_of_work(bench.database, caller, bench.entities) as uow:
            record = store.insert(uow, entity, _typed(entity.own_fields, values))
            made = rendering.to_json_types({"id": record.id})
        found: dict[str, Any] = bench.admin.get(f"{self.at}/{made['id']}")
        return found

    def _another(self, name: str, record: Mapping[str, Any]) -> Any:
        """A value for the field that the record has not got; None if there is none."""
        values = (self.sample(name, self.writable[name], turn) for turn in range(_TRIES))
        return next((v for v in values if v is not None and v != record[name]), None)

    @cached_property
    def life(self) -> Sequence[Write]:
        """One record from its creation over a change of each field, the bin, and back again.

        Raises AssertionError when a write is refused by none of the entity's own rules, or does
        not do what was asked.
        """
        changes = self.entity.allows("edit") or self.entity.allows("delete")
        record = self.make() if changes else self.three[0]
        writes = [Write("created", record)]
        if self.entity.allows("edit"):
            for name in self.writable:
                value = self._another(name, record)
                if value is None:
                    continue
                here = f"{self.at}/{record['id']}"
                answer = self.bench.admin.ask("PATCH", here, {name: value})
                if self.is_refusal(answer):
                    continue
                changed = answer.expect(200)
                assert changed[name] == value, f"{name} is {changed[name]!r} after {value!r}"
                if changed["version"] != record["version"]:
                    record = changed
                    writes.append(Write("changed", changed))
        if self.deletable:
            here = f"{self.at}/{record['id']}"
            self.bench.admin.ask("DELETE", here).expect(204)
            back = self.bench.admin.ask("POST", f"{here}/restore").expect(200)
            assert back["version"] == record["version"] + 2
            gone = {**record, "version": record["version"] + 1}
            writes += [Write("deleted", gone), Write("restored", back)]
        return writes

    def here(self, record: Mapping[str, Any]) -> str:
        """The path of a record."""
        return f"{self.at}/{record['id']}"

    def changed(self, record: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
        """The name of a field that a client has given another value, and the record with it.

        Of those that many records may have in common. None if its rules allow no such change.
        """
        for name in sorted(mass.editable(self.entity) - {"owner_id"}):
            value = self._another(name, record)
            if value is not None:
                answer = self.bench.admin.ask("PATCH", self.here(record), {name: value})
                if (
                    not self.is_refusal(answer)
                    and answer.expect(200)["version"] > record["version"]
                ):
                    return name, answer.json
        return None

    def pointing(self, record: Mapping[str, Any], *, clears: bool) -> tuple[str, str] | None:
        """Another record of the service that now points at this one: its path, and its field.

        `clears` if the deletion of this one must empty that field. None if there can be none.
        """
        for reference in references.to(self.bench.entities, self.entity.name):
            entity, declared = reference.entity, reference.field
            fit = declared.nullable and not (reference.of_lines or declared.read_only)
            if clears:
                fit = fit and declared.when_deleted is WhenDeleted.CLEAR
            if not (fit and entity.allows("create") and entity.allows("edit")):
                continue
            other = Subject(self.bench, entity, turn=6)
            here = other.here(other.make(full=False))
            sent = {reference.name: record["id"]}
            if declared.target_in:
                sent[declared.target_in] = self.entity.name
            answer = self.bench.admin.ask("PATCH", here, sent)
            if not other.is_refusal(answer):
                assert answer.expect(200)[reference.name] == record["id"]
                return here, reference.name
        return None

    def is_refusal(self, answer: Answer) -> bool:
        """Whether a rule of the entity's own stands against it."""
        ruled = bool(self.entity.rules or self.entity.derive)
        return ruled and answer.status in {409, 422} and answer.refused(answer.status) is not None

    @cached_property
    def three(self) -> Sequence[dict[str, Any]]:
        """Three records that differ: two of everything, one of what is necessary."""
        return [self.make(turn=0), self.make(turn=1), self.make(full=False, turn=2)]

    def unhidden(self, records: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Those of them that the stranger sees."""
        if self.entity.access is Access.ADMIN_ONLY:
            return []
        owned = self.entity.access is Access.OWNED
        return [r for r in records if not owned or r["owner_id"] == self.bench.stranger_id]

    @property
    def three_alone(self) -> list[dict[str, Any]]:
        """The conditions of a tree that find the three records, also if lists pass over them."""
        found: list[dict[str, Any]] = [{"field": "id", "value": [one["id"] for one in self.three]}]
        if self.entity.unlisted:
            found.append({"field": self.entity.unlisted, "operator": "empty", "value": False})
        return found

    @property
    def all_of_them(self) -> dict[str, str]:
        """The filter of an address by which lists pass over no record."""
        return {f"filter[{self.entity.unlisted}][empty]": "false"} if self.entity.unlisted else {}

    def renewed(self) -> dict[str, Any]:
        """Other values for the fields of which no two records may have the same."""
        unique = {n: f for n, f in self.writable.items() if self.unique(n, f)}
        return {name: self.sample(name, declared, 8) for name, declared in unique.items()}


def _now() -> datetime:
    return datetime.now(UTC)


def _generated(entity: Entity, name: str) -> bool:
    return entity.columns[name].computed is not None


def _typed(declared: Mapping[str, Field], values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as the engine keeps them, from such as clients send."""
    return {
        name: value
        if value is None or name not in declared or declared[name].kind is Kind.JSON
        else value_types.adapter(declared[name]).validate_python(value)
        for name, value in values.items()
    }
