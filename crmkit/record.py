"""The tables that records, and the lines in them, are kept in: what each has beside its fields."""

from datetime import datetime
from itertools import chain
from typing import Any, ClassVar

from sqlalchemy import DateTime, Index, Integer, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, MappedColumn, declared_attr, mapped_column

from crmkit.fields import Field, Kind


class Record:
    """The columns every record has. `version` counts writes; `deleted_at` puts it in the bin.

    `custom` holds the values of administrators' own fields (`crmkit/custom.py`).
    """

    # What PostgreSQL generates is for searching; no write needs it back.
    __mapper_args__: ClassVar[dict[str, Any]] = {"eager_defaults": False}

    id: Mapped[str] = mapped_column(Uuid(as_uuid=False), primary_key=True)
    number: Mapped[str | None] = mapped_column(Text, unique=True)
    version: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    modified_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    created_by: Mapped[str] = mapped_column(Uuid(as_uuid=False))
    modified_by: Mapped[str] = mapped_column(Uuid(as_uuid=False))
    source: Mapped[str] = mapped_column(Text)
    deleted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    custom: Mapped[dict[str, Any]] = mapped_column(
        JSONB, default=dict, server_default=text("'{}'::jsonb")
    )

    @declared_attr.directive
    @classmethod
    def __table_args__(cls) -> tuple[Any, ...]:
        """The bin; from the newest on, an owner's records and those below another; the words."""
        table = cls.__tablename__  # type: ignore[attr-defined]
        indexes = [
            Index(
                f"ix_{table}_deleted_at",
                "deleted_at",
                "id",
                postgresql_where=text("deleted_at IS NOT NULL"),
            )
        ]
        if issubclass(cls, Owned):
            indexes.append(Index(f"ix_{table}_owner_id_id", "owner_id", "id"))
            indexes += [Index(f"ix_{table}_{name}_id", name, "id") for name in _links_upwards(cls)]
        if hasattr(cls, "search"):
            indexes.append(Index(f"ix_{table}_search", "search", postgresql_using="gin"))
        return tuple(indexes)


class Owned(Record):
    """A record that belongs to someone, whose superiors see it too, or to a group."""

    owner_id: Mapped[str] = mapped_column(
        Uuid(as_uuid=False), info={"field": Field(Kind.LINK, target="user", or_group=True)}
    )


class Line:
    """A row that lives and dies with its record: a line of an order, of a shipment."""

    id: Mapped[str] = mapped_column(Uuid(as_uuid=False), primary_key=True)
    sequence: Mapped[int] = mapped_column(Integer)


def _links_upwards(model: type[Owned]) -> list[str]:
    """The links to what may have an owner. Indexed with the id, they need no index of their own."""
    found = []
    for name, one in chain.from_iterable(vars(base).items() for base in model.__mro__):
        field = one.column.info.get("field") if isinstance(one, MappedColumn) else None
        if field is not None and field.kind is Kind.LINK and field.target != "user":
            one.column.index = False
            found.append(name)
    return found
