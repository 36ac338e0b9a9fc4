"""Finds out how a text with separators is written (RFC 4180 and what people make of it), reads it.

The standard library's Sniffer guesses from single characters and is wrong on short files and on
texts with commas; here each separator is tried, and the one that makes a table wins.
"""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from charset_normalizer import from_bytes

from crmkit.sheets.csv_text import undefused
from crmkit.sheets.offloaded import Unreadable

DELIMITERS = (",", ";", "\t", "|")
LONGEST_NAME = 200
_SAMPLE_LETTERS = 64 * 1024
_SAMPLE_ROWS = 200
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LIKELY = "cp1252"
"""What programs on Windows write in western Europe; it is wrong less often than a guess on little
text."""
_LITTLE = 64
_SEPARATED_BY = re.compile(r"sep=(.)\r?\n")
"""The first line by which Excel is told the separator."""
_DATA = re.compile(
    r"""
    [-+(]?[\d.,'\s/:()%€$£-]*\d[\d.,'\s/:()%€$£-]*   # numbers, days, times, telephones
    | \d{4}-\d\d-\d\dT.*                             # instants
    | \S+@\S+\.\S+ | https?://\S+                    # addresses
    | [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}      # ids
    """,
    re.VERBOSE | re.IGNORECASE,
)


def decoded(source: bytes, encoding: str | None) -> tuple[str, str]:
    """The text, and the encoding it is in. Raises Unreadable for what is no text in it."""
    name = encoding or _encoding_of(source)
    try:
        text = source.decode(name)
        text.encode()  # some encodings give halves of characters, which nobody can store
    except LookupError:
        raise Unreadable(f"there is no encoding {name!r}") from None
    except UnicodeError:
        raise Unreadable(f"it is not written in {name}") from None
    if "\0" in text:
        raise Unreadable("it is no text, no workbook and no vCard")
    return text.removeprefix("\ufeff"), name


def _encoding_of(source: bytes) -> str:
    for mark, name in _MARKS:
        if source.startswith(mark):
            return name
    try:
        source.decode()
    except UnicodeDecodeError:
        pass
    else:
        return "utf-8"
    even, odd = source[:2000:2].count(0), source[1:2000:2].count(0)
    if even or odd:
        return "utf-16-le" if odd > even else "utf-16-be"
    unusual = sum(byte > 127 for byte in source)  # noqa: PLR2004 - beyond ASCII
    if unusual < _LITTLE:
        try:
            source.decode(_LIKELY)
        except UnicodeDecodeError:
            pass
        else:
            return _LIKELY
    best = from_bytes(source[:_SAMPLE_LETTERS]).best()
    return _LIKELY if best is None else best.encoding


def read(text: str, delimiter: str | None) -> tuple[str, Iterator[list[Any]]]:
    """The separator, and the rows. Raises Unreadable at a cell whose quotation does not end."""
    told = _SEPARATED_BY.match(text)
    if told:
        text = text[told.end() :]
    chosen = delimiter or (told[1] if told else _delimiter_of(text))
    return chosen, _rows(text, chosen)


def _rows(text: str, delimiter: str) -> Iterator[list[Any]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for row in reader:
            yield [undefused(cell.strip()) for cell in row]
    except csv.Error:
        detail = "a quotation mark is not closed, or does not end its cell"
        raise Unreadable(f"line {reader.line_num}: {detail}") from None


def _delimiter_of(text: str) -> str:
    best, chosen = (0.0, 0), DELIMITERS[0]
    for delimiter in DELIMITERS:
        sample = io.StringIO(text[:_SAMPLE_LETTERS], newline="")
        widths: Counter[int] = Counter()
        try:
            for row, _ in zip(csv.reader(sample, delimiter=delimiter), range(_SAMPLE_ROWS)):  # noqa: B905
                if row:
                    widths[len(row)] += 1
        except csv.Error:
            continue
        several = {width: count for width, count in widths.items() if width > 1}
        if several:
            width = max(several, key=lambda one: (several[one], one))
            best, chosen = max(
                (best, chosen), ((several[width] / widths.total(), width), delimiter)
            )
    return chosen


def is_header(row: Sequence[Any], known: Sequence[str]) -> bool:
    """Whether a first row is the headings: it has a known word, or nothing that looks like data."""
    words = {word.casefold() for word in known}
    cells = [str(cell).strip() for cell in row if cell not in {None, ""}]
    if any(cell.casefold() in words for cell in cells):
        return True
    if any(not isinstance(cell, str | None) for cell in row):
        return False
    return not any(_DATA.fullmatch(cell) for cell in cells)


def names_of(headings: Sequence[Any]) -> list[str]:
    """A name for each column, no two the same."""
    names: list[str] = []
    for position, cell in enumerate(headings, 1):
        word = " ".join(str("" if cell is None else cell).split())[:LONGEST_NAME]
        word = word or f"Column {position}"
        name, again = word, 1
        while name in names:
            again += 1
            name = f"{word} ({again})"
        names.append(name)
    return names
