"""The routes of tags: of one record, and of the whole service."""

from contracts.errors import FieldError, bad_request
from crmkit.doors.behaviours.behaviour import Behaviour
from crmkit.doors.requests import Answer, Call, json_answer
from crmkit.doors.routes import route
from crmkit.records.annotations import tag_changes, tags
from crmkit.records.reading import cursors, query
from crmkit.records.relations import naming
from crmkit.records.writing import validation
from crmkit.unit_of_work import UnitOfWork

_TAG = {"tag": "The word; its case does not matter."}


class Tagging(Behaviour):
    """Words hung on records; who may see the record may see its shared tags."""

    @route("GET", "/<plural>/<key>/tags", answer=tags.Tags)
    def list_tags(self, uow: UnitOfWork, _call: Call, plural: str, key: str) -> Answer:
        """The shared tags of a record, and the caller's own."""
        return json_answer({"items": tags.of_record(uow, self._entity(plural), key)})

    @route(
        "PUT",
        "/<plural>/<key>/tags/<tag>",
        places=_TAG,
        body=tags.Tagging,
        answer=None,
        status=204,
    )
    def add_tag(self, uow: UnitOfWork, call: Call, plural: str, key: str, tag: str) -> Answer:
        """Tag a record, for oneself unless `visibility` is shared."""
        sent = validation.parse_body(tags.Tagging, call.json())
        tags.add(uow, self._entity(plural), key, tag, sent.visibility)
        return Answer(204)

    @route(
        "DELETE",
        "/<plural>/<key>/tags/<tag>",
        places=_TAG,
        query=tags.WhichTag,
        answer=None,
        status=204,
    )
    def remove_tag(self, uow: UnitOfWork, call: Call, plural: str, key: str, tag: str) -> Answer:
        """Take one's own tag off a record, or with `visibility=shared` everybody's."""
        tags.remove(uow, self._entity(plural), key, tag, _visibility(call))
        return Answer(204)

    @route("GET", "/tags", answer=tags.Cloud)
    def tag_cloud(self, uow: UnitOfWork, _call: Call) -> Answer:
        """The tags in use on the records that the caller sees, the most used first."""
        return json_answer({"items": tags.cloud(uow)})

    @route("GET", "/tags/<tag>/records", places=_TAG, query=query.Cut, answer=naming.NamedPage)
    def tagged_records(self, uow: UnitOfWork, call: Call, tag: str) -> Answer:
        """The records with this tag, of every entity."""
        limit = query.page_size(call.request.args.get("limit"))
        return json_answer(tags.tagged(uow, tag, limit=limit, cursor=cursors.place(call.arguments)))

    @route(
        "PATCH",
        "/tags/<tag>",
        places=_TAG,
        query=tags.WhichTag,
        body=tag_changes.TagName,
        answer=tag_changes.TagChange,
        status=202,
    )
    def rename_tag(self, uow: UnitOfWork, call: Call, tag: str) -> Answer:
        """Call a tag something else in every service; a name that is taken merges the two."""
        sent = validation.parse_body(tag_changes.TagName, call.json())
        return json_answer(tag_changes.order(uow, tag, sent.name, _visibility(call)), 202)

    @route(
        "DELETE",
        "/tags/<tag>",
        places=_TAG,
        query=tags.WhichTag,
        answer=tag_changes.TagChange,
        status=202,
    )
    def delete_tag(self, uow: UnitOfWork, call: Call, tag: str) -> Answer:
        """Take a tag off every record in every service."""
        return json_answer(tag_changes.order(uow, tag, None, _visibility(call)), 202)

    @route("GET", "/tags/changes", query=tag_changes.Newest, answer=tag_changes.TagChanges)
    def list_tag_changes(self, uow: UnitOfWork, call: Call) -> Answer:
        """The changes of tags that this service has applied, the newest first."""
        limit = query.page_size(call.request.args.get("limit"))
        return json_answer({"items": tag_changes.applied(uow, limit=limit)})


def _visibility(call: Call) -> tags.Visibility:
    match call.request.args.get("visibility", "private"):
        case "private":
            return "private"
        case "shared":
            return "shared"
    errors = [FieldError("/visibility", "unknown_value", "is private or shared")]
    raise bad_request("bad_query", "The query string cannot be understood.", errors)
