"""Reads trees from JSON and from query strings; every bad node is named with its pointer."""

from collections.abc import Iterable, Mapping
from typing import Any

from contracts.errors import FieldError, json_pointer
from crmkit.entity import Entity
from crmkit.records.filters.operators import (
    OPERATORS,
    Fault,
    Unreadable,
    from_text,
    operators,
    read_values,
)
from crmkit.records.filters.tree import Condition, Group, Joint, Node, Tree
from crmkit.records.reading import paths
from crmkit.records.reading.marks import MARKS

DEEPEST = 8
"""How many groups may stand inside one another."""
MOST_CONDITIONS = 100

EVERYTHING = Tree(Group(Joint.ALL, ()))
"""Of any entity."""

_CONDITION = frozenset({"field", "operator", "value"})


class Reader:
    """Reads the conditions of one entity, and gathers what is wrong in `errors`."""

    def __init__(self, entities: Mapping[str, Entity], entity: Entity) -> None:
        self._entities = entities
        self._entity = entity
        self._left = MOST_CONDITIONS
        self.errors: list[FieldError] = []

    def tree(self, document: Any, at: tuple[str, ...]) -> Tree | None:
        """The tree; None if anything is wrong. An empty object is no condition at all."""
        if document == {}:
            return EVERYTHING
        root = self._node(document, at, DEEPEST)
        return None if root is None or self.errors else Tree(root)

    def texts(self, conditions: Iterable[tuple[str, str, str]]) -> Tree:
        """The tree of a query string's (field, operator, text), which must all hold."""
        members: list[Node] = []
        for name, operator, text in conditions:
            try:
                members.append(self._condition(name, operator, text, from_text))
            except Unreadable as unreadable:
                fault = unreadable.faults[0]
                pointer = json_pointer("filter", name, operator)
                self.errors.append(FieldError(pointer, fault.code, fault.detail))
        return Tree(Group(Joint.ALL, tuple(members)))

    def _node(self, document: Any, at: tuple[str, ...], depth: int) -> Node | None:
        if not isinstance(document, dict):
            self._wrong(at, "invalid", "is a condition or a group")
            return None
        joints = [joint for joint in Joint if joint in document]
        if not joints:
            return self._leaf(document, at)
        for stray in [key for key in document if key != joints[0]]:
            self._wrong((*at, stray), "unknown_field", "a group has one key: all, any or not")
        if not depth:
            self._wrong(at, "too_deep", f"at most {DEEPEST} groups inside one another")
            return None
        return self._group(joints[0], document[joints[0]], (*at, joints[0]), depth)

    def _group(self, joint: Joint, sent: Any, at: tuple[str, ...], depth: int) -> Node | None:
        if joint is Joint.NOT:
            member = self._node(sent, at, depth - 1)
            return None if member is None else Group(joint, (member,))
        if not isinstance(sent, list):
            self._wrong(at, "invalid", "is a list of conditions and groups")
            return None
        if not sent and joint is Joint.ANY:
            self._wrong(at, "required", "needs at least one condition")
            return None
        members = []
        for position, part in enumerate(sent):
            if self._left < 0:
                break
            members.append(self._node(part, (*at, str(position)), depth - 1))
        return Group(joint, tuple(member for member in members if member is not None))

    def _leaf(self, document: Mapping[str, Any], at: tuple[str, ...]) -> Node | None:
        self._left -= 1
        if self._left < 0:
            self._wrong(at, "too_many", f"at most {MOST_CONDITIONS} conditions")
            return None
        for stray in [key for key in document if key not in _CONDITION]:
            self._wrong((*at, stray), "unknown_field", "a condition has field, operator and value")
        name, operator = document.get("field"), document.get("operator", "eq")
        try:
            return self._condition(name, operator, document.get("value"), _as_sent)
        except Unreadable as unreadable:
            for fault in unreadable.faults:
                self._wrong((*at, *fault.steps), fault.code, fault.detail)
            return None

    def _condition(self, name: Any, operator: Any, sent: Any, read: Any) -> Condition:
        if not isinstance(name, str):
            raise Unreadable(Fault(("field",), "invalid", "is the name of a field"))
        path = paths.find(self._entities, self._entity, name, MARKS)
        if path is None:
            detail = f"{self._entity.name} has no field {name!r} to filter by"
            raise Unreadable(Fault(("field",), "unknown_field", detail))
        known = operators(path.field)
        if not isinstance(operator, str) or operator not in known:
            detail = f"a {path.field.kind} field takes {', '.join(known)}"
            raise Unreadable(Fault(("operator",), "unknown_operator", detail))
        chosen = OPERATORS[operator]
        values = read_values(path.field, chosen, read(path.field, chosen, sent))
        return Condition(name, path, chosen, values)

    def _wrong(self, at: tuple[str, ...], code: str, detail: str) -> None:
        self.errors.append(FieldError(json_pointer(*at), code, detail))


def _as_sent(_field: Any, operator: Any, sent: Any) -> Any:
    return True if operator.name == "empty" and sent is None else sent
