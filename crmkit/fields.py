"""The vocabulary in which an entity declares its fields: plain functions that return columns."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Computed,
    Date,
    DateTime,
    Integer,
    Numeric,
    Text,
    Time,
    Uuid,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.orm import MappedColumn, mapped_column

from crmkit.choices import Picklist, Traits, declared

CJK = "\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff"
"""Scripts written without spaces: each character is a word of its own to the search."""


class Kind(StrEnum):
    """What a field holds; decides its column, its validation and the filters it takes."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    EMAIL = "email"
    PHONE = "phone"
    URL = "url"
    INTEGER = "integer"
    DECIMAL = "decimal"
    PERCENT = "percent"
    MONEY = "money"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    TIME = "time"
    PICKLIST = "picklist"
    MULTISELECT = "multiselect"
    SKYPE = "skype"
    LINK = "link"
    JSON = "json"


OF_PERSONS = frozenset({Kind.EMAIL, Kind.PHONE, Kind.SKYPE})
"""Kinds that always tell of a person."""


class WhenDeleted(StrEnum):
    """What becomes of a link when the record that it points at goes into the recycle bin.

    CLEAR: it is emptied and remembered; the restore points it there again.
    REFUSE: nothing goes into the bin while a link like this points at it.
    KEEP: it goes on pointing at what is in the bin; so does every link to another service's record.
    PURGE: the same, and when that is purged, the record that holds the link is purged with it.
    """

    CLEAR = "clear"
    REFUSE = "refuse"
    KEEP = "keep"
    PURGE = "purge"


CLEAR, REFUSE, KEEP, PURGE = WhenDeleted


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `shape` is a pydantic type for JSON fields; `target` a linked entity.

    `key` is where the value of an administrator's own field is kept within the record's `custom`
    column; that of a declared field is empty, for it has a column of its own. `choices` are a
    picklist's values, `picklist` what is known of each; administrators may change it unless the
    list is `fixed`: its values are then the program's own.

    A link whose target differs from record to record names in `target_in` the field that says it.
    What is `personal` tells of a person: an erasure empties it (`records/privacy/`).
    One to a user takes a group as well if it says `or_group`.
    """

    kind: Kind
    required: bool = False
    read_only: bool = False
    default: Any = None
    max_length: int | None = None
    choices: tuple[str, ...] = ()
    picklist: Picklist | None = None
    fixed: bool = False
    target: str = ""
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    scale: int = 4
    shape: Any = None
    personal: bool = False
    unique: bool = False
    key: str = ""
    target_in: str = ""
    or_group: bool = False
    when_deleted: WhenDeleted = WhenDeleted.KEEP

    def __post_init__(self) -> None:
        if self.picklist is None and self.choices:
            object.__setattr__(self, "picklist", declared(self.choices))

    @property
    def nullable(self) -> bool:
        """Whether the field may be empty; one with a default never is."""
        return not self.required and self.default is None


def _column(column_type: Any, field: Field, **options: Any) -> MappedColumn[Any]:
    return mapped_column(
        column_type,
        nullable=field.nullable,
        unique=field.unique or None,
        info={"field": field},
        **options,
    )


def text(
    *,
    length: int = 255,
    required: bool = False,
    read_only: bool = False,
    default: str | None = None,
    personal: bool = False,
    unique: bool = False,
) -> MappedColumn[Any]:
    """One line of text of at most `length` characters."""
    return _column(
        Text,
        Field(
            Kind.TEXT,
            required=required,
            read_only=read_only,
            default=default,
            max_length=length,
            personal=personal,
            unique=unique,
        ),
    )


def long_text(
    *, length: int = 50_000, required: bool = False, personal: bool = False
) -> MappedColumn[Any]:
    """Text over several lines, of at most `length` characters."""
    field = Field(Kind.LONG_TEXT, required=required, max_length=length, personal=personal)
    return _column(Text, field)


def email(*, required: bool = False) -> MappedColumn[Any]:
    """An address as RFC 5321 allows it, its domain in lower case; personal data."""
    return _column(Text, Field(Kind.EMAIL, required=required, max_length=254, personal=True))


def phone() -> MappedColumn[Any]:
    """A telephone number as people write it; personal data."""
    return _column(Text, Field(Kind.PHONE, max_length=40, personal=True))


def url(*, personal: bool = False) -> MappedColumn[Any]:
    """A web address, with or without its scheme."""
    return _column(Text, Field(Kind.URL, max_length=2000, personal=personal))


def integer(
    *,
    minimum: int = 0,
    maximum: int = 2**31 - 1,
    required: bool = False,
    read_only: bool = False,
    default: int | None = None,
) -> MappedColumn[Any]:
    """A whole number between `minimum` and `maximum`."""
    return _column(
        Integer,
        Field(
            Kind.INTEGER,
            required=required,
            read_only=read_only,
            default=default,
            minimum=Decimal(minimum),
            maximum=Decimal(maximum),
        ),
    )


def decimal(
    *,
    scale: int = 4,
    minimum: Decimal | int | None = None,
    required: bool = False,
    read_only: bool = False,
    default: Decimal | None = None,
) -> MappedColumn[Any]:
    """An exact number with at most `scale` decimals."""
    low = None if minimum is None else Decimal(minimum)
    return _column(
        Numeric,
        Field(
            Kind.DECIMAL,
            required=required,
            read_only=read_only,
            default=default,
            minimum=low,
            scale=scale,
        ),
    )


def percent(*, read_only: bool = False, default: Decimal | None = None) -> MappedColumn[Any]:
    """A share between 0 and 100."""
    return _column(
        Numeric,
        Field(
            Kind.PERCENT,
            read_only=read_only,
            default=default,
            minimum=Decimal(0),
            maximum=Decimal(100),
        ),
    )


def money(
    *,
    required: bool = False,
    read_only: bool = False,
    signed: bool = False,
    default: Decimal | None = None,
) -> MappedColumn[Any]:
    """An amount in the record's currency (the organisation's base currency where it has none)."""
    return _column(
        Numeric,
        Field(
            Kind.MONEY,
            required=required,
            read_only=read_only,
            default=default,
            minimum=None if signed else Decimal(0),
        ),
    )


def boolean(*, default: bool = False, read_only: bool = False) -> MappedColumn[Any]:
    """Yes or no."""
    return _column(Boolean, Field(Kind.BOOLEAN, default=default, read_only=read_only))


def date(
    *, required: bool = False, read_only: bool = False, personal: bool = False
) -> MappedColumn[Any]:
    """A calendar day, without a time zone."""
    field = Field(Kind.DATE, required=required, read_only=read_only, personal=personal)
    return _column(Date, field)


def instant(*, required: bool = False, read_only: bool = False) -> MappedColumn[Any]:
    """A point in time, stored in UTC."""
    return _column(
        DateTime(timezone=True), Field(Kind.DATETIME, required=required, read_only=read_only)
    )


def time(*, required: bool = False, read_only: bool = False) -> MappedColumn[Any]:
    """A time of day to the second, without a time zone."""
    return _column(Time, Field(Kind.TIME, required=required, read_only=read_only))


def picklist(
    choices: Sequence[str] | Mapping[str, Traits],
    *,
    required: bool = False,
    read_only: bool = False,
    default: str | None = None,
    protected: Collection[str] = (),
    fixed: bool = False,
    role_based: bool = True,
) -> MappedColumn[Any]:
    """One of `choices`, or of what administrators make of them; as a mapping, with their traits.

    `protected` are the values that code relies on: administrators cannot rename or delete them. A
    `fixed` list, and that of a field which nobody types into, cannot be changed at all. The values
    of a `role_based` list may be limited to roles.
    """
    return _column(
        Text,
        Field(
            Kind.PICKLIST,
            required=required,
            read_only=read_only,
            default=default,
            choices=tuple(choices),
            picklist=declared(choices, protected, role_based=role_based),
            fixed=fixed or read_only,
        ),
    )


def multiselect(
    choices: Sequence[str],
    *,
    required: bool = False,
    read_only: bool = False,
) -> MappedColumn[Any]:
    """Several of `choices`, each once, in the order of the choices."""
    return _column(
        JSONB(none_as_null=True),
        Field(
            Kind.MULTISELECT,
            required=required,
            read_only=read_only,
            choices=tuple(choices),
            fixed=read_only,
        ),
    )


def skype() -> MappedColumn[Any]:
    """A Skype name; personal data."""
    return _column(Text, Field(Kind.SKYPE, max_length=100, personal=True))


def link(
    target: str,
    *,
    required: bool = False,
    read_only: bool = False,
    target_in: str = "",
    or_group: bool = False,
    when_deleted: WhenDeleted | None = None,
) -> MappedColumn[Any]:
    """A reference to a record of the entity `target`, of this service or of another.

    Unless `when_deleted` is given, the deletion of its target clears a link that may be empty and
    leaves a required one as it is.
    """
    return _column(
        Uuid(as_uuid=False),
        Field(
            Kind.LINK,
            required=required,
            read_only=read_only,
            target=target,
            target_in=target_in,
            or_group=or_group,
            when_deleted=when_deleted or (WhenDeleted.KEEP if required else WhenDeleted.CLEAR),
        ),
        index=True,
    )


def json(
    shape: Any, *, default: Any = None, read_only: bool = False, personal: bool = False
) -> MappedColumn[Any]:
    """A structure described by the pydantic type `shape` (taxes of a line, an address list)."""
    return _column(
        JSONB(none_as_null=True),
        Field(Kind.JSON, shape=shape, default=default, read_only=read_only, personal=personal),
    )


def words_of(texts: Sequence[ColumnElement[Any]]) -> ColumnElement[Any]:
    """The words in these texts as `search` indexes them."""
    spaced = func.regexp_replace(func.concat_ws(" ", *texts), f"([{CJK}])", r" \1 ", "g")
    words = func.regexp_replace(spaced, r"[!-/:-@\[-`{-~]+", " ", "g")
    return func.to_tsvector("simple", words)


def search(*columns: str) -> MappedColumn[Any]:
    """The full-text index over `columns`, kept by PostgreSQL: words, prefixes, single ideographs.

    No extension is needed: punctuation splits words and every ideograph is a word, so that a
    phrase query finds Chinese of one or two characters.
    """
    joined = " || ' ' || ".join(f"coalesce({column}, '')" for column in columns)
    spaced = rf"regexp_replace({joined}, '([{CJK}])', ' \1 ', 'g')"
    words = rf"regexp_replace({spaced}, '[!-/:-@\[-`{{-~]+', ' ', 'g')"
    return mapped_column(
        TSVECTOR,
        Computed(f"to_tsvector('simple', {words})", persisted=True),
        deferred=True,
        info={"search": columns},
    )
