"""What quotes, orders and invoices hand to each other: one becomes the next, link kept."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, Uuid
from sqlalchemy.orm import MappedColumn, mapped_column

from crmkit.entity import Entity
from crmkit.fields import Field
from crmkit.records.reading import rendering


def of_record(table: str) -> MappedColumn[str]:
    """The column by which a line belongs to its record in `table`."""
    reference = ForeignKey(f"{table}.id", ondelete="CASCADE")
    return mapped_column(Uuid(as_uuid=False), reference, index=True)


def header(document: Any, source: Entity, target: Entity) -> dict[str, Any]:
    """Everything of `document`'s header that `target` takes too: addresses, terms, taxes, links."""
    shared = _typed(source.own_fields) & _typed(target.own_fields)
    return {name: getattr(document, name) for name in shared}


def line(held: Any, source: Entity, target: Entity) -> dict[str, Any]:
    """Everything of one line that a line of `target` takes too."""
    shared = _typed(source.line_fields) & _typed(target.line_fields)
    return {name: getattr(held, name) for name in shared}


def _typed(fields: Mapping[str, Field]) -> frozenset[str]:
    return frozenset(name for name, field in fields.items() if not field.read_only)


def smallest_amount(document: Any) -> Decimal:
    """The smallest amount of the document's currency, which its computed total is rounded to."""
    return Decimal(1).scaleb(document.total.as_tuple().exponent)


def same_lines(entity: Entity, document: Any, before: Mapping[str, Any]) -> bool:
    """Whether the document's lines are as they were before the change."""
    lines = [rendering.line_state(entity, held) for held in document.lines]
    return bool(lines == before["lines"])
