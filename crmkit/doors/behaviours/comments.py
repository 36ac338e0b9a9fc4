"""The routes of comments."""

from crmkit.doors.behaviours.behaviour import Behaviour
from crmkit.doors.requests import Answer, Call, json_answer
from crmkit.doors.routes import route
from crmkit.records.annotations.comments import shapes, threads
from crmkit.records.reading import cursors, query
from crmkit.records.writing import validation
from crmkit.unit_of_work import UnitOfWork

_COMMENT = {"comment": "Id of the comment."}


class Commenting(Behaviour):
    """What people say to each other about a record."""

    @route("GET", "/<plural>/<key>/comments", query=query.Cut, answer=shapes.Comments)
    def list_comments(self, uow: UnitOfWork, call: Call, plural: str, key: str) -> Answer:
        """The comments of a record that the caller may read, the newest first."""
        limit = query.page_size(call.request.args.get("limit"))
        entity = self._entity(plural)
        return json_answer(
            threads.of_record(uow, entity, key, limit=limit, cursor=cursors.place(call.arguments))
        )

    @route(
        "POST",
        "/<plural>/<key>/comments",
        body=shapes.NewComment,
        answer=shapes.Comment,
        status=201,
    )
    def write_comment(self, uow: UnitOfWork, call: Call, plural: str, key: str) -> Answer:
        """Comment on a record, or answer a comment; `@username` tells somebody of it."""
        entity = self._entity(plural)
        sent = validation.parse_body(shapes.NewComment, call.json())
        written = threads.write(uow, entity, key, sent)
        at = f"/api/v1/{plural}/{key}/comments/{written['id']}"
        return json_answer(written, 201, Location=at)

    @route("GET", "/<plural>/<key>/comments/<comment>", places=_COMMENT, answer=shapes.Comment)
    def read_comment(
        self, uow: UnitOfWork, _call: Call, plural: str, key: str, comment: str
    ) -> Answer:
        """One comment of a record."""
        return json_answer(threads.read(uow, self._entity(plural), key, comment))

    @route(
        "PATCH",
        "/<plural>/<key>/comments/<comment>",
        places=_COMMENT,
        body=shapes.CommentPatch,
        answer=shapes.Comment,
    )
    def edit_comment(
        self, uow: UnitOfWork, call: Call, plural: str, key: str, comment: str
    ) -> Answer:
        """Change what one has said about a record."""
        sent = validation.parse_body(shapes.CommentPatch, call.json())
        return json_answer(threads.edit(uow, self._entity(plural), key, comment, sent))

    @route(
        "DELETE",
        "/<plural>/<key>/comments/<comment>",
        places=_COMMENT,
        answer=None,
        status=204,
    )
    def delete_comment(
        self, uow: UnitOfWork, _call: Call, plural: str, key: str, comment: str
    ) -> Answer:
        """Take back what one has said about a record."""
        threads.remove(uow, self._entity(plural), key, comment)
        return Answer(204)

    @route(
        "GET",
        "/<plural>/<key>/comments/<comment>/history",
        places=_COMMENT,
        answer=shapes.CommentHistory,
    )
    def comment_history(
        self, uow: UnitOfWork, _call: Call, plural: str, key: str, comment: str
    ) -> Answer:
        """What a comment said before it was edited."""
        found = threads.versions(uow, self._entity(plural), key, comment)
        return json_answer({"items": found})
