"""Deleting a record, looking into the recycle bin, restoring from it and purging it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic import Field as Constraint

from crmkit.about import OwnRecord
from crmkit.doors.behaviours.behaviour import Behaviour
from crmkit.doors.requests import Answer, Call, json_answer, record_answer
from crmkit.doors.routes import route
from crmkit.fields import Field, Kind
from crmkit.records import access, recycle, store
from crmkit.records.background import jobs
from crmkit.records.background.jobs import Work
from crmkit.records.deduplication import relinking
from crmkit.records.reading import binned, places, query
from crmkit.records.writing import validation, value_types
from crmkit.unit_of_work import UnitOfWork

Id = Annotated[str, StringConstraints(pattern=value_types.UUID_PATTERN, to_lower=True)]


class Chosen(BaseModel):
    """Ids of records in the bin."""

    model_config = ConfigDict(extra="forbid")
    ids: Annotated[list[Id], Constraint(min_length=1, max_length=recycle.MOST_AT_ONCE)]


class Purge(BaseModel):
    """How many are gone, and the ids of those that other records cannot do without."""

    purged: int
    in_use: list[str]


class RecycleBin(Behaviour):
    """What is deleted can be found and restored until an administrator purges it."""

    works: ClassVar[Sequence[Work]] = (
        Work("empty_bin", recycle.empty),
        Work("move_links", relinking.move_step),
        Work("put_links_back", relinking.put_back_step),
    )

    @route("DELETE", "/<plural>/<key>", verb="delete", answer=None, status=204, checked=True)
    def delete_record(self, uow: UnitOfWork, call: Call, plural: str, key: str) -> Answer:
        """Put a record into the recycle bin."""
        recycle.delete(uow, self._entity(plural), key, if_match=call.if_match)
        return Answer(204)

    @route("POST", "/<plural>/<key>/restore", verb="delete", answer=OwnRecord)
    def restore_record(self, uow: UnitOfWork, _call: Call, plural: str, key: str) -> Answer:
        """Take a record out of the recycle bin."""
        entity = self._entity(plural)
        return record_answer(uow, entity, recycle.restore(uow, entity, key))

    @route("GET", "/<plural>/bin", verb="delete", query=binned.BinQuery, answer=binned.Bin)
    def list_deleted_records(self, uow: UnitOfWork, call: Call, plural: str) -> Answer:
        """List deleted records, last deleted first."""
        entity = self._entity(plural)
        access.require(entity, uow.caller, "delete")
        return _page(uow, call, [entity])

    @route("GET", "/recycle-bin", query=binned.BinQuery, answer=binned.Bin)
    def list_recycle_bin(self, uow: UnitOfWork, call: Call) -> Answer:
        """List the deleted records of all entities of this service, last deleted first."""
        return _page(uow, call, list(uow.entities.values()))

    @route(
        "POST",
        "/<plural>/bin/purge",
        verb="purge",
        body=Chosen,
        answer=Purge,
        only="administrators",
    )
    def purge_records(self, uow: UnitOfWork, call: Call, plural: str) -> Answer:
        """Purge deleted records: for good, with everything that is kept of them."""
        chosen = validation.parse_body(Chosen, call.json())
        purged = recycle.purge(uow, self._entity(plural), chosen.ids)
        return json_answer({"purged": purged.count, "in_use": purged.in_use})

    @route(
        "POST",
        "/<plural>/bin/empty",
        verb="purge",
        answer=jobs.JobDocument,
        status=202,
        only="administrators",
    )
    def empty_bin(self, uow: UnitOfWork, _call: Call, plural: str) -> Answer:
        """Purge everything that is in the bin by now, as a job."""
        return json_answer(recycle.start_emptying(uow, self._entity(plural)), 202)


def _page(uow: UnitOfWork, call: Call, entities: list[Any]) -> Answer:
    wanted = binned.Wanted(
        words=call.request.args.get("q", "").strip(),
        limit=query.page_size(call.request.args.get("limit")),
        after=_place(call.request.args.get("cursor")),
    )
    found = binned.found(uow, entities, wanted)
    items = found[: wanted.limit]
    cursor = _cursor(items[-1]) if len(found) > wanted.limit else None
    return json_answer({"items": items, "next_cursor": cursor})


def _cursor(item: Any) -> str:
    return places.written(item["deleted_at"], item["id"])


def _place(cursor: str | None) -> tuple[datetime, str] | None:
    if not cursor:
        return None
    try:
        at, record_id = places.read(cursor)
        if store.is_id(record_id):
            return value_types.adapter(Field(Kind.DATETIME)).validate_python(at), record_id
    except (ValueError, TypeError):
        pass
    raise places.unreadable()
