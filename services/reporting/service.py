"""The doors of reporting."""

from crmkit.doors.service import RecordService, get
from services.reporting.actions.pipeline import PipelineQuery, PipelineReport, pipeline
from services.reporting.actions.records import RecordCounts, records
from services.reporting.actions.sales import SalesQuery, SalesReport, sales
from services.reporting.entities import Base
from services.reporting.subscriptions import SUBSCRIPTIONS


class ReportingService(RecordService):
    """Adds up what happens in the other services."""

    name = "reporting"
    base = Base
    subscriptions = SUBSCRIPTIONS

    pipeline = get(
        "/reports/pipeline",
        pipeline,
        query=PipelineQuery,
        returns=PipelineReport,
        refuses=(503,),
    )
    sales = get("/reports/sales", sales, query=SalesQuery, returns=SalesReport, refuses=(503,))
    records = get("/reports/records", records, returns=RecordCounts)


SERVICE = ReportingService
