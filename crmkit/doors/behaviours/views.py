"""Saved views at the door, and the counts of those that are key metrics."""

from crmkit.doors.behaviours.behaviour import Behaviour
from crmkit.doors.requests import Answer, Call, json_answer
from crmkit.doors.routes import route
from crmkit.entity import Entity
from crmkit.records.views import counting, reading, shapes, writing
from crmkit.records.views.reading import View
from crmkit.records.writing.validation import parse_body
from crmkit.unit_of_work import UnitOfWork

_VIEW = {"key": "Id of the view, or the key of one that comes with the suite."}


class SavedViews(Behaviour):
    """Everybody's own, those shared with them, and those that come with the suite."""

    @route("GET", "/<plural>/views", answer=shapes.Views)
    def list_views(self, uow: UnitOfWork, _call: Call, plural: str) -> Answer:
        """The saved views of records that one may use."""
        entity = self._entity(plural)
        items = [reading.document(uow, entity, view) for view in reading.every(uow, entity)]
        return json_answer({"items": items, "default": reading.default_of(uow, entity)})

    @route("POST", "/<plural>/views", body=shapes.NewView, answer=shapes.ViewDocument, status=201)
    def create_view(self, uow: UnitOfWork, call: Call, plural: str) -> Answer:
        """Save a view of records."""
        entity = self._entity(plural)
        view = writing.create(uow, entity, parse_body(shapes.NewView, call.json()))
        return _answer(uow, entity, view, 201, Location=f"/api/v1/{plural}/views/{view.id}")

    @route("PUT", "/<plural>/views/default", body=shapes.Default, answer=shapes.Default)
    def choose_view(self, uow: UnitOfWork, call: Call, plural: str) -> Answer:
        """Choose the view of records with which one's list starts."""
        wish = parse_body(shapes.Default, call.json())
        return json_answer({"view": writing.choose(uow, self._entity(plural), wish.view)})

    @route("GET", "/<plural>/views/<key>", places=_VIEW, answer=shapes.ViewDocument)
    def read_view(self, uow: UnitOfWork, _call: Call, plural: str, key: str) -> Answer:
        """Read a view of records."""
        entity = self._entity(plural)
        return _answer(uow, entity, reading.find(uow, entity, key))

    @route("GET", "/<plural>/views/<key>/count", places=_VIEW, answer=shapes.ViewCount)
    def count_view(self, uow: UnitOfWork, _call: Call, plural: str, key: str) -> Answer:
        """How many records a view holds now."""
        entity = self._entity(plural)
        view = reading.find(uow, entity, key)
        return json_answer({"count": counting.count(uow, entity, view)})

    @route(
        "PATCH",
        "/<plural>/views/<key>",
        places=_VIEW,
        body=shapes.ViewChanges,
        answer=shapes.ViewDocument,
        checked=True,
    )
    def change_view(self, uow: UnitOfWork, call: Call, plural: str, key: str) -> Answer:
        """Change a view of records."""
        entity = self._entity(plural)
        wish = parse_body(shapes.ViewChanges, call.json())
        return _answer(uow, entity, writing.change(uow, entity, key, wish, if_match=call.if_match))

    @route("DELETE", "/<plural>/views/<key>", places=_VIEW, answer=None, status=204)
    def delete_view(self, uow: UnitOfWork, _call: Call, plural: str, key: str) -> Answer:
        """Delete a view of records."""
        writing.remove(uow, self._entity(plural), key)
        return Answer(204)

    @route("GET", "/key-metrics", answer=shapes.Metrics)
    def list_key_metrics(self, uow: UnitOfWork, _call: Call) -> Answer:
        """The views that are key metrics, each with the number of its records."""
        return json_answer({"items": counting.key_metrics(uow)})


def _answer(
    uow: UnitOfWork, entity: Entity, view: View, status: int = 200, **headers: str
) -> Answer:
    tags = {"ETag": f'"{view.version}"', **headers}
    return json_answer(reading.document(uow, entity, view), status, **tags)
