"""The routes of related lists: of this service's records, and of others' by their entity's name."""

from contracts.errors import not_found
from crmkit.doors.behaviours.behaviour import Behaviour
from crmkit.doors.requests import Answer, Call, json_answer
from crmkit.doors.routes import route
from crmkit.records import store
from crmkit.records.reading import query
from crmkit.records.relations import related
from crmkit.records.writing import validation
from crmkit.unit_of_work import UnitOfWork

_PLACES = {"listed": "The list: the plural of what it lists."}
_OTHER = {**_PLACES, "other": "Id or number of the record in the list."}


class Related(Behaviour):
    """What belongs to a record."""

    @route("GET", "/<plural>/<key>/rights", answer=related.Rights)
    def rights(self, uow: UnitOfWork, _call: Call, plural: str, key: str) -> Answer:
        """What the caller may do with a record."""
        return json_answer(related.rights(uow, self._entity(plural), key))

    @route("GET", "/<plural>/<key>/related", answer=related.RelatedLists)
    def list_related(self, uow: UnitOfWork, _call: Call, plural: str, key: str) -> Answer:
        """The related lists of a record, each with its count."""
        entity = self._entity(plural)
        record_id = store.read(uow, entity, key)["id"]
        return json_answer({"items": related.counted(uow, entity.name, record_id)})

    @route(
        "GET",
        "/<plural>/<key>/related/<listed>",
        places=_PLACES,
        query=query.ListQuery,
        answer=related.RelatedPage,
    )
    def read_related(
        self, uow: UnitOfWork, call: Call, plural: str, key: str, listed: str
    ) -> Answer:
        """A page of a related list of a record: filter, search, sort, cursor."""
        entity = self._entity(plural)
        found = related.find(uow, entity.name, self._entity(listed))
        record_id = store.read(uow, entity, key)["id"]
        return json_answer(related.page(uow, found, record_id, call.arguments))

    @route(
        "PUT",
        "/<plural>/<key>/related/<listed>/<other>",
        places=_OTHER,
        body=related.Link,
        answer=None,
        status=204,
    )
    def link(  # noqa: PLR0917 - the address has them
        self, uow: UnitOfWork, call: Call, plural: str, key: str, listed: str, other: str
    ) -> Answer:
        """Link a record with another one."""
        found = related.find(uow, self._entity(plural).name, self._entity(listed))
        return _put(uow, call, found, key, other)

    @route(
        "DELETE",
        "/<plural>/<key>/related/<listed>/<other>",
        places=_OTHER,
        answer=None,
        status=204,
    )
    def unlink(
        self, uow: UnitOfWork, _call: Call, plural: str, key: str, listed: str, other: str
    ) -> Answer:
        """End a link of a record with another one; both stay."""
        found = related.find(uow, self._entity(plural).name, self._entity(listed))
        related.put(uow, found, key, other, None, linked=False)
        return Answer(204)

    @route("GET", "/related/<parent>/<key>", answer=related.RelatedLists)
    def list_related_there(self, uow: UnitOfWork, _call: Call, parent: str, key: str) -> Answer:
        """The lists of this service for another service's record, each with its count."""
        return json_answer({"items": related.counted(uow, parent, _id(key))})

    @route(
        "GET",
        "/related/<parent>/<key>/<listed>",
        places=_PLACES,
        query=query.ListQuery,
        answer=related.RelatedPage,
    )
    def read_related_there(
        self, uow: UnitOfWork, call: Call, parent: str, key: str, listed: str
    ) -> Answer:
        """A page of a list of this service for another service's record."""
        found = related.find(uow, parent, self._entity(listed))
        return json_answer(related.page(uow, found, _id(key), call.arguments))

    @route(
        "PUT",
        "/related/<parent>/<key>/<listed>/<other>",
        places=_OTHER,
        body=related.Link,
        answer=None,
        status=204,
    )
    def link_there(  # noqa: PLR0917 - the address has them
        self, uow: UnitOfWork, call: Call, parent: str, key: str, listed: str, other: str
    ) -> Answer:
        """Link a record of this service with another service's."""
        return _put(uow, call, related.find(uow, parent, self._entity(listed)), _id(key), other)

    @route(
        "DELETE",
        "/related/<parent>/<key>/<listed>/<other>",
        places=_OTHER,
        answer=None,
        status=204,
    )
    def unlink_there(
        self, uow: UnitOfWork, _call: Call, parent: str, key: str, listed: str, other: str
    ) -> Answer:
        """End a link of a record of this service with another service's."""
        found = related.find(uow, parent, self._entity(listed))
        related.put(uow, found, _id(key), other, None, linked=False)
        return Answer(204)


def _put(uow: UnitOfWork, call: Call, found: related.RelatedList, key: str, other: str) -> Answer:
    sent = validation.parse_body(related.Link, call.json())
    related.put(uow, found, key, other, sent.role, linked=True)
    return Answer(204)


def _id(key: str) -> str:
    if not store.is_id(key):
        raise not_found()
    return key.lower()
