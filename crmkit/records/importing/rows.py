"""Rows of a file as what a client would send, with their links found: many at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from contracts.errors import FieldError, Problem, invalid
from crmkit.entity import Entity
from crmkit.records.importing import linking
from crmkit.records.importing.cells import text_of
from crmkit.records.importing.plans import KEYS, Settled
from crmkit.unit_of_work import UnitOfWork


@dataclass(slots=True)
class Row:
    """One row: `values` are of the cells that say something, `empty` the fields of the others.

    `keys` are what it says of the record's id and number, `links` the fields whose record was not
    found or is several, `errors` say of each why.
    """

    number: int
    values: dict[str, Any] = field(default_factory=dict)
    empty: set[str] = field(default_factory=set)
    keys: dict[str, str] = field(default_factory=dict)
    errors: list[FieldError] = field(default_factory=list)

    @property
    def dangling(self) -> set[str]:
        """The links that point at nothing."""
        return {e.pointer[1:] for e in self.errors if e.code == "dangling_link"}

    def refused(self, more: Sequence[FieldError] = ()) -> Problem | None:
        """What is wrong with the row, each field once; None if nothing is."""
        known = {error.pointer for error in self.errors}
        errors = [*self.errors, *(error for error in more if error.pointer not in known)]
        return invalid(errors) if errors else None


def read(
    uow: UnitOfWork, entity: Entity, plan: Settled, first: int, rows: Sequence[Sequence[Any]]
) -> list[Row]:
    """The rows of a part of the file, the first of which has the number `first`."""
    wanted = linking.Links()
    read_rows = [_row(plan, number, cells) for number, cells in enumerate(rows, first)]
    targets = [column for column in plan.columns if column.target]
    for row in read_rows if targets else ():
        for column in targets:
            if column.field in row.values:
                wanted.want(column.target, column.by, row.values[column.field])
    if targets:
        linking.resolve(uow, wanted)
        for row in read_rows:
            _link(plan, row, wanted)
    del entity
    return read_rows


def _row(plan: Settled, number: int, cells: Sequence[Any]) -> Row:
    row = Row(number)
    if len(cells) > plan.width:
        detail = f"has {len(cells)} cells, the headings are {plan.width}"
        row.errors.append(FieldError("", "too_many_cells", detail))
    for column in plan.columns:
        cell = cells[column.position] if column.position < len(cells) else None
        if cell is None or cell == "":
            row.empty.add(column.field)
        elif column.field in KEYS:
            row.keys[column.field] = text_of(cell)
        elif column.target:
            row.values[column.field] = text_of(cell)
        else:
            row.values[column.field] = column.read(cell)
    return row


def _link(plan: Settled, row: Row, links: linking.Links) -> None:
    for column in plan.columns:
        if not column.target or column.field not in row.values:
            continue
        text = row.values[column.field]
        found = links.id_of(column.target, column.by, text, f"/{column.field}")
        if isinstance(found, FieldError):
            row.errors.append(found)
            del row.values[column.field]
        else:
            row.values[column.field] = found


def new(plan: Settled, row: Row) -> Mapping[str, Any]:
    """What a client would send to create the record of this row."""
    return {**plan.defaults, **row.values, **plan.constants}


def changes(plan: Settled, row: Row) -> dict[str, Any]:
    """What a client would send to bring a record up to date with this row."""
    cleared = dict.fromkeys(row.empty - {*KEYS}) if plan.clear_empty else {}
    return {**cleared, **row.values, **plan.constants}
