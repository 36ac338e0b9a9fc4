"""The pydantic type of a field's values: as clients send them, and as they read them."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    EmailStr,
    Strict,
    StringConstraints,
    TypeAdapter,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
)
from pydantic import Field as Constraint
from pydantic.networks import validate_email

from crmkit.fields import Field, Kind

UUID_PATTERN = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
PHONE_PATTERN = r"^[0-9+(][0-9A-Za-z+()./#*,; -]{1,39}$"
_PLAIN_ADDRESS = re.compile(
    r"(?=[^@]{1,64}@)([0-9A-Za-z_+-]+(?:\.[0-9A-Za-z_+-]+)*)@([0-9A-Za-z.-]+)"
)
"""A dot-atom of the commonest characters (RFC 5322, 3.2.3) and a domain of ASCII letters."""
_MOST_OF_AN_ADDRESS = 254
"""RFC 3696, erratum 1690."""
URL_PATTERN = r"^([hH][tT][tT][pP][sS]?://)?[^\s/:<>\"]+(\.|:)[^\s<>\"]+$"


def _no_control_characters(value: str) -> str:
    if "\x00" in value:
        raise ValueError("must not contain the NUL character")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("must not contain lone surrogates") from None
    return value


def _not_a_boolean(value: Any) -> Any:
    """Python takes True for 1; JSON does not."""
    if isinstance(value, bool):
        raise ValueError("must be a number")  # noqa: TRY004 - pydantic reports this kind
    return value


def _is_written_as(pattern: str, example: str) -> BeforeValidator:
    """Pydantic would take any number for the seconds since 1970."""
    written = re.compile(pattern)

    def check(value: Any) -> Any:
        if not isinstance(value, str) or not written.match(value.strip()):
            raise ValueError(f"must be written as {example}")
        return value

    return BeforeValidator(check)


def in_utc(value: datetime) -> datetime:
    """The same instant in UTC. Raises ValueError where that is in no year from 1 to 9999."""
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("is outside the years 1 to 9999 in UTC") from None


def _each_once(field: Field) -> Callable[[list[str]], list[str] | None]:
    """Several choices are a set: kept in the order of the list, and an empty one is no value."""

    def arrange(chosen: list[str]) -> list[str] | None:
        return [choice for choice in field.choices if choice in chosen] or None

    return arrange


def _address(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    """As `validate` would, but for the letters of a domain that a file names 10,000 times."""
    plain = _PLAIN_ADDRESS.fullmatch(value) if isinstance(value, str) else None
    if plain is None or len(value) > _MOST_OF_AN_ADDRESS:
        return validate(value)
    domain = _domain(plain[2])
    return validate(value) if domain is None else f"{plain[1]}@{domain}"


@lru_cache(maxsize=10_000)
def _domain(name: str) -> str | None:
    """The domain as addresses are kept with it; None if there can be no such address."""
    try:
        return validate_email(f"a@{name}")[1].removeprefix("a@")
    except ValueError:
        return None


_QUICKLY = WrapValidator(_address)
_CLEAN = AfterValidator(_no_control_characters)
_NUMBER = BeforeValidator(_not_a_boolean)
_DAY = _is_written_as(r"^\d{4}-\d\d-\d\d$", "2025-12-31")
_TIME = _is_written_as(r"^\d\d:\d\d(:\d\d)?$", "23:59:59")
_INSTANT = _is_written_as(r"^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d", "2025-12-31T23:59:59Z")


def python_type(field: Field) -> Any:  # noqa: C901, PLR0911, PLR0912 - one case for each kind
    """The pydantic type that accepts this field's values, without regard to null."""
    match field.kind:
        case Kind.TEXT | Kind.LONG_TEXT:
            shortest = 1 if field.required else 0
            return Annotated[
                str,
                StringConstraints(
                    strip_whitespace=field.kind is Kind.TEXT,
                    min_length=shortest,
                    max_length=field.max_length,
                ),
                _CLEAN,
            ]
        case Kind.EMAIL:
            return Annotated[
                EmailStr, _QUICKLY, StringConstraints(max_length=field.max_length), _CLEAN
            ]
        case Kind.PHONE:
            return Annotated[str, StringConstraints(strip_whitespace=True, pattern=PHONE_PATTERN)]
        case Kind.URL:
            limits = StringConstraints(
                strip_whitespace=True, max_length=field.max_length, pattern=URL_PATTERN
            )
            return Annotated[str, limits, _CLEAN]
        case Kind.INTEGER:
            bounds = Constraint(ge=_whole(field.minimum), le=_whole(field.maximum))
            return Annotated[int, bounds, _NUMBER]
        case Kind.DECIMAL | Kind.PERCENT | Kind.MONEY:
            return Annotated[
                Decimal,
                Constraint(
                    ge=field.minimum,
                    le=field.maximum,
                    max_digits=19,
                    decimal_places=field.scale,
                    allow_inf_nan=False,
                ),
                _NUMBER,
            ]
        case Kind.BOOLEAN:
            return Annotated[bool, Strict()]
        case Kind.DATE:
            return Annotated[date, _DAY]
        case Kind.DATETIME:
            return Annotated[AwareDatetime, AfterValidator(in_utc), _INSTANT]
        case Kind.TIME:
            return Annotated[time, _TIME]
        case Kind.SKYPE:
            limits = StringConstraints(strip_whitespace=True, max_length=field.max_length)
            return Annotated[str, limits, _CLEAN]
        case Kind.PICKLIST:
            return _choice(field, Literal[field.choices])
        case Kind.MULTISELECT:
            several = list[Literal[field.choices]]  # type: ignore[name-defined]
            return Annotated[_choice(field, several), AfterValidator(_each_once(field))]
        case Kind.LINK:
            return Annotated[str, StringConstraints(pattern=UUID_PATTERN, to_lower=True)]
        case Kind.JSON:
            return field.shape


def _choice(field: Field, shape: Any) -> Any:
    """A value of a picklist, or several, by names that are right or were until a moment ago.

    Documents do not fix what administrators may change: they say what the values are as shipped.
    """
    if field.fixed or field.picklist is None:
        return shape
    one = {"type": "string", "x-choices": list(field.choices)}
    schema = one if field.kind is Kind.PICKLIST else {"type": "array", "items": one}
    return Annotated[shape, BeforeValidator(field.picklist.settled), WithJsonSchema(schema)]


def _whole(bound: Decimal | None) -> int | None:
    return None if bound is None else int(bound)


def read_type(field: Field) -> Any:  # noqa: PLR0911 - one case for each kind
    """The type of what a client reads, without regard to null; for documents."""
    match field.kind:
        case Kind.DECIMAL | Kind.PERCENT | Kind.MONEY:
            return Annotated[str, StringConstraints(pattern=r"^-?\d+(\.\d+)?$")]
        case Kind.INTEGER:
            return int
        case Kind.BOOLEAN:
            return bool
        case Kind.DATE:
            return date
        case Kind.DATETIME:
            return datetime
        case Kind.TIME:
            return time
        case Kind.PICKLIST:
            return _choice(field, Literal[field.choices])
        case Kind.MULTISELECT:
            return _choice(field, list[Literal[field.choices]])  # type: ignore[name-defined]
        case Kind.JSON:
            return Any
        case _:
            return str


@lru_cache(maxsize=1024)
def adapter(field: Field) -> TypeAdapter[Any]:
    """Reads one value of this field from text, as filters and cursors carry it."""
    return TypeAdapter(python_type(field))
