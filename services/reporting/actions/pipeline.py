"""The pipeline: what is still open, and what it would bring (spec 1.8, 1.20)."""

from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from crmkit.unit_of_work import UnitOfWork
from services.reporting import contributions, seeing
from services.reporting.actions import field_rights, labels
from services.reporting.actions.money import BaseCurrency, base_currency
from services.reporting.picklists import order_of
from services.reporting.summaries import PIPELINE, Figures, summed_up

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


_OPPORTUNITY = "opportunity"
_RESTS_ON = {"amount": "amount", "forecast_amount": "forecast_amount"}
"""The field of opportunities that each figure adds up."""


class PipelineQuery(BaseModel):
    """What a row of the report stands for."""

    model_config = ConfigDict(extra="forbid")

    group_by: Literal["stage", "owner"] = "stage"


class PipelineFigures(BaseModel):
    """How many opportunities, their amounts, and those weighed by probability.

    A figure is null if the caller's profile hides the field that it adds up.
    """

    opportunities: int
    amount: Decimal | None
    forecast_amount: Decimal | None


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
    """Open opportunities that the caller sees, by stage in the order of the funnel or by owner from
    the largest amount on. Raises Problem 403 if the caller's profile hides by what they are
    grouped, 503 before the base currency is known.
    """
    by_owner = query.group_by == "owner"
    key = "owner_id" if by_owner else "stage"
    field_rights.require(uow, _OPPORTUNITY, ("stage_class", key))
    shown = field_rights.shown(uow, _OPPORTUNITY, _RESTS_ON)
    currency = base_currency(uow.session)
    sums = seeing.summed(uow, _OPPORTUNITY, PIPELINE, contributions.pipeline, [key])
    found = {key: figures for (key,), figures in sums.items()}
    names = labels.of_people(uow.session, found) if by_owner else {}
    rows = [
        PipelineRow(key=key, label=names.get(key, key), **_figures([figures], currency, shown))
        for key, figures in found.items()
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
        totals=PipelineFigures(**_figures(found.values(), currency, shown)),
    )


def _figures(
    found: Iterable[Figures], currency: BaseCurrency, shown: Collection[str]
) -> dict[str, Any]:
    sums = summed_up(PIPELINE, found)
    amounts = {n: currency.rounded(sums[n]) if n in shown else None for n in _RESTS_ON}
    return {"opportunities": sums["opportunities"], **amounts}


def _down_the_funnel(stages: Sequence[str], row: PipelineRow) -> Any:
    """Stages that nobody has told of come last."""
    return (stages.index(row.key) if row.key in stages else len(stages), row.key)


def _largest_first(row: PipelineRow) -> Any:
    return (-(row.amount or 0), row.label, row.key)
