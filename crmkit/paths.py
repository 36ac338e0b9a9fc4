"""Paths whose words may hold a slash: `%2F` within a word is not the `/` between two words.

WSGI decodes both to the same character, so that the key `10/248` of another system would never be
found. Until the words have been told apart, a slash within one is written as NUL, which no path
may contain otherwise.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from contracts.errors import bad_request

_WITHIN = "\x00"


def path_info(environ: Mapping[str, Any]) -> str:
    """PATH_INFO as WSGI has it (latin-1), a slash within a word written as NUL.

    Raises Problem 400 for a path that itself contains NUL.
    """
    decoded: str = environ.get("PATH_INFO") or "/"
    if _WITHIN in decoded:
        raise bad_request("bad_request", "An address must not contain the NUL character.")
    raw: str = environ.get("RAW_PATH_INFO") or environ.get("RAW_URI") or ""
    raw = raw.partition("?")[0]
    if "%2f" not in raw.lower():
        return decoded
    return unquote(raw.replace("%2F", "%00").replace("%2f", "%00"), encoding="latin-1")


def word(text: str) -> str:
    """A word of such a path as it was meant."""
    return text.replace(_WITHIN, "/")


def encoded(target: str) -> str:
    """The percent-encoded form of such a path, ready to be sent on."""
    return target.replace("%00", "%2F")
