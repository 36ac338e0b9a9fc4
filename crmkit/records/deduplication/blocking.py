"""By what records that may be one and the same are found at all: the keys of each, in an index.

The blocking keys of record linkage: a record is compared with those alone that share one with it.
"""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Text, cast, func, literal, null
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import Session

from crmkit.entity import Entity, per_entity
from crmkit.fields import Field, Kind
from crmkit.records.relations import naming
from crmkit.records.tailoring import indexes

COMPANY_FORMS = (
    "incorporated|corporation|company|limited|inc|corp|co|ltd|llc|llp|plc|gmbh|mbh|ag|kg|ohg|ug|"
    "bv|nv|vof|sa|sarl|sas|srl|spa|ab|as|oy|aps|pty|pte|有限公司|股份有限公司|公司"
)
DROPPED = "[.,'\u2019]"
FORMS = f"( ({COMPANY_FORMS}))+ *$"
DIGITS = 9
"""So many digits from the end name a telephone; what is before them people leave out."""
ADDRESSES = frozenset({Kind.EMAIL, Kind.PHONE, Kind.URL})


def _words(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """Letters and digits alone, in lower case, without the form of a company at the end."""
    lower = func.lower(cast(value, Text))
    undotted = func.regexp_replace(lower, DROPPED, "", "g")
    spaced = func.regexp_replace(undotted, "[^[:alnum:]]+", " ", "g")
    formless = func.regexp_replace(spaced, FORMS, "", "g")
    return func.nullif(func.replace(formless, " ", ""), "")


def _digits(value: ColumnElement[Any]) -> ColumnElement[Any]:
    digits = func.right(func.regexp_replace(value, "[^0-9]", "", "g"), DIGITS)
    return func.nullif(digits, "")


def _site(value: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.nullif(
        func.rtrim(func.regexp_replace(func.lower(value), "^(https?://)?(www[.])?", ""), "/"), ""
    )


def _address(value: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.nullif(func.lower(func.btrim(value)), "")


SPELT: Mapping[Kind, Callable[[ColumnElement[Any]], ColumnElement[Any]]] = {
    Kind.TEXT: _words,
    Kind.PICKLIST: _words,
    Kind.LINK: _words,
    Kind.EMAIL: _address,
    Kind.PHONE: _digits,
    Kind.URL: _site,
}
"""A value as far as it matters for likeness; NULL where nothing of it does."""


@per_entity
def telling(entity: Entity) -> Mapping[str, Field]:
    """The fields that tell who somebody is: names, addresses, telephones."""
    return {
        name: field
        for name, field in entity.own_fields.items()
        if field.kind in ADDRESSES or (name in entity.label and field.kind is Kind.TEXT)
    }


def sharing(entity: Entity, told: Mapping[str, Any]) -> ColumnElement[bool]:
    """The clause for records that share a key with one of these values of telling fields."""
    values = {name: literal(told.get(name), Text) for name in telling(entity)}
    found: ColumnElement[bool] = _keys(entity, entity.columns).bool_op("&&")(_keys(entity, values))
    return found


def keep_index(session: Session, entity: Entity) -> None:
    """Have the keys of these records found from an index, once `indexes.tend` has made it.

    It is another one when administrators have added or deleted a telling field.
    """
    if not entity.allows("merge") or not telling(entity):
        return
    expression = indexes.written(_keys(entity, entity.columns))
    mark = hashlib.sha256(expression.encode()).hexdigest()[:8]
    indexes.keep_newest(session, entity, "alike", mark, f"USING gin (({expression}))")


def _keys(entity: Entity, values: Mapping[str, Any]) -> ColumnElement[Any]:
    """Each key begins with the field it is of; the names of a person make one together."""
    keys: list[ColumnElement[Any]] = []
    names = [name for name in entity.label if name in telling(entity)]
    if names:
        keys.append(literal("/", Text) + _words(naming.joined(names, values)))
    for name, field in telling(entity).items():
        if name not in names:
            keys.append(literal(f"{name}/", Text) + SPELT[field.kind](values[name]))
    return func.array_remove(array(keys), null(), type_=ARRAY(Text))
