"""The reports over HTTP: decimals as strings, questions checked, nobody unknown answered."""

import pytest

from crmkit.unit_of_work import new_id
from tests.service.reporting.conftest import line, opportunity, order
from tests.service.served import BEN, BOSS, CLARA, record, serving

CHAI = "01990000-0000-7000-8000-0000000000c1"


@pytest.fixture(scope="module")
def served():
    with serving("reporting") as service:
        service.hear(
            "currencies",
            record(
                "crm.identity.currency.created.v1",
                new_id(),
                code="USD",
                decimals=2,
                conversion_rate="1",
                is_base=True,
                active=True,
            ),
        )
        heard = service.hear(
            "facts",
            record("crm.sales.opportunity.created.v1", new_id(), **opportunity(owner=BEN)),
            record("crm.sales.sales_order.approved.v1", new_id(), **order([line(CHAI, "3")])),
            record(
                "crm.inventory.product.created.v1",
                CHAI,
                number="PRO1",
                name="Chai",
                owner_id=BOSS,
            ),
        )
        assert heard == ["applied"] * 3
        yield service


def test_the_pipeline_by_stage(served):
    figures = {"opportunities": 1, "amount": "100.00", "forecast_amount": "10.00"}
    assert served.as_(BEN).get("/reports/pipeline?group_by=stage") == {
        "group_by": "stage",
        "currency": "USD",
        "rows": [{"key": "Prospecting", "label": "Prospecting"} | figures],
        "totals": figures,
    }


def test_sales_by_product(served):
    figures = {"orders": 1, "units": "3", "shipped_units": "0", "amount": "10.00"}
    assert served.as_(BEN).get("/reports/sales?group_by=product") == {
        "group_by": "product",
        "currency": "USD",
        "rows": [{"key": CHAI, "label": "Chai"} | figures],
        "totals": figures,
    }


def test_a_stranger_s_report_is_empty(served):
    nothing = {"orders": 0, "units": "0", "shipped_units": "0", "amount": "0.00"}
    answer = served.as_(CLARA).get("/reports/sales?group_by=owner")
    assert (answer["rows"], answer["totals"]) == ([], nothing)


def test_records_are_counted(served):
    counts = served.as_(BOSS).get("/reports/records")["rows"]
    assert counts == [
        {"entity": "opportunity", "records": 1},
        {"entity": "product", "records": 1},
        {"entity": "sales_order", "records": 1},
    ]


@pytest.mark.parametrize(
    "path",
    ["/reports/pipeline?group_by=month", "/reports/sales?group_by=stage", "/reports/sales?x=1"],
)
def test_what_is_no_question_is_refused(served, path):
    assert served.as_(BEN).get(path, status=400)["code"] == "bad_query"


def test_nobody_unknown_is_answered(served):
    served.as_(None).get("/reports/pipeline", status=401)
