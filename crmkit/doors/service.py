"""What every Tandem service answers for every entity it declares; a service adds its own verbs."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from werkzeug.wrappers import Request, Response

from contracts.errors import bad_request, forbidden, not_found
from crmkit.about import OwnCreate, OwnPatch, OwnRecord
from crmkit.bus import parked
from crmkit.config import Settings
from crmkit.db import Database
from crmkit.doors import ops
from crmkit.doors.behaviours.auditing import Auditing
from crmkit.doors.behaviours.behaviour import Behaviour
from crmkit.doors.behaviours.comments import Commenting
from crmkit.doors.behaviours.duplicates import Duplicates
from crmkit.doors.behaviours.exporting import Exporting
from crmkit.doors.behaviours.following import Following, RecentlyViewed
from crmkit.doors.behaviours.importing import Importing
from crmkit.doors.behaviours.jobs import Jobs
from crmkit.doors.behaviours.mass import Mass
from crmkit.doors.behaviours.merging import Merging
from crmkit.doors.behaviours.picklists import Picklists
from crmkit.doors.behaviours.privacy import Privacy
from crmkit.doors.behaviours.recycle import RecycleBin
from crmkit.doors.behaviours.related import Related
from crmkit.doors.behaviours.rights import Rights
from crmkit.doors.behaviours.tags import Tagging
from crmkit.doors.behaviours.tailoring import Tailoring
from crmkit.doors.behaviours.views import SavedViews
from crmkit.doors.extensions import EventsDoor, RelayDoor, TimersDoor, ViewsDoor
from crmkit.doors.requests import Answer, Call, json_answer, record_answer
from crmkit.doors.routes import delete, get, ops_route, patch, post, route
from crmkit.doors.timers import Timer, every
from crmkit.entity import Entity
from crmkit.records import auditing, history, recycle, store
from crmkit.records.hearing import Hears
from crmkit.records.reading import places, query, searching
from crmkit.records.writing import external_ids
from crmkit.unit_of_work import UnitOfWork

_FEED_LIMIT = 200
_SEARCH_LIMIT = 10
_KEY_LENGTH = 255
_EXTERNAL = {"source": "Name of the other system.", "key": "Its key of the record."}
_DECIDERS = "administrators"


class RecordService(
    Tagging,
    Commenting,
    Following,
    RecentlyViewed,
    Related,
    Jobs,
    Exporting,
    Importing,
    Mass,
    Picklists,
    RecycleBin,
    Tailoring,
    Merging,
    Duplicates,
    SavedViews,
    Auditing,
    Privacy,
    Rights,
    Behaviour,
):
    """Base of the six services: the routes of records, and the doors in which they stand.

    `base` is the declarative base of the service's tables; `facts` are the shapes of what it tells
    besides records, by `<subject>.<fact>`; `works` are kinds of jobs, beside those that a base
    class has; `start(database, settings)`, if there is one, runs once before the doors open,
    possibly in several processes at once.
    """

    name: ClassVar[str]
    base: ClassVar[Any]
    entities: ClassVar[Sequence[Entity]] = ()
    subscriptions: ClassVar[Sequence[Hears]] = ()
    timers: ClassVar[Sequence[Timer]] = ()
    facts: ClassVar[Mapping[str, type[Any]]] = {}
    start: ClassVar[Callable[[Database, Settings], None] | None] = None

    hearing = EventsDoor()
    telling = RelayDoor()
    ticking = TimersDoor()
    noting = ViewsDoor()

    @route("GET", "/<plural>", query=query.ListQuery, answer=query.Page)
    def list_records(self, uow: UnitOfWork, call: Call, plural: str) -> Answer:
        """List records: filter, search, sort, cursor."""
        entity = self._entity(plural)
        return json_answer(query.page(uow, entity, query.parse(uow, entity, call.arguments)))

    @route("POST", "/<plural>/search", reading=True, body=query.SearchBody, answer=query.Page)
    def search_records(self, uow: UnitOfWork, call: Call, plural: str) -> Answer:
        """Find records by a tree of conditions."""
        entity = self._entity(plural)
        return json_answer(query.page(uow, entity, query.parse_search(uow, entity, call.json())))

    @route("POST", "/<plural>", verb="create", body=OwnCreate, answer=OwnRecord, status=201)
    def create_record(self, uow: UnitOfWork, call: Call, plural: str) -> Answer:
        """Create a record."""
        entity = self._entity(plural)
        record = store.create(uow, entity, call.json())
        return record_answer(uow, entity, record, 201, Location=f"/api/v1/{plural}/{record.id}")

    @route("GET", "/<plural>/<key>", answer=OwnRecord, also={304: None})
    def read_record(self, uow: UnitOfWork, call: Call, plural: str, key: str) -> Answer:
        """Read a record by id or number."""
        entity = self._entity(plural)
        values = store.read(uow, entity, key)
        self.context.views.note(uow.caller.user_id, entity, values["id"])
        if call.request.if_none_match.contains_weak(str(values["version"])):
            return Answer(304, headers={"ETag": f'"{values["version"]}"'})
        return record_answer(uow, entity, values)

    @route("PATCH", "/<plural>/<key>", verb="edit", body=OwnPatch, answer=OwnRecord, checked=True)
    def change_record(self, uow: UnitOfWork, call: Call, plural: str, key: str) -> Answer:
        """Change a record by a merge patch (RFC 7396)."""
        entity = self._entity(plural)
        record = store.patch(uow, entity, key, call.json(), if_match=call.if_match)
        return record_answer(uow, entity, record)

    @route("GET", "/<plural>/<key>/history", query=query.Cut, answer=history.History)
    def record_history(self, uow: UnitOfWork, call: Call, plural: str, key: str) -> Answer:
        """Who changed what of a record and when, newest first."""
        entity = self._entity(plural)
        record_id = recycle.readable_id(uow, entity, key)
        limit = query.page_size(call.request.args.get("limit"))
        cursor = call.request.args.get("cursor")
        hidden = uow.shown(entity).tailoring.hidden
        found = history.of_record(
            uow, entity.name, record_id, limit=limit, cursor=cursor, hidden=hidden
        )
        return json_answer(found)

    @route("GET", "/<plural>/changes", query=query.Cut, answer=history.Changes)
    def changed_records(self, uow: UnitOfWork, call: Call, plural: str) -> Answer:
        """The records written since a cursor, deletions included; for clients that keep a copy."""
        entity = self._entity(plural)
        limit = query.page_size(call.request.args.get("limit"), default=_FEED_LIMIT)
        cursor = call.request.args.get("cursor")
        items, following, more = history.changes(uow, entity, cursor=cursor, limit=limit)
        return json_answer({"items": items, "next_cursor": following, "more": more})

    @route("GET", "/<plural>/external/<source>/<key>", places=_EXTERNAL, answer=OwnRecord)
    def read_external_record(
        self, uow: UnitOfWork, _call: Call, plural: str, source: str, key: str
    ) -> Answer:
        """Read a record by another system's key."""
        entity = self._entity(plural)
        record_id = external_ids.find(uow, entity, source, key)
        return record_answer(uow, entity, store.read(uow, entity, record_id))

    @route(
        "PUT",
        "/<plural>/external/<source>/<key>",
        places=_EXTERNAL,
        verb="create",
        needs=(),
        body=OwnPatch,
        answer=OwnRecord,
        also={201: OwnRecord},
    )
    def upsert_record(
        self, uow: UnitOfWork, call: Call, plural: str, source: str, key: str
    ) -> Answer:
        """Create a record, or bring it up to date, under another system's key."""
        entity = self._entity(plural)
        if len(source) > _KEY_LENGTH or len(key) > _KEY_LENGTH:
            raise bad_request("key_too_long", f"Source and key have at most {_KEY_LENGTH} letters.")
        record, outcome = external_ids.upsert(uow, entity, source, key, call.json())
        status = 201 if outcome is external_ids.Outcome.CREATED else 200
        answer = record_answer(uow, entity, record, status)
        answer.headers["Tandem-Outcome"] = outcome
        return answer

    @route("GET", "/search", query=searching.Words, answer=searching.Hits)
    def search(self, uow: UnitOfWork, call: Call) -> Answer:
        """Records of every entity of this service that the words in `q` find."""
        typed = call.request.args.get("q", "")
        limit = query.page_size(call.request.args.get("limit"), default=_SEARCH_LIMIT)
        return json_answer({"items": searching.everywhere(uow, typed, limit=limit)})

    @route(
        "GET", "/parked-events", query=parked.ParkedQuery, answer=parked.ParkedPage, only=_DECIDERS
    )
    def list_parked(self, uow: UnitOfWork, call: Call) -> Answer:
        """Events this service could not apply and a person must decide on."""
        _administrators_only(uow)
        limit = query.page_size(call.request.args.get("limit"))
        cursor = call.request.args.get("cursor")
        if cursor is not None and not store.is_id(cursor):
            raise places.unreadable()
        found = parked.list_parked(
            uow.session,
            state=call.request.args.get("state", "parked"),
            cursor=cursor,
            limit=limit + 1,
        )
        items = [event.document() for event in found[:limit]]
        more = len(found) > limit
        return json_answer({"items": items, "next_cursor": items[-1]["id"] if more else None})

    @route("POST", "/parked-events/<key>/retry", answer=parked.Parked, only=_DECIDERS)
    def retry_parked(self, uow: UnitOfWork, _call: Call, key: str) -> Answer:
        """Apply it again now."""
        return _decided(uow, parked.retry, key)

    @route("POST", "/parked-events/<key>/discard", answer=parked.Parked, only=_DECIDERS)
    def discard_parked(self, uow: UnitOfWork, _call: Call, key: str) -> Answer:
        """Leave it unapplied for good."""
        return _decided(uow, parked.discard, key)

    @route("GET", "/jwks", answer=dict[str, list[dict[str, str]]], public=True)
    def signing_keys(self, uow: UnitOfWork, _call: Call) -> Answer:
        """The public keys of access tokens (RFC 7517), so that sign-in's service may be down."""
        return json_answer({"keys": list(self.context.standing(uow.session).keys)})

    @ops_route("/healthz")
    def healthz(self, _request: Request) -> Response:
        """The process is alive."""
        return ops.alive()

    @ops_route("/readyz")
    def readyz(self, _request: Request) -> Response:
        """The process can do its work."""
        return ops.ready(self.context)

    @ops_route("/metrics")
    def metrics(self, _request: Request) -> Response:
        """Figures for Prometheus."""
        return ops.figures()


def _administrators_only(uow: UnitOfWork) -> None:
    if not uow.caller.is_admin:
        raise forbidden("Only administrators may see parked events.")


def _decided(uow: UnitOfWork, decide: Callable[..., parked.ParkedEvent], key: str) -> Answer:
    _administrators_only(uow)
    if not store.is_id(key):
        raise not_found()
    decided = decide(uow.session, key, uow.caller)
    details = {"type": decided.type, "subscription": decided.subscription}
    auditing.note(uow, f"parked_event.{decided.state}", "parked_event", key, details=details)
    return json_answer(decided.document())


__all__ = ["RecordService", "delete", "every", "get", "patch", "post"]
