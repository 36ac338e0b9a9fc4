"""Rights at the door: why somebody may or may not do what with a record."""

from crmkit.doors.behaviours.behaviour import Behaviour
from crmkit.doors.requests import Answer, Call, json_answer
from crmkit.doors.routes import route
from crmkit.records.rights import comparing, explaining
from crmkit.records.writing.validation import parse_body
from crmkit.unit_of_work import UnitOfWork


class Rights(Behaviour):
    """What administrators may ask of everybody's rights."""

    @route(
        "GET",
        "/<plural>/<key>/access",
        query=explaining.Asked,
        answer=explaining.Explanation,
        administering="ask what somebody may do",
        needs=(),
        refuses=(422,),
    )
    def explain_record_access(self, uow: UnitOfWork, call: Call, plural: str, key: str) -> Answer:
        """Why somebody may or may not do what with a record."""
        entity = self._entity(plural)
        wish = parse_body(explaining.Asked, dict(call.arguments))
        return json_answer(explaining.explain(uow, entity, key, wish).model_dump())

    @route(
        "POST",
        "/access/compare",
        reading=True,
        body=comparing.Comparison,
        answer=comparing.Differences,
        administering="simulate a change of rights",
    )
    def compare_access(self, uow: UnitOfWork, call: Call) -> Answer:
        """What somebody would gain and lose here if rights were others."""
        wish = parse_body(comparing.Comparison, call.json())
        return json_answer(comparing.compare(uow, wish).model_dump())
