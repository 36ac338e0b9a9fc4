"""What the caller sees hanging on records, for lists: `tags` and `starred`, only if asked for."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement

from crmkit.entity import Entity
from crmkit.fields import Field, Kind
from crmkit.records.annotations import followers, tags
from crmkit.records.reading.paths import Mark
from crmkit.unit_of_work import UnitOfWork

MARKS: Mapping[str, Mark] = {
    "tags": Mark(Field(Kind.MULTISELECT), tags.expression, tags.held),
    "starred": Mark(Field(Kind.BOOLEAN), followers.expression, followers.held),
}


def asked(uow: UnitOfWork, entity: Entity, names: Iterable[str]) -> dict[str, ColumnElement[Any]]:
    """SQL: those of the marks that are among `names`."""
    record_id = entity.columns["id"]
    return {
        name: MARKS[name].expression(uow, record_id).label(name) for name in names if name in MARKS
    }
