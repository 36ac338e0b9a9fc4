"""E-mail addresses: the quick way and the library's agree on what is one and how it is kept."""

from typing import Any

import pytest
from pydantic import EmailStr, TypeAdapter, ValidationError

from crmkit.fields import Field, Kind
from crmkit.records.writing.value_types import python_type

_FIELD = TypeAdapter(python_type(Field(Kind.EMAIL, max_length=254)))
_LIBRARY = TypeAdapter(EmailStr)


def _read(adapter: TypeAdapter[Any], value: object) -> object:
    try:
        return adapter.validate_python(value)
    except ValidationError as refused:
        return refused.errors()[0]["msg"]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("Ada.Lovelace+crm@Example.COM", "Ada.Lovelace+crm@example.com"),
        ("ada@mail.example.com", "ada@mail.example.com"),
        ("Ada Lovelace <ada@example.com>", "ada@example.com"),
        (f"{'a' * 64}@example.com", f"{'a' * 64}@example.com"),
        (f"{'a' * 65}@example.com", f"{'a' * 65}@example.com"),
        ("ada@bücher.example.com", "ada@bücher.example.com"),
    ],
)
def test_kept(sent: str, kept: str) -> None:
    assert _read(_FIELD, sent) == kept == _read(_LIBRARY, sent)


@pytest.mark.parametrize(
    "sent",
    [
        "ada",
        "ada@",
        "@example.com",
        "ada@localhost",
        "ada@example",
        "ada@example.test",
        "ada@-example.com",
        "ada@exa..mple.com",
        ".ada@example.com",
        "ada.@example.com",
        "ada..b@example.com",
        f"ada@{'x' * 64}.com",
        f"ada@{'x.' * 130}com",
        "ada@example.com\n",
        5,
    ],
)
def test_refused_in_the_same_words(sent: object) -> None:
    refusal = _read(_LIBRARY, sent)
    assert _read(_FIELD, sent) == refusal
    assert str(refusal).startswith(("value is not a valid", "Input should be"))
