"""What was gathered of a person, at the door of each service that has some of it."""

from crmkit.doors.behaviours.behaviour import Behaviour
from crmkit.doors.requests import Answer, Call, json_answer
from crmkit.doors.routes import route
from crmkit.records.privacy import answering
from crmkit.unit_of_work import UnitOfWork


class Privacy(Behaviour):
    """The rights of people over what is kept of them."""

    @route(
        "GET",
        "/person-data/<key>",
        places={"key": "Id of the request."},
        answer=answering.PersonData,
        only="administrators",
    )
    def person_data(self, uow: UnitOfWork, _call: Call, key: str) -> Answer:
        """What this service has gathered of a person for a request."""
        return json_answer(answering.data(uow, key).model_dump())
