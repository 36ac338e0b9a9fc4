"""A page of a list: filter, search, order and keyset cursor, in one SQL statement."""

import base64
import binascii
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import orjson
from pydantic import BaseModel, ValidationError
from pydantic import Field as Constraint
from pydantic.json_schema import SkipJsonSchema
from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select

from contracts.errors import FieldError, bad_request
from crmkit.about import OwnRecord
from crmkit.entity import Entity
from crmkit.fields import Field, Kind
from crmkit.records import access, filters, rendering, searching
from crmkit.records.value_types import adapter
from crmkit.unit_of_work import UnitOfWork

DEFAULT_LIMIT = 25
MOST = 200
_MOST_KEYS = 5
_FILTER = re.compile(r"^filter\[(\w+)\](?:\[(\w+)\])?$")


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


@dataclass(frozen=True, slots=True)
class Order:
    """One key of the order; `descending` puts the empty first, ascending puts them last."""

    name: str
    descending: bool


@dataclass(frozen=True, slots=True)
class ListRequest:
    """What a client asked for, read and checked; `after` holds the cursor's values."""

    clauses: tuple[ColumnElement[bool], ...]
    order: tuple[Order, ...]
    names: tuple[str, ...]
    limit: int
    after: tuple[Any, ...] | None
    count: str | None


def parse(entity: Entity, arguments: Iterable[tuple[str, str]]) -> ListRequest:
    """Read the query string of a list; raises Problem 400 that names every bad parameter."""
    errors: list[FieldError] = []
    conditions: list[tuple[str, str, str]] = []
    plain: dict[str, str] = {}
    for name, value in arguments:
        found = _FILTER.match(name)
        if found:
            conditions.append((found[1], found[2] or "eq", value))
        elif name in {"sort", "fields", "q", "limit", "cursor", "count"}:
            plain[name] = value
        else:
            detail = "is no parameter of a list"
            errors.append(FieldError(f"/{name}", "unknown_parameter", detail))
    if entity.unlisted and all(name != entity.unlisted for name, _, _ in conditions):
        conditions.append((entity.unlisted, "eq", "false"))
    clauses, wrong = filters.where(entity, conditions)
    errors += wrong
    if plain.get("q", "").strip():
        clauses.append(searching.matching(entity, plain["q"]))
    order = _order(entity, plain.get("sort", ""), errors)
    names = _names(entity, plain.get("fields", ""), errors)
    limit = _limit(plain.get("limit"), errors)
    after = _after(entity, order, plain.get("cursor"), errors)
    count = plain.get("count")
    if count not in {None, "exact", "estimate"}:
        errors.append(FieldError("/count", "unknown_value", "is exact or estimate"))
    if errors:
        raise bad_request("bad_query", "The query string cannot be understood.", errors)
    return ListRequest(tuple(clauses), order, names, limit, after, count)


def page(uow: UnitOfWork, entity: Entity, request: ListRequest) -> dict[str, Any]:
    """`items`, `next_cursor` (null on the last page) and, if asked for, `count`."""
    access.require(entity, uow.caller, "view")
    table = entity.model.__table__
    seen = (table.c.deleted_at.is_(None), access.visible(entity, uow.caller), *request.clauses)
    readable = rendering.readable(entity)
    keys = [entity.columns[key.name] for key in request.order]
    query = select(*(readable[name] for name in request.names), *keys).where(*seen)
    if request.after is not None:
        query = query.where(_beyond(request.order, keys, request.after))
    query = query.order_by(
        *(c.desc() if o.descending else c.asc() for o, c in zip(request.order, keys, strict=True))
    ).limit(request.limit + 1)
    rows = uow.session.execute(query).all()
    items = [dict(zip(request.names, row, strict=False)) for row in rows[: request.limit]]
    more = len(rows) > request.limit
    last = rows[request.limit - 1][len(request.names) :] if more else ()
    answer: dict[str, Any] = {
        "items": items,
        "next_cursor": _cursor(request.order, last) if more else None,
    }
    if request.count is not None:
        every = select(table.c.id).where(*seen)
        counted = _exactly if request.count == "exact" else _estimated
        answer["count"] = counted(uow, every)
    return answer


def _exactly(uow: UnitOfWork, query: Select[Any]) -> int:
    return uow.session.scalar(select(func.count()).select_from(query.subquery())) or 0


def _estimated(uow: UnitOfWork, query: Select[Any]) -> int:
    """The planner's own estimate: as cheap over millions of records as over ten."""
    connection = uow.session.connection()
    compiled = query.compile(
        dialect=connection.dialect, compile_kwargs={"render_postcompile": True}
    )
    plan = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {compiled}", compiled.params)
    return int(plan.scalar_one()[0]["Plan"]["Plan Rows"])


def _order(entity: Entity, text: str, errors: list[FieldError]) -> tuple[Order, ...]:
    order: list[Order] = []
    for part in filter(None, (p.strip() for p in text.split(","))):
        name = part.removeprefix("-")
        field = entity.fields.get(name)
        if field is None or field.kind in {Kind.JSON, Kind.MULTISELECT}:
            errors.append(FieldError("/sort", "unknown_field", f"cannot sort by {name!r}"))
        else:
            order.append(Order(name, part.startswith("-")))
    if len(order) > _MOST_KEYS:
        errors.append(FieldError("/sort", "too_many", f"at most {_MOST_KEYS} fields"))
    if not any(key.name == "id" for key in order):
        # Ids are ordered by time, so without any other wish the newest come first.
        order.append(Order("id", descending=not order or order[-1].descending))
    return tuple(order)


def _names(entity: Entity, text: str, errors: list[FieldError]) -> tuple[str, ...]:
    readable = (*entity.fields, *entity.computed)
    wanted = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in wanted if name not in readable]
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


def _cursor(order: Sequence[Order], values: Sequence[Any]) -> str:
    signature = ",".join(f"{'-' * key.descending}{key.name}" for key in order)
    return base64.urlsafe_b64encode(rendering.to_json([signature, *values])).decode().rstrip("=")


def _after(
    entity: Entity, order: Sequence[Order], text: str | None, errors: list[FieldError]
) -> tuple[Any, ...] | None:
    if not text:
        return None
    try:
        signature, *values = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        expected = ",".join(f"{'-' * key.descending}{key.name}" for key in order)
        values = values if signature == expected else []
        return tuple(
            None if value is None else _value(entity, key.name, value)
            for key, value in zip(order, values, strict=True)
        )
    except (ValueError, TypeError, binascii.Error, ValidationError):
        detail = "is no cursor of a list in this order"
        errors.append(FieldError("/cursor", "invalid", detail))
        return None


def _value(entity: Entity, name: str, value: Any) -> Any:
    """A value as a cursor carries it: as it is kept, not as people send it."""
    field = entity.fields[name]
    if field.kind in filters.TEXTS:
        return adapter(Field(Kind.LONG_TEXT)).validate_python(value)
    if field.kind is Kind.BOOLEAN:
        return adapter(field).validate_python(value)
    return filters.read_value(field, str(value))


def _beyond(
    order: Sequence[Order], columns: Sequence[Any], after: Sequence[Any]
) -> ColumnElement[bool]:
    """The rows after these values in this order; PostgreSQL sorts NULL as the largest."""
    alternatives = []
    for position, (key, column, value) in enumerate(zip(order, columns, after, strict=True)):
        if value is None:
            if not key.descending:
                continue
            further = column.is_not(None)
        elif key.descending:
            further = column < literal(value, column.type)
        else:
            further = or_(column > literal(value, column.type), column.is_(None))
        same = [
            earlier.is_not_distinct_from(held) if held is None else earlier == held
            for earlier, held in zip(columns[:position], after[:position], strict=True)
        ]
        alternatives.append(and_(*same, further))
    return or_(*alternatives)
