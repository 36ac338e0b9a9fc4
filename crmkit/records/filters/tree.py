"""The AND/OR tree of conditions: the one form in which lists, views and jobs say which records."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement

from crmkit.records.filters import clauses, matching
from crmkit.records.filters.dates import Period, Viewpoint, viewpoint
from crmkit.records.filters.operators import Operator, Takes
from crmkit.records.reading import rendering
from crmkit.records.reading.paths import Path
from crmkit.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Condition:
    """One question to one field, `name` being its dotted name; `values` are typed."""

    name: str
    path: Path
    operator: Operator
    values: tuple[Any, ...]

    def document(self) -> dict[str, Any]:
        """As JSON has it."""
        values = [v.name if isinstance(v, Period) else v for v in self.values]
        listed = self.operator.takes in {Takes.VALUES, Takes.RANGE}
        value = rendering.to_json_types(values if listed else values[0])
        return {"field": self.name, "operator": self.operator.name, "value": value}


class Joint(StrEnum):
    """How a group's members make one answer; NOT has one member."""

    ALL = "all"
    ANY = "any"
    NOT = "not"


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions and groups, joined."""

    joint: Joint
    members: tuple["Node", ...]

    def document(self) -> dict[str, Any]:
        """As JSON has it."""
        members = [member.document() for member in self.members]
        return {self.joint.value: members[0] if self.joint is Joint.NOT else members}


Node = Condition | Group


@dataclass(frozen=True, slots=True)
class Tree:
    """A whole tree, read and checked for one entity."""

    root: Node

    def document(self) -> dict[str, Any]:
        """As JSON has it; reading that gives the same tree."""
        return self.root.document()

    def names(self) -> frozenset[str]:
        """The dotted names of the fields it asks: what `matches` needs the values of."""
        return frozenset(condition.name for condition in _conditions(self.root))

    def clause(self, uow: UnitOfWork) -> ColumnElement[bool]:
        """The SQL over the entity's table, for this caller and this moment."""
        seen = viewpoint(uow.caller, uow.at)
        return _clause(self.root, uow, seen)

    def matches(self, values: Mapping[str, Any], seen: Viewpoint) -> bool:
        """Whether it holds of a record with these values, typed as `rendering.state` has them."""
        return _matches(self.root, values, seen)

    def __and__(self, other: "Tree") -> "Tree":
        """Both."""
        return Tree(Group(Joint.ALL, (self.root, other.root)))


def _conditions(node: Node) -> Iterator[Condition]:
    if isinstance(node, Condition):
        yield node
    else:
        for member in node.members:
            yield from _conditions(member)


def _clause(node: Node, uow: UnitOfWork, seen: Viewpoint) -> ColumnElement[bool]:
    if isinstance(node, Condition):
        return clauses.of_condition(uow, node.path, node.operator, node.values, seen)
    members = [_clause(member, uow, seen) for member in node.members]
    match node.joint:
        case Joint.ALL:
            return clauses.every(members)
        case Joint.ANY:
            return clauses.either(members)
        case Joint.NOT:
            return clauses.denied(members[0])


def _matches(node: Node, values: Mapping[str, Any], seen: Viewpoint) -> bool:
    if isinstance(node, Condition):
        held = values.get(node.name)
        return matching.holds(node.path.field, node.operator, node.values, held, seen)
    found = (_matches(member, values, seen) for member in node.members)
    match node.joint:
        case Joint.ALL:
            return all(found)
        case Joint.ANY:
            return any(found)
        case Joint.NOT:
            return not any(found)
