"""The pipeline report: right figures whatever is changed, for whoever may see them."""

from decimal import Decimal

import pytest

from contracts.errors import Problem
from crmkit.records import currencies
from services.reporting.actions.pipeline import PipelineQuery, pipeline
from tests.service.reporting.conftest import ANNA, BEN, BOSS, CLARA, event, opportunity

ONE = "01990000-0000-7000-8000-0000000000f1"
TWO = "01990000-0000-7000-8000-0000000000f2"
THREE = "01990000-0000-7000-8000-0000000000f3"
BY_OWNER = PipelineQuery(group_by="owner")


def rows(answer: dict) -> list[tuple]:
    return [
        (r["label"], r["opportunities"], str(r["amount"]), str(r["forecast_amount"]))
        for r in answer["rows"]
    ]


def test_open_opportunities_stand_in_the_order_of_the_funnel(reporting):
    reporting.hear(
        event("opportunity", ONE, 1, opportunity("Negotiation/Review", forecast="90.00")),
        event("opportunity", TWO, 1, opportunity("Prospecting", owner=CLARA, amount="0.05")),
        event("opportunity", THREE, 1, opportunity("Prospecting", amount=None, forecast=None)),
    )
    answer = reporting.ask(pipeline, PipelineQuery())
    assert rows(answer) == [
        ("Prospecting", 2, "0.05", "10.00"),
        ("Negotiation/Review", 1, "100.00", "90.00"),
    ]
    assert answer["totals"] == {
        "opportunities": 3,
        "amount": Decimal("100.05"),
        "forecast_amount": Decimal("100.00"),
    }
    assert answer["currency"] == "USD"


def test_owners_are_named_and_the_largest_amount_comes_first(reporting):
    reporting.hear(
        event("opportunity", ONE, 1, opportunity(owner=BEN)),
        event("opportunity", TWO, 1, opportunity(owner=CLARA, amount="300.00")),
    )
    assert rows(reporting.ask(pipeline, BY_OWNER)) == [
        ("Clara", 1, "300.00", "10.00"),
        ("Ben", 1, "100.00", "10.00"),
    ]


@pytest.mark.parametrize("stage", ["Closed Won", "Closed Lost"])
def test_a_decided_opportunity_is_no_pipeline(reporting, stage):
    reporting.hear(event("opportunity", ONE, 1, opportunity()))
    reporting.hear(event("opportunity", ONE, 2, opportunity(stage)))
    assert rows(reporting.ask(pipeline, PipelineQuery())) == []


def test_a_change_moves_the_figures_along(reporting):
    reporting.hear(event("opportunity", ONE, 1, opportunity()))
    reporting.hear(
        event("opportunity", ONE, 2, opportunity("Qualification", CLARA, "7.50", "1.50"))
    )
    assert rows(reporting.ask(pipeline, PipelineQuery())) == [("Qualification", 1, "7.50", "1.50")]
    assert rows(reporting.ask(pipeline, BY_OWNER)) == [("Clara", 1, "7.50", "1.50")]


def test_deleted_is_gone_and_restored_is_back(reporting):
    reporting.hear(event("opportunity", ONE, 1, opportunity()))
    reporting.hear(event("opportunity", ONE, 2, opportunity(), deleted=True))
    assert rows(reporting.ask(pipeline, PipelineQuery())) == []
    reporting.hear(event("opportunity", ONE, 3, opportunity()))
    assert rows(reporting.ask(pipeline, PipelineQuery())) == [("Prospecting", 1, "100.00", "10.00")]


@pytest.mark.parametrize(
    ("user_id", "seen"),
    [(BOSS, ["Anna", "Ben", "Clara"]), (ANNA, ["Anna", "Ben", "Clara"]), (BEN, ["Ben"])],
)
def test_everybody_sees_their_own_and_what_is_below_them(reporting, user_id, seen):
    reporting.hear(
        event("opportunity", ONE, 1, opportunity(owner=ANNA, amount="3.00")),
        event("opportunity", TWO, 1, opportunity(owner=BEN, amount="2.00")),
        event("opportunity", THREE, 1, opportunity(owner=CLARA, amount="1.00")),
    )
    answer = reporting.ask(pipeline, BY_OWNER, user_id=user_id)
    assert [row["label"] for row in answer["rows"]] == seen
    assert answer["totals"]["opportunities"] == len(seen)


def test_without_a_base_currency_there_is_no_answer_yet(reporting):
    with reporting.database.transaction() as session:
        session.execute(currencies.currency.delete())
    with pytest.raises(Problem) as refusal:
        reporting.ask(pipeline, PipelineQuery())
    assert refusal.value.status == 503
