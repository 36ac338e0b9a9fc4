"""An entity declared once: the model and, beside it, the value every behaviour reads."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property, wraps
from itertools import chain
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, inspect
from sqlalchemy.orm.attributes import set_committed_value

from contracts.errors import FieldError
from crmkit import custom
from crmkit.choices import Replacement, replaced
from crmkit.db import TABLES
from crmkit.fields import Field, Kind
from crmkit.personal import Beside, Hold
from crmkit.record import Owned
from crmkit.saved_view import SavedView
from crmkit.tailoring import AS_DECLARED, OF_LINES, Tailoring
from crmkit.unit_of_work import UnitOfWork
from crmkit.verbs import NEEDS, RECORD_VERBS, TOOLS

SYSTEM_FIELDS: Mapping[str, Field] = {
    "id": Field(Kind.LINK, read_only=True),
    "number": Field(Kind.TEXT, read_only=True),
    "version": Field(Kind.INTEGER, read_only=True),
    "created_at": Field(Kind.DATETIME, read_only=True),
    "modified_at": Field(Kind.DATETIME, read_only=True),
    "created_by": Field(Kind.LINK, read_only=True, target="user"),
    "modified_by": Field(Kind.LINK, read_only=True, target="user"),
    "source": Field(Kind.TEXT, read_only=True),
}
"""What every record carries (spec 1.0); set by the engine, never by a client."""


class Access(StrEnum):
    """Who may do what, before profiles and sharing refine it.

    OWNED: the owner, the superiors of the owner's role, administrators (spec 1.27 steps 3, 9, 10).
    SHARED: entities without ownership, everybody reads and writes (step 8).
    ADMIN_WRITES: everybody reads, administrators write (step 1).
    ADMIN_ONLY: administrators alone.
    """

    OWNED = "owned"
    SHARED = "shared"
    ADMIN_WRITES = "admin_writes"
    ADMIN_ONLY = "admin_only"


Snapshot = Mapping[str, Any]
"""A record's values before a change; empty when it is being created."""


@dataclass(frozen=True, slots=True)
class Computed:
    """A field that PostgreSQL works out on every read and nobody stores.

    `expression` is one correlated scalar; `shape` the pydantic type of its value.
    """

    shape: Any
    expression: Callable[[], ColumnElement[Any]]


@dataclass(frozen=True, slots=True)
class Linked:
    """Records of the entity named `target` are linked with ours by hand, many to many.

    Its entity declares the same of ours. `roles` is what the one may be to the other.
    """

    target: str
    roles: tuple[str, ...] = ()


Rule = Callable[[Any, Snapshot], Iterable[FieldError] | None]
Derivation = Callable[[UnitOfWork, Any, Snapshot], None]
Guard = Callable[[UnitOfWork, Any], None]


@dataclass(frozen=True, eq=False)
class Entity:
    """Everything the engine needs to know of one entity.

    `derive` computes fields before the rules look; `rules` return field errors or raise a Problem;
    `on_delete` runs before a record goes into the bin and may refuse it by raising a Problem,
    `on_merge` before it goes into another record, after those of `on_delete`;
    `no_two` are sets of fields in which no two records agree, until administrators say otherwise;
    `verbs` names the actions beyond view, create, edit, delete, and `facts` the past-tense words
    they are told by beyond created, changed, deleted, restored; `closed` names the record verbs
    that clients do not have (a stock movement is never edited); `unlisted` names a yes-or-no field:
    lists and search pass over records where it is yes, unless a filter asks for them; `examples`
    has values of fields whose rules allow less than their kind does; `views` are the saved views
    it ships with, beside that of all records; `linked` names what is linked with it by hand;
    `rolls_up` names link fields, `contact.account_id`: the related lists of the records they are
    of are part of this one's; `aliases` are what else a field is called in files of others;
    `tailoring` is what administrators have changed, empty in a declaration; an `essential` entity
    is one that they cannot switch off; one that `follows` another module is shared as that one is;
    a record of a `person` entity is one human being, whose erasure empties its personal fields and
    deletes what is kept `beside`, unless one of `holds` says why not; `retained` names personal
    fields that stay, and why; what `owns_records` is deleted by an action that gives those away.
    """

    model: type[Any]
    name: str
    plural: str
    title: str
    label: tuple[str, ...]
    access: Access
    prefix: str = ""
    rules: tuple[Rule, ...] = ()
    derive: tuple[Derivation, ...] = ()
    verbs: frozenset[str] = frozenset()
    facts: frozenset[str] = frozenset()
    closed: frozenset[str] = frozenset()
    line_model: type[Any] | None = None
    computed: Mapping[str, Computed] = field(default_factory=dict)
    on_delete: tuple[Guard, ...] = ()
    on_merge: tuple[Guard, ...] = ()
    no_two: tuple[tuple[str, ...], ...] = ()
    unlisted: str = ""
    examples: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    views: tuple[SavedView, ...] = ()
    linked: tuple[Linked, ...] = ()
    rolls_up: tuple[str, ...] = ()
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tailoring: Tailoring = AS_DECLARED
    essential: bool = False
    follows: str = ""
    person: bool = False
    beside: tuple[Beside, ...] = ()
    retained: Mapping[str, str] = field(default_factory=dict)
    holds: tuple[Hold, ...] = ()
    owns_records: bool = False

    def __post_init__(self) -> None:
        there = {"", *SYSTEM_FIELDS, *_declared(self.model)}
        unknown = {*self.label, self.unlisted, *self.aliases, *chain(*self.no_two)} - there
        if unknown:
            raise TypeError(f"{self.name} names unknown fields {sorted(unknown)}")
        if self.closed - RECORD_VERBS:
            raise TypeError(f"{self.name}: closed verbs must be among {sorted(RECORD_VERBS)}")
        self.model.metadata.info.setdefault(TABLES, {})[self.name] = self.model.__table__

    def tailored(self, tailoring: Tailoring) -> "Entity":
        """The same entity as administrators have shaped it: what requests and handlers work on."""
        return replace(self, tailoring=tailoring)

    def limited(self, hidden: frozenset[str], read_only: frozenset[str]) -> "Entity":
        """The same entity for somebody from whom profiles keep these fields; one for all of them.

        What records are called by is never hidden.
        """
        of_lines = (OF_LINES + name for name in self.line_fields)
        hidden = (hidden - {*self.label}) & {*self.own_fields, *self.computed, *of_lines}
        kept: dict[Any, Entity] = self.__dict__.setdefault("_limited", {})
        if (hidden, read_only) not in kept:
            seen = {name: one for name, one in self.computed.items() if name not in hidden}
            tailoring = self.tailoring.without(hidden, read_only)
            kept[hidden, read_only] = replace(self, tailoring=tailoring, computed=seen)
        return kept[hidden, read_only]

    @cached_property
    def own_fields(self) -> Mapping[str, Field]:
        """The declared fields in the order of the model, then those of administrators."""
        return self.tailoring.over(_declared(self.model))

    @cached_property
    def fields(self) -> Mapping[str, Field]:
        """System fields first, then the entity's own."""
        return {**SYSTEM_FIELDS, **self.own_fields}

    def declared(self, name: str) -> Field:
        """One of the entity's own fields before any setting of it."""
        return self.tailoring.custom.get(name) or _declared(self.model)[name]

    @cached_property
    def uniques(self) -> tuple[str, ...]:
        """The fields whose values administrators want no two records to share."""
        return tuple(n for n, f in self.own_fields.items() if f.unique and not self._unique(n))

    def _unique(self, name: str) -> bool:
        return name not in self.tailoring.custom and self.declared(name).unique

    @cached_property
    def stored(self) -> tuple[str, ...]:
        """The fields that have a column of their own."""
        return tuple(name for name, one in self.fields.items() if not one.key)

    @cached_property
    def defaults(self) -> Mapping[str, Any]:
        """What the fields of a new record hold that nobody has filled in."""
        return {
            name: list(one.default) if isinstance(one.default, tuple) else one.default
            for name, one in self.own_fields.items()
            if one.default is not None
        }

    @cached_property
    def line_fields(self) -> Mapping[str, Field]:
        """The declared fields of a line; empty for an entity without lines."""
        return (
            {} if self.line_model is None else self.tailoring.over_lines(_declared(self.line_model))
        )

    @cached_property
    def columns(self) -> Mapping[str, Any]:
        """In SQL, each visible field: the table's column, or the expression of a custom one."""
        return {name: self._read(name) for name in self.fields}

    def held(self, name: str) -> Any:
        """In SQL, what is stored of a field, though its value may have another name by now."""
        one, table = self.fields[name], self.model.__table__.c
        return custom.expression(table.custom, one) if one.key else table[name]

    def _read(self, name: str) -> Any:
        column = self.held(name)
        for replacement in self.following.get(name, ()):
            several = self.fields[name].kind is Kind.MULTISELECT
            column = replaced(column, several=several, old=replacement.old, new=replacement.new)
        return column

    @cached_property
    def following(self) -> Mapping[str, tuple[Replacement, ...]]:
        """The fields some of whose values have new names that not all records have yet."""
        return {
            name: one.picklist.moving
            for name, one in self.own_fields.items()
            if one.picklist is not None and one.picklist.moving
        }

    @cached_property
    def parents(self) -> tuple[tuple[str, str], ...]:
        """The entities that its records may lie below, each with the link field that says so."""
        fields = _declared(self.model)
        return tuple(
            (target, name)
            for name, one in fields.items()
            if one.kind is Kind.LINK
            for target in (fields[one.target_in].choices if one.target_in else (one.target,))
        )

    @property
    def owned(self) -> bool:
        """Whether records of this entity have an owner."""
        return issubclass(self.model, Owned)

    def allows(self, verb: str) -> bool:
        """Whether clients have this verb at all; an undeclared one is a programming error."""
        if verb not in RECORD_VERBS | TOOLS | self.verbs:
            raise LookupError(f"{self.name} declares no verb {verb!r}")
        if verb == "merge" and self.line_model is not None:
            return False
        return not NEEDS.get(verb, frozenset({verb})) & self.closed

    def follow(self, record: Any) -> None:
        """Let a loaded record have the new names of its values, if its row has not yet.

        Nothing is written by that: its row follows with all others.
        """
        for name in self.following:
            one = self.fields[name]
            assert one.picklist is not None
            held = self._loaded(record, name)
            attribute = "custom" if one.key else name
            current = one.picklist.settled(held) or None
            if current == held:
                continue
            value = custom.put(record.custom, one, current) if one.key else current
            if attribute in inspect(record).committed_state:
                setattr(record, attribute, value)
            else:
                set_committed_value(record, attribute, value)

    def _loaded(self, record: Any, name: str) -> Any:
        one = self.fields[name]
        return custom.get(record.custom, one) if one.key else getattr(record, name)

    def get(self, record: Any, name: str) -> Any:
        """The value of any field of a loaded record."""
        self.follow(record)
        return self._loaded(record, name)

    def put(self, record: Any, name: str, value: Any) -> None:
        """Set any field of a loaded record."""
        one = self.fields[name]
        if one.key:
            record.custom = custom.put(record.custom, one, value)
        else:
            setattr(record, name, value)

    def packed(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Values by field name as a row of the table has them: custom ones within `custom`."""
        row = {name: value for name, value in values.items() if name not in self.tailoring.custom}
        if self.tailoring.custom:
            held: dict[str, Any] = {}
            for name in values.keys() & self.tailoring.custom.keys():
                held = custom.put(held, self.fields[name], values[name])
            row["custom"] = held
        return row

    def values(self, record: Any) -> dict[str, Any]:
        """Every visible field of a loaded record."""
        self.follow(record)
        found = {name: getattr(record, name) for name in self.stored}
        for name, one in self.tailoring.custom.items():
            found[name] = custom.get(record.custom, one)
        return found

    def label_of(self, values: Mapping[str, Any]) -> str:
        """How people name a record: the label fields, joined."""
        return " ".join(str(values[name]) for name in self.label if values.get(name))


def _declared(model: type[Any]) -> Mapping[str, Field]:
    columns = inspect(model).columns
    return {c.key: c.info["field"] for c in columns if "field" in c.info}


_Built = TypeVar("_Built")


def per_entity(build: Callable[[Entity], _Built]) -> Callable[[Entity], _Built]:
    """Decorator: `build(entity)` once, kept for as long as the entity lives and no longer.

    A cache on the outside would hold on to every shape an administrator has ever given it.
    """
    memory = f"{build.__module__}.{build.__qualname__}"

    @wraps(build)
    def recall(entity: Entity) -> _Built:
        kept = entity.__dict__
        if memory not in kept:
            kept[memory] = build(entity)
        found: _Built = kept[memory]
        return found

    return recall
