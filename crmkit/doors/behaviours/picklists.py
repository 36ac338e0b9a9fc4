"""The picklist editor at the door: values, who may choose them, and what goes with what."""

from collections.abc import Sequence
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from crmkit.doors.behaviours.behaviour import Behaviour
from crmkit.doors.requests import Answer, Call, json_answer
from crmkit.doors.routes import parse_query, route
from crmkit.entity import Entity
from crmkit.records.background import jobs
from crmkit.records.picklists import dependencies, editing, lists, moving, wishes
from crmkit.records.picklists.dependencies import Dependencies
from crmkit.records.writing.validation import parse_body
from crmkit.unit_of_work import UnitOfWork

_AT = "/meta/<name>/picklists"
_ONE = f"{_AT}/<field>"
_VALUE = f"{_ONE}/values/<path:value>"
_FIELD = {"field": "Name of the field."}
_PLACES = {**_FIELD, "value": "The value, percent-encoded."}
_ONLY = "administrators"


class Counting(BaseModel):
    """Whether to count the records."""

    model_config = ConfigDict(extra="forbid")
    count: bool = False


class Picklists(Behaviour):
    """For administrators; everybody else reads their choices in `/meta/{entity}`."""

    works: ClassVar[Sequence[jobs.Work]] = (jobs.Work(moving.KIND, moving.step),)

    @route("GET", _AT, answer=lists.Picklists, only=_ONLY)
    def list_picklists(self, uow: UnitOfWork, _call: Call, name: str) -> Answer:
        """All picklists of an entity."""
        entity = self._shaped_by(uow, name)
        fields = lists.names(entity)
        return json_answer({"items": [lists.describe(uow, entity, field) for field in fields]})

    @route("GET", _ONE, query=Counting, answer=lists.PicklistDocument, places=_FIELD, only=_ONLY)
    def read_picklist(self, uow: UnitOfWork, call: Call, name: str, field: str) -> Answer:
        """Values in their order, with colours, roles, and how many records have each."""
        entity = self._shaped_by(uow, name)
        counted = parse_query(Counting, call.arguments).count
        return json_answer(lists.describe(uow, entity, field, counted=counted))

    @route(
        "POST",
        f"{_ONE}/values",
        body=wishes.NewValue,
        answer=lists.PicklistDocument,
        status=201,
        places=_FIELD,
        only=_ONLY,
    )
    def add_picklist_value(self, uow: UnitOfWork, call: Call, name: str, field: str) -> Answer:
        """Add a value."""
        shaped = self._shaped_by(uow, name)
        entity = editing.add(uow, shaped, field, parse_body(wishes.NewValue, call.json()))
        return json_answer(lists.describe(uow, entity, field), 201)

    @route(
        "PUT",
        f"{_ONE}/values",
        body=wishes.Arrangement,
        answer=lists.PicklistDocument,
        places=_FIELD,
        only=_ONLY,
    )
    def arrange_picklist(self, uow: UnitOfWork, call: Call, name: str, field: str) -> Answer:
        """Put the values into another order."""
        shaped = self._shaped_by(uow, name)
        order = parse_body(wishes.Arrangement, call.json()).values
        entity = editing.arrange(uow, shaped, field, order)
        return json_answer(lists.describe(uow, entity, field))

    @route(
        "PATCH",
        _VALUE,
        body=wishes.ValueChange,
        answer=lists.PicklistDocument,
        places=_PLACES,
        only=_ONLY,
    )
    def change_picklist_value(
        self, uow: UnitOfWork, call: Call, name: str, field: str, value: str
    ) -> Answer:
        """Rename a value, records following it, or give it another colour, roles or traits."""
        shaped = self._shaped_by(uow, name)
        wish = parse_body(wishes.ValueChange, call.json())
        entity = editing.alter(uow, shaped, field, value, wish)
        return json_answer(lists.describe(uow, entity, field))

    @route(
        "DELETE",
        _VALUE,
        query=wishes.Removal,
        answer=lists.PicklistDocument,
        places=_PLACES,
        only=_ONLY,
    )
    def delete_picklist_value(
        self, uow: UnitOfWork, call: Call, name: str, field: str, value: str
    ) -> Answer:
        """Delete a value; what has it gets the replacement, which one in use must be given."""
        shaped = self._shaped_by(uow, name)
        sent: dict[str, Any] = call.json() or dict(call.arguments)
        new = parse_body(wishes.Removal, sent).replacement
        entity = editing.remove(uow, shaped, field, value, new)
        return json_answer(lists.describe(uow, entity, field))

    @route("GET", "/meta/<name>/picklist-dependencies", answer=Dependencies)
    def read_picklist_dependencies(self, uow: UnitOfWork, _call: Call, name: str) -> Answer:
        """Which choices of one field limit those of another."""
        return json_answer(_document(self._described(uow, name)))

    @route(
        "PUT",
        "/meta/<name>/picklist-dependencies",
        body=Dependencies,
        answer=Dependencies,
        only=_ONLY,
    )
    def set_picklist_dependencies(self, uow: UnitOfWork, call: Call, name: str) -> Answer:
        """Set all dependencies between the picklists of an entity."""
        entity = self._shaped_by(uow, name)
        wanted = parse_body(Dependencies, call.json())
        return json_answer(_document(dependencies.put(uow, entity, wanted.dependencies)))


def _document(entity: Entity) -> dict[str, Any]:
    return Dependencies(dependencies=dependencies.of(entity)).model_dump()
