"""The routes of following and of what one viewed: the records somebody comes back to."""

from crmkit.doors.behaviours.behaviour import Behaviour
from crmkit.doors.requests import Answer, Call, json_answer
from crmkit.doors.routes import route
from crmkit.records.annotations import followers, recent
from crmkit.records.reading import cursors, query
from crmkit.records.relations import naming
from crmkit.unit_of_work import UnitOfWork


class Following(Behaviour):
    """Stars, and whom to tell what happens."""

    @route("PUT", "/<plural>/<key>/follow", answer=None, status=204)
    def follow(self, uow: UnitOfWork, _call: Call, plural: str, key: str) -> Answer:
        """Follow a record: be told what others do to it."""
        followers.follow(uow, self._entity(plural), key)
        return Answer(204)

    @route("DELETE", "/<plural>/<key>/follow", answer=None, status=204)
    def unfollow(self, uow: UnitOfWork, _call: Call, plural: str, key: str) -> Answer:
        """Follow a record no more."""
        followers.unfollow(uow, self._entity(plural), key)
        return Answer(204)

    @route("GET", "/followed", query=query.Cut, answer=naming.NamedPage)
    def followed(self, uow: UnitOfWork, call: Call) -> Answer:
        """The records that the caller follows."""
        limit = query.page_size(call.request.args.get("limit"))
        found = followers.followed(uow, limit=limit, cursor=cursors.place(call.arguments))
        return json_answer(found)


class RecentlyViewed(Behaviour):
    """The records that the caller opened last."""

    @route("GET", "/recent", answer=recent.Recent)
    def recent(self, uow: UnitOfWork, _call: Call) -> Answer:
        """The last records that the caller opened."""
        return json_answer({"items": recent.of_caller(uow)})
