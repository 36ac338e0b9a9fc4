"""The pipeline: what is still open, and what it would bring (spec 1.8, 1.20)."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict
from sqlalchemy import func, select

from crmkit.records import access
from crmkit.unit_of_work import UnitOfWork
from services.reporting.actions import labels
from services.reporting.actions.money import base_currency
from services.reporting.picklists import order_of
from services.reporting.summaries import PIPELINE

SHIPPED = (
    "Prospecting",
    "Qualification",
    "Needs Analysis",
    "Value Proposition",
    "Id. Decision Makers",
    "Perception Analysis",
    "Proposal/Price Quote",
    "Negotiation/Review",
)
"""The open stages in the order an opportunity passes them, until an administrator puts them in
another.
"""


class PipelineQuery(BaseModel):
    """What a row of the report stands for."""

    model_config = ConfigDict(extra="forbid")

    group_by: Literal["stage", "owner"] = "stage"


class PipelineFigures(BaseModel):
    """How many opportunities, their amounts, and those weighed by probability."""

    opportunities: int
    amount: Decimal
    forecast_amount: Decimal


class PipelineRow(PipelineFigures):
    """`key` is the stage, or the owner's id; `label` what people call it."""

    key: str
    label: str


class PipelineReport(BaseModel):
    """Amounts are in `currency`, the organisation's base currency."""

    group_by: str
    currency: str
    rows: list[PipelineRow]
    totals: PipelineFigures


def pipeline(uow: UnitOfWork, query: PipelineQuery) -> PipelineReport:
    """Open opportunities of the owners the caller sees, by stage in the order of the funnel or by
    owner from the largest amount on. Raises Problem 503 before the base currency is known.
    """
    currency = base_currency(uow.session)
    columns = PIPELINE.table.c
    key = columns.stage if query.group_by == "stage" else columns.owner_id
    found = uow.session.execute(
        select(
            key.label("key"), *(func.sum(columns[name]).label(name) for name in PIPELINE.figures)
        )
        .where(access.visible_of("opportunity", uow.caller, columns.owner_id))
        .group_by(key)
        .having(func.sum(columns.opportunities) > 0)
    ).all()
    by_owner = query.group_by == "owner"
    names = labels.of_people(uow.session, [row.key for row in found]) if by_owner else {}
    rows = [
        PipelineRow(
            key=row.key,
            label=names.get(row.key, row.key),
            opportunities=row.opportunities,
            amount=currency.rounded(row.amount),
            forecast_amount=currency.rounded(row.forecast_amount),
        )
        for row in found
    ]
    if by_owner:
        rows.sort(key=_largest_first)
    else:
        stages = order_of(uow.session, "opportunity.stage") or SHIPPED
        rows.sort(key=lambda row: _down_the_funnel(stages, row))
    return PipelineReport(
        group_by=query.group_by,
        currency=currency.code,
        rows=rows,
        totals=PipelineFigures(
            opportunities=sum(row.opportunities for row in rows),
            amount=currency.rounded(sum((row.amount for row in found), Decimal(0))),
            forecast_amount=currency.rounded(
                sum((row.forecast_amount for row in found), Decimal(0))
            ),
        ),
    )


def _down_the_funnel(stages: Sequence[str], row: PipelineRow) -> Any:
    """Stages that nobody has told of come last."""
    return (stages.index(row.key) if row.key in stages else len(stages), row.key)


def _largest_first(row: PipelineRow) -> Any:
    return (-row.amount, row.label, row.key)
