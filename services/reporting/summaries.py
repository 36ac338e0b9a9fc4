"""Sums kept up to date by differences, so that a report costs the same however many records are."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

from sqlalchemy import Column, Numeric, Table, Text, Uuid

from services.reporting.entities import Base

Key = tuple[str, ...]
Figures = tuple[Decimal, ...]
Contribution = Mapping[Key, Figures]
"""What one record adds to each row of a summary."""


@dataclass(frozen=True)
class Summary:
    """A table of sums: `keys` name a row, the last of them being the owner; `figures` are sums.

    `picklists` says which key is the value of a picklist, `opportunity.stage`.
    """

    table: Table
    keys: tuple[str, ...]
    figures: tuple[str, ...]
    picklists: Mapping[str, str] = field(default_factory=dict, hash=False)

    def merge(self, key: str) -> str:
        """Moves the rows of the value `:o` of this key to its value `:n`."""
        rest = [name for name in (*self.keys, *self.figures) if name != key]
        sums = [f"{f} = {self.table.name}.{f} + excluded.{f}" for f in self.figures]
        return (
            f"WITH gone AS (DELETE FROM {self.table.name} WHERE {key} = :o RETURNING *) "  # noqa: S608
            f"INSERT INTO {self.table.name} ({key}, {', '.join(rest)}) "
            f"SELECT :n, {', '.join(rest)} FROM gone "
            f"ON CONFLICT ({', '.join(self.keys)}) DO UPDATE SET {', '.join(sums)}"
        )

    @cached_property
    def add(self) -> str:
        """Adds the rows of the parameter named like the table to it, in the order of their keys."""
        keys, figures = ", ".join(self.keys), ", ".join(self.figures)
        types = [f"{key} text" for key in self.keys[:-1]] + ["owner_id uuid"]
        types += [f"{figure} numeric" for figure in self.figures]
        sums = [f"{f} = {self.table.name}.{f} + excluded.{f}" for f in self.figures]
        return (
            f"INSERT INTO {self.table.name} ({keys}, {figures}) "  # noqa: S608 - declared names
            f"SELECT {keys}, {figures} FROM jsonb_to_recordset(CAST(:{self.table.name} AS jsonb)) "
            f"AS row({', '.join(types)}) ORDER BY {keys} "
            f"ON CONFLICT ({keys}) DO UPDATE SET {', '.join(sums)}"
        )

    def changed(self, differences: "Differences") -> list[dict[str, Any]]:
        """What has changed, a row for each key; those that stay the same are left out."""
        names = (*self.keys, *self.figures)
        return [
            dict(zip(names, (*key, *figures), strict=True))
            for key, figures in differences.sums.items()
            if any(figures)
        ]


@dataclass
class Differences:
    """What a batch of events changes in one summary."""

    sums: dict[Key, list[Decimal]] = field(default_factory=lambda: defaultdict(list))

    def count(self, contribution: Contribution, sign: int) -> None:
        """Take a record's contribution in (`sign` 1) or out (-1)."""
        for key, figures in contribution.items():
            held = self.sums[key] or [Decimal(0)] * len(figures)
            self.sums[key] = [a + sign * b for a, b in zip(held, figures, strict=True)]


def summed_up(summary: Summary, found: Iterable[Figures]) -> Mapping[str, Decimal]:
    """All of these figures of the summary together, by name."""
    columns = zip(*found, strict=True)
    sums = [sum(column, Decimal(0)) for column in columns] or [Decimal(0)] * len(summary.figures)
    return dict(zip(summary.figures, sums, strict=True))


def _summary(name: str, keys: Sequence[str], figures: Sequence[str], **picklists: str) -> Summary:
    table = Table(
        name,
        Base.metadata,
        *(Column(key, Text, primary_key=True) for key in keys),
        Column("owner_id", Uuid(as_uuid=False), primary_key=True),
        *(Column(figure, Numeric, nullable=False) for figure in figures),
    )
    of = {picklist: key for key, picklist in picklists.items()}
    return Summary(table, (*keys, "owner_id"), tuple(figures), of)


RECORDS = _summary("record_summary", ("entity",), ("records",))
"""How many records of each entity, by owner."""

PIPELINE = _summary(
    "pipeline_summary",
    ("stage",),
    ("opportunities", "amount", "forecast_amount"),
    stage="opportunity.stage",
)
"""Open opportunities by stage and owner, in the base currency."""

SALES = _summary(
    "sales_summary", ("dimension", "key"), ("orders", "units", "shipped_units", "amount")
)
"""Approved orders by month, product, account and owner; amounts in the base currency."""
