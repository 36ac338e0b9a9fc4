"""Reads vCards (RFC 2426, RFC 6350, and 2.1 before them): a row for each card.

Pictures, sounds, keys and what a program has added of its own are left out.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import vobject
from vobject.base import VObjectError

from crmkit.sheets.offloaded import Unreadable

_BEGINS = re.compile(r"\s*BEGIN:VCARD\s*$", re.IGNORECASE | re.MULTILINE)
_DAY = re.compile(r"(\d{4})(\d\d)(\d\d)")
_ADDRESS = ("street", "box", "city", "region", "code", "country")
_ADDRESS_COLUMNS = ("Street", "PO box", "City", "State", "Postal code", "Country")
_PLAIN = {
    "FN": "Full name",
    "TITLE": "Title",
    "NICKNAME": "Nickname",
    "URL": "Website",
    "NOTE": "Note",
    "BDAY": "Birthday",
    "CATEGORIES": "Categories",
}
COLUMNS = (
    *("Full name", "Salutation", "First name", "Middle name", "Last name", "Suffix", "Nickname"),
    *("Organization", "Department", "Title", "Email", "Secondary email", "Email 3"),
    *("Phone", "Mobile", "Home phone", "Fax", "Other phone", "Phone 3", "Website", "Birthday"),
    *_ADDRESS_COLUMNS,
    *(f"Other {name}" for name in _ADDRESS_COLUMNS),
    *("Categories", "Note"),
)
"""In this order; those that no card has anything for are left out."""


def is_vcard(text: str) -> bool:
    """Whether it begins as one."""
    return _BEGINS.match(text) is not None


def read(text: str) -> tuple[list[str], list[list[Any]]]:
    """Columns and rows. Raises Unreadable for a card that does not end or cannot be read."""
    cards = []
    try:
        for component in vobject.readComponents(text, allowQP=True):
            cards.append(dict(_said(component)))  # noqa: PERF401 - those before a fault count
    except (VObjectError, ValueError, IndexError, AttributeError, TypeError, LookupError):
        where = f"after card {len(cards)}" if cards else "its first card"
        raise Unreadable(f"vCard: {where} it cannot be read") from None
    columns = [name for name in COLUMNS if any(card.get(name) for card in cards)]
    rows = [[card.get(name, "") for name in columns] for card in cards]
    return columns, [row for row in rows if any(row)]


def _said(component: Any) -> Iterator[tuple[str, str]]:
    children = list(component.getChildren())
    of = {
        name: [one for one in children if one.name == name] for name in {c.name for c in children}
    }
    for name, column in _PLAIN.items():
        if name in of:
            yield column, _text(of[name][0].value)
    if "BDAY" in of:
        yield "Birthday", _DAY.sub(r"\1-\2-\3", _text(of["BDAY"][0].value)[:10])
    yield from _name(of.get("N", ()))
    for organisation in of.get("ORG", ())[:1]:
        parts = [_text(part) for part in _listed(organisation.value)]
        yield "Organization", parts[0] if parts else ""
        yield "Department", ", ".join(parts[1:])
    emails = _preferred_first(of.get("EMAIL", ()))
    yield from zip(("Email", "Secondary email", "Email 3"), map(_value, emails), strict=False)
    yield from _telephones(of.get("TEL", ()))
    for address, prefix in zip(_preferred_first(of.get("ADR", ())), ("", "Other "), strict=False):
        for part, column in zip(_ADDRESS, _ADDRESS_COLUMNS, strict=True):
            name = prefix + column
            yield name, _text(getattr(address.value, part, ""))


def _name(found: Iterable[Any]) -> Iterator[tuple[str, str]]:
    for one in list(found)[:1]:
        parts = ("prefix", "given", "additional", "family", "suffix")
        columns = ("Salutation", "First name", "Middle name", "Last name", "Suffix")
        for part, column in zip(parts, columns, strict=True):
            yield column, _text(getattr(one.value, part, ""))


def _telephones(found: Iterable[Any]) -> Iterator[tuple[str, str]]:
    taken: set[str] = set()
    for one in _preferred_first(found):
        kinds = _kinds(one)
        wanted = (
            "Fax"
            if "FAX" in kinds
            else "Mobile"
            if kinds & {"CELL", "MOBILE"}
            else "Home phone"
            if "HOME" in kinds
            else "Phone"
        )
        for column in (wanted, "Other phone", "Phone 3"):
            if column not in taken:
                taken.add(column)
                yield column, _value(one).removeprefix("tel:")
                break


def _kinds(one: Any) -> set[str]:
    told = [*one.singletonparams, *one.params.get("TYPE", ())]
    return {kind.strip().upper() for several in told for kind in several.split(",")}


def _preferred_first(found: Iterable[Any]) -> list[Any]:
    return sorted(found, key=lambda one: "PREF" not in _kinds(one) and "PREF" not in one.params)


def _value(one: Any) -> str:
    return _text(one.value)


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _text(value: Any) -> str:
    return ", ".join(str(part).strip() for part in _listed(value) if str(part).strip())
