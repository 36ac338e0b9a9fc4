"""The audit at the door: to be read, proven and taken away by administrators."""

from crmkit.doors.behaviours.behaviour import Behaviour
from crmkit.doors.requests import Answer, Call, json_answer
from crmkit.doors.routes import parse_query, route
from crmkit.records.auditing import reading, verifying
from crmkit.unit_of_work import UnitOfWork

_READING = "read the audit"


class Auditing(Behaviour):
    """Who did what in this service that others must be able to hold them to."""

    @route(
        "GET", "/audit", query=reading.AuditQuery, answer=reading.AuditPage, administering=_READING
    )
    def read_audit(self, uow: UnitOfWork, call: Call) -> Answer:
        """Read the audit, the newest first."""
        wanted = parse_query(reading.AuditQuery, call.arguments)
        return json_answer(reading.page(uow, wanted).model_dump())

    @route(
        "GET", "/audit/heads", query=reading.HeadQuery, answer=reading.Heads, administering=_READING
    )
    def audit_heads(self, uow: UnitOfWork, call: Call) -> Answer:
        """The last row of each day, to be kept elsewhere."""
        wanted = parse_query(reading.HeadQuery, call.arguments)
        return json_answer(reading.heads(uow, wanted).model_dump())

    @route(
        "GET",
        "/audit/verify",
        query=verifying.VerifyQuery,
        answer=verifying.Verdict,
        administering="verify the audit",
    )
    def verify_audit(self, uow: UnitOfWork, call: Call) -> Answer:
        """Find the first row of the audit that is not as it was written."""
        wanted = parse_query(verifying.VerifyQuery, call.arguments)
        return json_answer(verifying.verify(uow, wanted).model_dump())
