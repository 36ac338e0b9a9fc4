"""Long work at the door: how far it is, stop it, go on with it."""

from crmkit.doors.behaviours.behaviour import Behaviour
from crmkit.doors.requests import Answer, Call, json_answer
from crmkit.doors.routes import route
from crmkit.records.background import job_rows, jobs
from crmkit.records.reading import query
from crmkit.unit_of_work import UnitOfWork

_JOB = {"key": "Id of the job."}


class Jobs(Behaviour):
    """Of all kinds; who started one sees it, and administrators do."""

    @route("GET", "/<plural>/jobs", query=query.Cut, answer=jobs.JobPage, needs=())
    def list_jobs(self, uow: UnitOfWork, call: Call, plural: str) -> Answer:
        """Long work on records, the newest first."""
        limit = query.page_size(call.request.args.get("limit"))
        cursor = call.request.args.get("cursor")
        return json_answer(jobs.page(uow, self._entity(plural), cursor=cursor, limit=limit))

    @route("GET", "/<plural>/jobs/<key>", places=_JOB, answer=jobs.JobDocument, needs=())
    def read_job(self, uow: UnitOfWork, _call: Call, plural: str, key: str) -> Answer:
        """How far a job is, and what came of it."""
        return json_answer(jobs.document(jobs.find(uow, self._entity(plural), key)))

    @route(
        "GET",
        "/<plural>/jobs/<key>/rows",
        places=_JOB,
        query=job_rows.RowQuery,
        answer=job_rows.RowPage,
        needs=(),
    )
    def read_job_rows(self, uow: UnitOfWork, call: Call, plural: str, key: str) -> Answer:
        """What became of each row of a job."""
        found = jobs.find(uow, self._entity(plural), key)
        asked = call.request.args
        limit = query.page_size(asked.get("limit"))
        outcome, cursor = asked.get("outcome"), asked.get("cursor")
        page = job_rows.page(uow, found.id, outcome=outcome, cursor=cursor, limit=limit)
        return json_answer(page)

    @route("POST", "/<plural>/jobs/<key>/cancel", places=_JOB, answer=jobs.JobDocument, needs=())
    def cancel_job(self, uow: UnitOfWork, _call: Call, plural: str, key: str) -> Answer:
        """Do no more of it; what is done stays done."""
        return json_answer(jobs.cancel(uow, self._entity(plural), key))

    @route("POST", "/<plural>/jobs/<key>/retry", places=_JOB, answer=jobs.JobDocument, needs=())
    def retry_job(self, uow: UnitOfWork, _call: Call, plural: str, key: str) -> Answer:
        """Go on with a failed job where it stopped."""
        return json_answer(jobs.retry(uow, self._entity(plural), key))
