"""Fields of linked records by a dotted name: `account_id.name`, `account_id.parent_id.name`.

The value of a linked record that is deleted, or that the caller may not see, is as if empty.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, select

from crmkit.entity import Entity
from crmkit.fields import Field, Kind
from crmkit.records import access
from crmkit.unit_of_work import UnitOfWork

_MOST_HOPS = 2


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that hangs on records and differs by who looks; filtered and asked for as `field`.

    `expression` gives the mark of a record in SQL, `held` whether it has one of the values, or for
    `empty` any at all.
    """

    field: Field
    expression: Callable[[UnitOfWork, ColumnElement[Any]], ColumnElement[Any]]
    held: Callable[[UnitOfWork, ColumnElement[Any], str, Sequence[Any]], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Path:
    """The way to one field: over these links, each the name of a field, to the entity it is of."""

    links: tuple[str, ...]
    entities: tuple[Entity, ...]
    name: str
    field: Field
    mark: "Mark | None" = None

    def within(self, uow: UnitOfWork, held: ColumnElement[bool]) -> ColumnElement[bool]:
        """The clause over the first entity for what holds of the last one's columns."""
        for position in range(len(self.links), 0, -1):
            target = self.entities[position]
            column = self.entities[position - 1].columns[self.links[position - 1]]
            found = seen(uow, target, select(target.columns["id"])).where(held)
            held = column.in_(found.correlate(None))
        return held

    @property
    def steps(self) -> tuple[str, ...]:
        """The links and the field, by name."""
        return (*self.links, self.name)

    @property
    def column(self) -> Any:
        """The field's own column, in the table of the last entity."""
        return self.entities[-1].columns[self.name]


_NO_MARKS: Mapping[str, Mark] = {}


def find(
    entities: Mapping[str, Entity],
    entity: Entity,
    dotted: str,
    marks: Mapping[str, Mark] = _NO_MARKS,
) -> Path | None:
    """The path a dotted name takes within the service; None if there is no such field or mark."""
    *links, name = dotted.split(".")
    if len(links) > _MOST_HOPS:
        return None
    passed = [entity]
    for link in links:
        field = passed[-1].fields.get(link)
        target = entities.get(field.target) if field and field.kind is Kind.LINK else None
        if target is None:
            return None
        passed.append(target)
    mark = marks.get(name)
    field = mark.field if mark else passed[-1].fields.get(name)
    return None if field is None else Path(tuple(links), tuple(passed), name, field, mark)


def of(entities: Mapping[str, Entity], entity: Entity, dotted: str) -> Path:
    """The path of a name that is known to be one."""
    path = find(entities, entity, dotted)
    if path is None:
        raise LookupError(f"{entity.name} has no {dotted}")
    return path


def seen(uow: UnitOfWork, entity: Entity, query: Select[Any]) -> Select[Any]:
    """`query` over those records of a linked entity that the caller may see."""
    table = entity.model.__table__
    return query.where(table.c.deleted_at.is_(None), access.visible(entity, uow.caller))


def joined(
    uow: UnitOfWork, entity: Entity, wanted: Iterable[Path]
) -> tuple[Any, Mapping[tuple[str, ...], Any]]:
    """The entity's table joined with what the paths pass; and the column of each path.

    A column's key is its path: the links and the field's name.
    """
    needed: dict[tuple[str, ...], tuple[Entity, set[str]]] = {}
    for path in wanted:
        for position, target in enumerate(path.entities[1:], 1):
            _, names = needed.setdefault(path.steps[:position], (target, {"id"}))
            names.add(path.steps[position])
    source: Any = entity.model.__table__
    columns: dict[tuple[str, ...], Any] = {(n,): c for n, c in entity.columns.items()}
    for passed, (target, names) in sorted(needed.items(), key=lambda item: len(item[0])):
        chosen = select(*(target.columns[name].label(name) for name in sorted(names)))
        linked = seen(uow, target, chosen).subquery("_".join(passed))
        source = source.outerjoin(linked, linked.c.id == columns[passed])
        columns |= {(*passed, name): linked.c[name] for name in names}
    return source, columns
