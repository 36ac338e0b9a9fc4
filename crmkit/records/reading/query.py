"""A page of a list: filter, search, order and keyset cursor, in one SQL statement."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Strict, ValidationError
from pydantic import Field as Constraint
from pydantic.json_schema import SkipJsonSchema
from sqlalchemy import ColumnElement, Select, select

from contracts.errors import FieldError, Problem, bad_request, invalid
from crmkit.about import OwnRecord
from crmkit.entity import Entity
from crmkit.records import access, filters
from crmkit.records.filters import Tree
from crmkit.records.filters.shapes import FilterTree
from crmkit.records.reading import cursors, finding, marks, paths, plans, rendering, searching
from crmkit.records.reading.cursors import Order
from crmkit.records.reading.finding import ListRequest
from crmkit.records.reading.marks import MARKS
from crmkit.records.views import reading as views
from crmkit.records.writing.validation import field_errors
from crmkit.unit_of_work import UnitOfWork

DEFAULT_LIMIT = 25
MOST = 200
_FILTER = re.compile(r"^filter\[([\w.]+)\](?:\[(\w+)\])?$")
_PLAIN = frozenset({"sort", "fields", "q", "view", "limit", "cursor", "count"})


def _said(text: str) -> Any:
    return Constraint(default=None, description=text)


class Cut(BaseModel):
    """Which part of a long answer is asked for."""

    limit: Annotated[int, Constraint(ge=1, le=MOST)] = _said("How many a page.")
    cursor: str = _said("`next_cursor` of the page before.")


class ListQuery(Cut):
    """What a list can be asked."""

    q: str = _said("Words to find, or their beginnings.")
    sort: str = _said("Fields, `-` before one for descending.")
    fields: str = _said("Which fields to answer, separated by commas.")
    view: str = _said("A saved view: its filter too, and its columns and order unless given.")
    count: Literal["exact", "estimate"] = _said("Also count all.")
    filter: dict[str, Any] = _said(
        "`filter[status]=New,Hot` or with an operator, `filter[amount][gte]=1000`; the fields and "
        "their operators are in `/meta`."
    )


class Page(BaseModel):
    """A part of a list; `next_cursor` is null on the last one."""

    items: list[OwnRecord]
    next_cursor: str | None
    count: int | SkipJsonSchema[None] = None


class SearchBody(BaseModel):
    """The body of a search: a list's query string as JSON, with a whole tree as its filter."""

    model_config = ConfigDict(extra="forbid")

    filter: FilterTree = {}  # type: ignore[assignment]
    q: str = ""
    view: str | None = None
    sort: list[str] = []
    fields: list[str] = []
    limit: Annotated[int, Strict(), Constraint(ge=1, le=MOST)] = DEFAULT_LIMIT
    cursor: str | None = None
    count: Literal["exact", "estimate"] | None = None


def parse(uow: UnitOfWork, entity: Entity, arguments: Iterable[tuple[str, str]]) -> ListRequest:
    """Read the query string of a list; raises Problem 400 that names every bad parameter."""
    errors: list[FieldError] = []
    conditions: list[tuple[str, str, str]] = []
    plain: dict[str, str] = {}
    for name, value in arguments:
        found = _FILTER.match(name)
        if found:
            conditions.append((found[1], found[2] or "eq", value))
        elif name in _PLAIN:
            plain[name] = value
        else:
            detail = "is no parameter of a list"
            errors.append(FieldError(f"/{name}", "unknown_parameter", detail))
    tree, wrong = filters.read_texts(uow, entity, conditions)
    request = _read(uow, entity, tree, plain, errors + wrong)
    if isinstance(request, ListRequest):
        return request
    raise bad_request("bad_query", "The query string cannot be understood.", request)


def parse_search(uow: UnitOfWork, entity: Entity, payload: Any) -> ListRequest:
    """The same from a search's body (see SearchBody); raises Problem 422, 400 for no object."""
    if not isinstance(payload, dict):
        raise bad_request("object_expected", "The body must be a JSON object.")
    errors: list[FieldError] = []
    try:
        body = SearchBody.model_validate(payload)
    except ValidationError as failure:
        errors += field_errors(failure)
        # What is right by itself is read on: it may still be wrong for this entity.
        wrong_keys = {error["loc"][0] for error in failure.errors()}
        right = {key: value for key, value in payload.items() if key not in wrong_keys}
        body = SearchBody.model_validate(right)
    tree, wrong = filters.read_tree(uow, entity, payload.get("filter", {}))
    plain = {"q": body.q, "sort": ",".join(body.sort), "fields": ",".join(body.fields)}
    plain |= {"limit": str(body.limit)}
    plain |= {name: text for name in ("view", "cursor", "count") if (text := getattr(body, name))}
    request = _read(uow, entity, tree or filters.EVERYTHING, plain, errors + wrong)
    if isinstance(request, ListRequest):
        return request
    raise invalid(request)


def _read(
    uow: UnitOfWork,
    entity: Entity,
    tree: Tree,
    plain: Mapping[str, str],
    errors: list[FieldError],
) -> ListRequest | list[FieldError]:
    if "view" in plain:
        tree, plain = _viewed(uow, entity, tree, plain, errors)
    order = cursors.order(uow, entity, plain.get("sort", ""), errors)
    names = _names(uow, entity, plain.get("fields", ""), errors)
    limit = _limit(plain.get("limit"), errors)
    after = _after(order, plain.get("cursor"), errors)
    count = plain.get("count")
    if count not in {None, "exact", "estimate"}:
        errors.append(FieldError("/count", "unknown_value", "is exact or estimate"))
    if errors:
        return errors
    words = plain.get("q", "").strip()
    filtered, tree = bool(tree.names()), _listed(uow, entity, tree)
    return ListRequest(tree, filtered, words, order, names, limit, after, count)


def _viewed(
    uow: UnitOfWork,
    entity: Entity,
    tree: Tree,
    plain: Mapping[str, str],
    errors: list[FieldError],
) -> tuple[Tree, Mapping[str, str]]:
    """The same within a saved view: both trees, its order and columns where none are asked for."""
    try:
        view = views.find(uow, entity, plain["view"])
    except Problem as unseen:
        errors.append(FieldError("/view", "unknown_value", unseen.detail))
        return tree, plain
    given = {name: value for name, value in plain.items() if value.strip()}
    own = {"sort": ",".join(view.sort), "fields": ",".join(view.columns)}
    return view.tree(uow, entity) & tree, own | given


def _listed(uow: UnitOfWork, entity: Entity, tree: Tree) -> Tree:
    """The tree, and that records lists pass over are not meant unless it asks for them."""
    if not entity.unlisted or entity.unlisted in tree.names():
        return tree
    listed, _ = filters.read_texts(uow, entity, [(entity.unlisted, "eq", "false")], whole=True)
    return tree & listed


def page(
    uow: UnitOfWork, entity: Entity, request: ListRequest, *within: ColumnElement[bool]
) -> dict[str, Any]:
    """`items`, `next_cursor` (null on the last page) and, if asked for, `count`; only `within`."""
    access.require(entity, uow.caller, "view")
    entity = uow.shown(entity)
    readable = rendering.readable(entity) | marks.asked(uow, entity, request.names)
    linked = [paths.of(uow.seen, entity, name) for name in request.names if name not in readable]
    source, columns = paths.joined(uow, entity, [*linked, *(key.path for key in request.order)])
    answered = [
        readable[n] if n in readable else columns[tuple(n.split("."))] for n in request.names
    ]
    keys = [columns[key.path.steps] for key in request.order]
    query = select(*answered, *keys).select_from(source)
    rows = finding.rows(uow, entity, request, query, keys, *within)
    items = [dict(zip(request.names, row, strict=False)) for row in rows[: request.limit]]
    more = len(rows) > request.limit
    last = rows[request.limit - 1][len(request.names) :] if more else ()
    answer: dict[str, Any] = {
        "items": items,
        "next_cursor": cursors.written(request.order, last) if more else None,
    }
    if request.count is not None:
        seen = finding.seen(uow, entity, request.tree, request.words)
        found = searching.matching(entity, request.words)
        every = select(entity.columns["id"]).where(*seen, *within, found)
        answer["count"] = plans.count(uow.session, every, exact=request.count == "exact")
    return answer


def selected(uow: UnitOfWork, entity: Entity, tree: Tree, words: str) -> Select[Any]:
    """The ids of all that a list of these shows the caller."""
    column = entity.columns["id"]
    seen = finding.seen(uow, entity, _listed(uow, entity, tree), words)
    return select(column).where(*seen, searching.matching(entity, words)).order_by(column)


def _names(uow: UnitOfWork, entity: Entity, text: str, errors: list[FieldError]) -> tuple[str, ...]:
    entity = uow.shown(entity)
    readable = (*entity.fields, *entity.computed)
    wanted = [name.strip() for name in text.split(",") if name.strip()]
    known = {*readable, *MARKS}
    unknown = [
        name for name in wanted if name not in known and paths.find(uow.seen, entity, name) is None
    ]
    if unknown:
        detail = f"{entity.name} has no {', '.join(unknown)}"
        errors.append(FieldError("/fields", "unknown_field", detail))
    return tuple(dict.fromkeys(("id", *wanted))) if wanted else readable


def page_size(text: str | None, *, default: int = DEFAULT_LIMIT) -> int:
    """The `limit` of any list. Raises Problem 400."""
    errors: list[FieldError] = []
    size = _limit(text, errors, default)
    if errors:
        raise bad_request("bad_query", "The query string cannot be understood.", errors)
    return size


def _limit(text: str | None, errors: list[FieldError], default: int = DEFAULT_LIMIT) -> int:
    if text is None:
        return default
    if text.isdecimal() and 1 <= int(text) <= MOST:
        return int(text)
    errors.append(FieldError("/limit", "invalid", f"is a number from 1 to {MOST}"))
    return default


def _after(
    order: Sequence[Order], text: str | None, errors: list[FieldError]
) -> tuple[Any, ...] | None:
    if not text:
        return None
    try:
        return cursors.read(order, text)
    except ValueError:
        detail = "is no cursor of a list in this order"
        errors.append(FieldError("/cursor", "invalid", detail))
        return None
