"""Many records at once at the door: what is little is done now, what is much becomes a job."""

from collections.abc import Sequence
from typing import ClassVar

from crmkit.doors.behaviours.behaviour import Behaviour
from crmkit.doors.requests import Answer, Call, json_answer
from crmkit.doors.routes import route
from crmkit.records import mass, ownership
from crmkit.records.background.jobs import JobDocument, Work
from crmkit.unit_of_work import UnitOfWork


class Mass(Behaviour):
    """Edit, delete, restore and transfer over a selection or a filter; everything of a leaver."""

    works: ClassVar[Sequence[Work]] = (mass.MASS, ownership.MOVE)

    @route(
        "POST",
        "/<plural>/mass",
        verb="edit",
        needs=(),
        body=mass.MassOperation,
        answer=mass.MassResult,
        also={202: JobDocument},
    )
    def change_many_records(self, uow: UnitOfWork, call: Call, plural: str) -> Answer:
        """Edit, delete, restore or transfer many records; over 200 of them as a job."""
        done = mass.perform(uow, self._entity(plural), call.json())
        if isinstance(done, mass.MassResult):
            return json_answer(done.model_dump())
        return json_answer(done, 202, Location=f"/api/v1/{plural}/jobs/{done['id']}")
