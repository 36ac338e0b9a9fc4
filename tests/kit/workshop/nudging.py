"""A job of the workshop's own: every widget named gets a part more, two widgets a chunk."""

from pydantic import BaseModel

from crmkit.records import store
from crmkit.records.background.jobs import Job, Work
from crmkit.unit_of_work import UnitOfWork

CHUNK = 2


class Nudging(BaseModel):
    ids: list[str]
    kind: str = "nudge"
    breaks_at: int | None = None


def nudge(uow: UnitOfWork, job: Job) -> bool:
    """Raises ZeroDivisionError at the widget that breaks, and whatever a patch raises."""
    ids = job.parameters["ids"]
    job.total = len(ids)
    for position in range(job.done, min(job.done + CHUNK, job.total)):
        if position == job.parameters["breaks_at"]:
            position / 0
        widget = store.fetch(uow, job.entity, ids[position], "edit")
        store.update(uow, job.entity, widget, {"parts": widget.parts + 1})
        job.done += 1
    job.checkpoint = job.done
    job.result = {"last": ids[job.done - 1]}
    return job.done < job.total


NUDGE = Work("nudge", nudge)
NUDGE_ELSEWHERE = Work("nudge_elsewhere", nudge)
"""A kind that the workshop's own process does not know; those of the tests do."""
