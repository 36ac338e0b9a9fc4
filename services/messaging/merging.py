"""Merge fields in templates: the Liquid language, within limits that keep a template harmless."""

import re
from collections.abc import Mapping
from typing import Any

import liquid
from liquid.exceptions import LiquidError

MAX_LENGTH = 20_000
_MAX_MARKUP = 500
_MAX_BLANKS = 20

_OPENING = re.compile(r"\{[{%]")
_BLANKS = re.compile(rf"\s{{{_MAX_BLANKS + 1}}}")
_CLOSING = {"{{": "}}", "{%": "%}"}


class MergeError(Exception):
    """The template cannot be read, or not be filled in with these values; says why."""


class _Environment(liquid.Environment):
    """Liquid without access to other templates, and with an end to every loop."""

    loop_iteration_limit = 10_000
    local_namespace_limit = 200_000
    output_stream_limit = 500_000
    context_depth_limit = 20

    def __init__(self, *, autoescape: bool) -> None:
        super().__init__(autoescape=autoescape)
        for name in ("include", "render"):
            del self.tags[name]


_PLAIN = _Environment(autoescape=False)
_HTML = _Environment(autoescape=True)


def check(source: str) -> None:
    """Raise MergeError if `source` is no template: bad syntax, or a filter that does not exist."""
    template = _read(_PLAIN, source)
    unknown = sorted(set(template.analyze().filters) - set(_PLAIN.filters))
    if unknown:
        raise MergeError(f"unknown filter {unknown[0]!r}")


def fill(source: str, values: Mapping[str, Any], *, html: bool = False) -> str:
    """The text with every merge field replaced; `html` escapes the values. Raises MergeError."""
    template = _read(_HTML if html else _PLAIN, source)
    try:
        return template.render(**values)
    except LiquidError as error:
        raise MergeError(_first_line(error)) from None


def _read(environment: _Environment, source: str) -> liquid.BoundTemplate:
    _refuse_slow_markup(source)
    try:
        return environment.from_string(source)
    except LiquidError as error:
        raise MergeError(_first_line(error)) from None


def _refuse_slow_markup(source: str) -> None:
    """The Liquid lexer takes cubic time over unclosed tags and over long blanks within tags."""
    position = 0
    while opening := _OPENING.search(source, position):
        end = source.find(_CLOSING[opening.group()], opening.end())
        if end < 0:
            raise MergeError(f"{opening.group()} is never closed")
        markup = source[opening.start() : end]
        if len(markup) > _MAX_MARKUP or _BLANKS.search(markup):
            raise MergeError(
                f"a tag has more than {_MAX_MARKUP} characters or {_MAX_BLANKS} blanks in a row"
            )
        position = end + 2


def _first_line(error: LiquidError) -> str:
    return str(error).partition("\n")[0]
