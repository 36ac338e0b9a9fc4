"""Making one record of several at the door, and undoing it."""

from collections.abc import Sequence
from typing import ClassVar

from crmkit.about import OwnRecord
from crmkit.doors.behaviours.behaviour import Behaviour
from crmkit.doors.requests import Answer, Call, record_answer
from crmkit.doors.routes import route
from crmkit.records.background.jobs import Work
from crmkit.records.deduplication import merging, relinking
from crmkit.unit_of_work import UnitOfWork


class Merging(Behaviour):
    """Records that are one and the same in life become one here."""

    works: ClassVar[Sequence[Work]] = (
        Work("copy_links", relinking.link_step),
        Work("end_links", relinking.unlink_step),
    )

    @route(
        "POST",
        "/<plural>/<key>/merge",
        verb="merge",
        body=merging.Merge,
        answer=OwnRecord,
        checked=True,
    )
    def merge_records(self, uow: UnitOfWork, call: Call, plural: str, key: str) -> Answer:
        """Merge others into a record, choosing each value."""
        entity = self._entity(plural)
        survivor = merging.merge(uow, entity, key, call.json(), if_match=call.if_match)
        return record_answer(uow, entity, survivor)

    @route("POST", "/<plural>/<key>/unmerge", verb="merge", answer=OwnRecord, checked=True)
    def unmerge_records(self, uow: UnitOfWork, call: Call, plural: str, key: str) -> Answer:
        """Undo the last merge into a record."""
        entity = self._entity(plural)
        survivor = merging.unmerge(uow, entity, key, if_match=call.if_match)
        return record_answer(uow, entity, survivor)
