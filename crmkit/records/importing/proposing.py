"""Which column is probably which field: by name, label, and what else people call it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from crmkit.entity import Entity
from crmkit.fields import Kind
from crmkit.records.importing.plans import KEYS
from crmkit.records.importing.shapes import ColumnPlan, Plan
from crmkit.records.tailoring.languages import spoken

_PLAIN = re.compile(r"[\W_]+")
_CALLED: Mapping[str, tuple[str, ...]] = {
    "salutation": ("prefix", "name prefix", "courtesy title", "anrede"),
    "first_name": ("given name", "forename", "christian name", "vorname", "voornaam", "prénom"),
    "last_name": ("surname", "family name", "nachname", "achternaam", "nom"),
    "email": ("e-mail", "e-mail address", "mail", "e-mail 1 value", "e-mail-adresse"),
    "secondary_email": ("e-mail 2 address", "e-mail 2 value", "other email"),
    "phone": ("telephone", "tel", "business phone", "work phone", "phone number", "telefon"),
    "mobile": ("mobile phone", "cell", "cell phone", "cellphone", "handy"),
    "home_phone": ("private phone", "telephone private"),
    "other_phone": ("business phone 2", "phone 2", "secondary phone"),
    "fax": ("business fax", "fax number", "telefax"),
    "website": ("web page", "web site", "homepage", "url", "web"),
    "title": ("job title", "position", "function"),
    "birthdate": ("birthday", "date of birth", "born", "geburtstag", "geburtsdatum"),
    "description": ("note", "notes", "comment", "comments", "remarks", "bemerkung"),
    "owner_id": ("assigned to", "assigned user", "handler", "responsible"),
    "name": ("company name", "title", "subject", "bezeichnung"),
    "quantity": ("qty", "amount", "menge"),
}
"""What fields of such names are called in the exports of other programs, and in vCards."""
_PLACES = {
    "street": ("address", "straße", "strasse", "straat"),
    "po_box": ("p.o. box", "postfach"),
    "city": ("town", "ort", "stadt", "plaats"),
    "state": ("province", "region", "county"),
    "code": ("zip", "zip code", "postal code", "post code", "postcode", "plz"),
    "country": ("country/region", "land"),
}
_FIRST_ADDRESS, _SECOND_ADDRESS = ("", "mailing_", "billing_"), ("other_", "shipping_")
_BY = {"number": "number", "id": "id"}


def words(entity: Entity) -> dict[str, str]:
    """Every word for a field that can be imported, in plain letters, and the field."""
    known: dict[str, str] = {}
    for name, word in (*_own_words(entity), *_others_words(entity)):
        known.setdefault(plain(word), name)
    return known


def spelled(entity: Entity) -> list[str]:
    """The same words as people write them."""
    return [word for _, word in (*_own_words(entity), *_others_words(entity))]


def plain(word: str) -> str:
    """A word without regard to case, spaces and punctuation."""
    return _PLAIN.sub("", word.casefold())


def propose(entity: Entity, columns: Sequence[str]) -> Plan:
    """A plan for a file with these columns; what nothing is known of is left out."""
    known = words(entity)
    taken: set[str] = set()
    planned = []
    for column in columns:
        head, dot, tail = column.partition(".")
        name = known.get(plain(column))
        by = "auto"
        if name is None and dot and (target := known.get(plain(head))) is not None:
            is_link = entity.fields[target].kind is Kind.LINK
            name, by = (target, _BY.get(tail, "name")) if is_link else (None, by)
        if name is None or name in taken:
            continue
        taken.add(name)
        planned.append(ColumnPlan(column=column, field=name, by=by))  # type: ignore[arg-type]
    return Plan(columns=planned)


def fitting(plan: Plan, entity: Entity, columns: Sequence[str]) -> Plan:
    """What of a saved plan there is a column for in this file, and a field in this entity."""
    fits = [
        one
        for one in plan.columns
        if one.column in columns
        and (one.field in entity.fields)
        and (one.field in plan.match or not entity.fields[one.field].read_only)
    ]
    return plan.model_copy(update={"columns": fits})


def _importable(entity: Entity) -> Iterator[str]:
    for name, field in entity.own_fields.items():
        if not field.read_only and name not in KEYS:
            yield name


def _own_words(entity: Entity) -> Iterator[tuple[str, str]]:
    for name in _importable(entity):
        yield name, name
    for name in _importable(entity):
        settings: Mapping[str, Any] = entity.tailoring.of_fields.get(name, {})
        for label in (spoken(name), *settings.get("labels", {}).values()):
            yield name, label
    for name, called in entity.aliases.items():
        for word in called:
            yield name, word


def _others_words(entity: Entity) -> Iterator[tuple[str, str]]:
    there = set(_importable(entity))
    for name, called in _CALLED.items():
        if name in there:
            for word in called:
                yield name, word
    for part, called in _PLACES.items():
        for prefixes, before in ((_FIRST_ADDRESS, ""), (_SECOND_ADDRESS, "other ")):
            for prefix in prefixes:
                if prefix + part in there:
                    for word in (spoken(part), *called):
                        yield prefix + part, before + word
