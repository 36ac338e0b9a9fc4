"""Records that exist twice at the door: forbidding it, and finding those that do."""

from typing import Any

from contracts.errors import not_found
from crmkit.doors.behaviours.behaviour import Behaviour
from crmkit.doors.requests import Answer, Call, json_answer
from crmkit.doors.routes import route
from crmkit.records import access
from crmkit.records.deduplication import duplicates, likeness
from crmkit.records.reading import query
from crmkit.records.writing.validation import parse_body
from crmkit.unit_of_work import UnitOfWork


class Duplicates(Behaviour):
    """What is refused on writing, and what looks alike nevertheless."""

    @route("GET", "/meta/<name>/duplicates", answer=duplicates.DuplicateRule)
    def read_duplicate_rule(self, uow: UnitOfWork, _call: Call, name: str) -> Answer:
        """In which fields no two records agree, as far as the caller sees these fields."""
        return json_answer(duplicates.readable(uow, _named(uow, name)).model_dump())

    @route(
        "PUT",
        "/meta/<name>/duplicates",
        body=duplicates.DuplicateRule,
        answer=duplicates.DuplicateRule,
        only="administrators",
    )
    def set_duplicate_rule(self, uow: UnitOfWork, call: Call, name: str) -> Answer:
        """Set in which fields no two records agree."""
        entity = _named(uow, name)
        access.require_administrator(uow.caller, "shape modules")
        wish = parse_body(duplicates.DuplicateRule, call.json())
        return json_answer(duplicates.change(uow, entity, wish))

    @route("GET", "/<plural>/<key>/duplicates", query=query.Cut, answer=likeness.Alike)
    def list_duplicates(self, uow: UnitOfWork, call: Call, plural: str, key: str) -> Answer:
        """Records that may be the same one, the likeliest first."""
        limit = query.page_size(call.request.args.get("limit"))
        return json_answer({"items": likeness.of_record(uow, self._entity(plural), key, limit)})

    @route(
        "POST",
        "/<plural>/find-duplicates",
        needs=("find_duplicates",),
        body=likeness.Search,
        answer=likeness.Groups,
    )
    def find_duplicates(self, uow: UnitOfWork, call: Call, plural: str) -> Answer:
        """Groups of records that agree in these fields as far as spelling goes."""
        wish = parse_body(likeness.Search, call.json())
        return json_answer(likeness.groups(uow, self._entity(plural), wish))


def _named(uow: UnitOfWork, name: str) -> Any:
    entity = uow.entities.get(name)
    if entity is None:
        raise not_found(f"There is no entity {name!r} here.")
    return entity
