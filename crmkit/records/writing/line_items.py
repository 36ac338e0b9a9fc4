"""The lines of a record: matched by id when it is edited, so that a line keeps its identity."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Select

from contracts.errors import FieldError, invalid
from crmkit.entity import Entity
from crmkit.records.reading import rendering
from crmkit.tailoring import OF_LINES
from crmkit.unit_of_work import new_id


def replace(entity: Entity, record: Any, lines: Iterable[Mapping[str, Any]]) -> None:
    """Make `lines` the record's lines: known ids are changed, others added, the rest removed.

    vtiger deletes and re-inserts every line on each edit, so that links to lines break; a line
    here keeps its id and what the suite itself has written on it.
    """
    assert entity.line_model is not None
    known = {line.id: line for line in record.lines}
    kept: list[Any] = []
    errors: list[FieldError] = []
    for position, values in enumerate(lines):
        values = dict(values)  # noqa: PLW2901 - the client's dictionary is not ours to change
        line_id = values.pop("id", None)
        if line_id is None:
            line = entity.line_model(id=new_id())
        elif line_id in known:
            line = known.pop(line_id)
        else:
            pointer = f"/lines/{position}/id"
            errors.append(FieldError(pointer, "unknown_line", "is no line of this record"))
            continue
        line.sequence = position + 1
        for name, value in values.items():
            if getattr(line, name) != value:
                setattr(line, name, value)
        _fill_defaults(entity, line)
        kept.append(line)
    if errors:
        raise invalid(errors)
    record.lines = kept


def _fill_defaults(entity: Entity, line: Any) -> None:
    for name, field in entity.line_fields.items():
        if getattr(line, name) is None and field.default is not None:
            setattr(line, name, field.default)


def same(entity: Entity, record: Any, lines: Sequence[Mapping[str, Any]]) -> bool:
    """Whether `lines`, sent without ids as an import does, say what the record already has."""
    writable = [n for n, f in entity.line_fields.items() if not f.read_only]
    if len(lines) != len(record.lines):
        return False
    for held, sent in zip(record.lines, lines, strict=True):
        if any(
            getattr(held, n) != (sent[n] if sent[n] is not None else entity.line_fields[n].default)
            for n in writable
        ):
            return False
    return True


def matched(record: Any, lines: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The same lines with the ids the record's lines have, by position; for a repeated import."""
    ids = [line.id for line in record.lines]
    ids += [None] * (len(lines) - len(ids))
    return [{**line, "id": ids[position]} for position, line in enumerate(lines)]


def beside(entity: Entity, query: Select[Any]) -> Select[Any]:
    """A query of one record that brings its lines with it: one row for each, in their order.

    In the same statement, so that nobody reads a record with lines of another version.
    """
    assert entity.line_model is not None
    table = entity.line_model.__table__
    return (
        query.add_columns(*(table.c[name] for name in rendering.line_names(entity)))
        .outerjoin(table, table.c.record_id == entity.model.__table__.c.id)
        .order_by(table.c.sequence)
    )


def from_rows(entity: Entity, rows: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    """The lines in the rows of such a query; a record without any is a row without a line."""
    names = rendering.line_names(entity)
    lines = [dict(zip(names, row[-len(names) :], strict=True)) for row in rows]
    return [line for line in lines if line["id"] is not None]


def difference(
    before: Sequence[Mapping[str, Any]] | None, after: Sequence[Mapping[str, Any]]
) -> tuple[list[Any], list[Any]]:
    """Only the lines that differ, old and new, as history shows them."""
    old = {line["id"]: line for line in before or ()}
    new = {line["id"]: line for line in after}
    changed = [i for i in {**old, **new} if old.get(i) != new.get(i)]
    return (
        [rendering.to_json_types(old[i]) for i in changed if i in old],
        [rendering.to_json_types(new[i]) for i in changed if i in new],
    )


def seen(
    old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]], hidden: frozenset[str]
) -> tuple[list[Any], list[Any]]:
    """Such a difference without `hidden` fields (`lines.price`): the lines that still differ."""
    kept = [
        [{n: v for n, v in line.items() if OF_LINES + n not in hidden} for line in lines]
        for lines in (old, new)
    ]
    return difference(*kept)
