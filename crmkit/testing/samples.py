"""Values for a field that its declaration allows, and values that it forbids."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pydantic import TypeAdapter, ValidationError

from crmkit.fields import Field, Kind

NO_RECORD = "01990000-dead-7000-8000-00000000dead"
"""An id that nothing has."""


def good(field: Field, turn: int, tag: str) -> Any:  # noqa: C901, PLR0911, PLR0912 - each kind
    """A value for every kind but links: another one each turn (0 to 8), in the order of the turns.

    `tag` is a word that makes texts of one run differ from those of another.
    """
    match field.kind:
        case Kind.TEXT | Kind.LONG_TEXT:
            long = f"sample-{tag}-{turn:02}"
            short = f"{tag}{turn}"
            most = field.max_length or len(long)
            return long if len(long) <= most else short[-most:]
        case Kind.EMAIL:
            return f"sample-{tag}-{turn}@example.com"
        case Kind.PHONE:
            return f"+49 30 1234-{turn}"
        case Kind.URL:
            return f"https://example.com/{tag}/{turn}"
        case Kind.INTEGER:
            most = int(field.maximum if field.maximum is not None else 2**31 - 1)
            return min(int(field.minimum or 0) + 1 + turn, most)
        case Kind.DECIMAL | Kind.PERCENT | Kind.MONEY:
            step = Decimal(turn + 1) + (Decimal("0.5") if field.scale else 0)
            return format((field.minimum or Decimal(0)) + step, "f")
        case Kind.BOOLEAN:
            return turn % 2 == 1
        case Kind.DATE:
            return f"2026-0{turn + 1}-15"
        case Kind.DATETIME:
            return f"2026-0{turn + 1}-15T08:30:00Z"
        case Kind.PICKLIST:
            return field.choices[turn % len(field.choices)]
        case Kind.JSON:
            adapter: TypeAdapter[Any] = TypeAdapter(field.shape)
            schema = adapter.json_schema()
            sent = _shaped(schema, schema.get("$defs", {}), f"{tag}-{turn}")
            try:
                return adapter.dump_python(adapter.validate_python(sent), mode="json")
            except ValidationError:  # nobody can guess what a pattern wants
                return field.default
        case _:
            raise LookupError(f"nobody has a sample of a {field.kind} field")


def bad(field: Field) -> list[Any]:  # noqa: C901 - one case for each kind
    """Values that are wrong for this field, each in another way."""
    wrong: list[Any] = [] if field.nullable else [None]
    longest = [] if field.max_length is None else ["x" * (field.max_length + 1)]
    match field.kind:
        case Kind.TEXT | Kind.LONG_TEXT:
            wrong += [7, ["text"], *longest, {"text": "x"}]
        case Kind.EMAIL:
            wrong += [7, "nobody", "a@b@c.example", f"{'x' * 300}@example.com"]
        case Kind.PHONE:
            wrong += [7, "call me", "0" * 41]
        case Kind.URL:
            wrong += [7, "no address", *longest]
        case Kind.INTEGER:
            wrong += ["many", 1.5, True, 10**40, *_beyond(field, 1)]
        case Kind.DECIMAL | Kind.PERCENT | Kind.MONEY:
            finer = f"0.{'1' * (field.scale + 1)}"
            wrong += ["NaN", "Infinity", True, "1e400", finer, [], *_beyond(field, 1)]
        case Kind.BOOLEAN:
            wrong += ["yes", 1, "true"]
        case Kind.DATE:
            wrong += [20260131, "2026-02-30", "31.01.2026", "2026-01-31T00:00:00Z"]
        case Kind.DATETIME:
            wrong += [1767225600, "2026-01-31T00:00:00", "yesterday", "2026-02-30T00:00:00Z"]
        case Kind.PICKLIST:
            wrong += ["no such choice", 7, [field.choices[0]]]
        case Kind.LINK:
            wrong += ["x", 7, [NO_RECORD]]
        case Kind.JSON:
            wrong += [7, "text"]
    return wrong


def _beyond(field: Field, step: int) -> list[Any]:
    found = []
    if field.minimum is not None:
        found.append(str(field.minimum - step))
    if field.maximum is not None:
        found.append(str(field.maximum + step))
    return found


def _shaped(schema: Mapping[str, Any], parts: Mapping[str, Any], word: str) -> Any:  # noqa: PLR0911
    """The smallest value of a JSON Schema, a list having one item."""
    if "$ref" in schema:
        return _shaped(parts[schema["$ref"].rpartition("/")[2]], parts, word)
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            return _shaped(schema[choice][0], parts, word)
    if "enum" in schema or "const" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    match schema.get("type"):
        case "array":
            return [_shaped(schema["items"], parts, word)]
        case "object":
            wanted = schema.get("required", ())
            return {name: _shaped(schema["properties"][name], parts, word) for name in wanted}
        case "integer" | "number":
            return 1
        case "boolean":
            return True
        case "string" if schema.get("format") == "email":
            return f"{word}@example.com"
        case _:
            return word
