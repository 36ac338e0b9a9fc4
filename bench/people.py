"""Contacts by the million, named as people are: a few names that many have, many that few have."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

from psycopg2 import sql
from psycopg2.extras import execute_values

from bench.company import Company
from bench.seeding import columns, url
from tandem.provision import connect

_SYLLABLES = (
    "ba ko ri mu ten sol va der li na smi ho gar pe lu wen cha to ex my",
    "ba ko ri mu ten sol va der li na th ho gar pe lu wen cha to ex my",
    "el n r s son berg man er ov ez ton ley sky ic ini eau ka ler d x",
    "i a o u es en em ar or it ol an ya ie ud am ek oz ul as",
)
_FIRST, _LAST, _COMPANY, _CITY = (0, 3_000), (40_000, 60_000), (100_000, 50_000), (150_000, 5_000)
"""Where the words of each kind begin, and how many there are."""
_IDEOGRAPH, _IDEOGRAPHS = 0x4E00, 600

_MAKE = """
    INSERT INTO contact
        (id, number, first_name, last_name, email, phone, mailing_city, custom, {names})
    SELECT uuidv7(), 'C-' || made.n, first.word,
        coalesce(made.chinese, last.word), first.word || '.' || last.word || '@' || company.word
        || '.com', '+49 30 ' || made.n, city.word,
        jsonb_build_object(%(tier)s, made.tier, %(score)s, made.n %% 1000), {values}
    FROM (
        SELECT n, (%(tiers)s::text[])[n %% {tiers} + 1] AS tier,
            {first} AS first, {last} AS last, {company} AS company, {city} AS city,
            CASE WHEN n %% 12 = 0 THEN chr({character}) || chr({character}) END AS chinese
        FROM generate_series(%(start)s, %(end)s) AS n
    ) AS made
    JOIN word AS first ON first.rank = made.first
    JOIN word AS last ON last.rank = made.last
    JOIN word AS company ON company.rank = made.company
    JOIN word AS city ON city.rank = made.city
    JOIN contact ON contact.id = %(model)s
"""
"""The k-th word is as frequent as 1/k, as words are (Zipf's law)."""


def word(kind: tuple[int, int], place: int) -> str:
    """The word at this place, counted from 0, of those of a kind by how frequent they are."""
    start, _ = kind
    rank = (start + place) * 7919 % 160_000
    parts = []
    for syllables in map(str.split, _SYLLABLES):
        rank, at = divmod(rank, len(syllables))
        parts.append(syllables[at])
    return "".join(parts)


SEARCHES = {
    "a word that 6 % have": word(_LAST, 0),
    "a word that 0.1 % have": word(_LAST, 90),
    "a word that one has": "Zyxwvut",
    "a word that none has": "Absentword",
    "three letters": word(_LAST, 0)[:3],
    "two words that many have": f"{word(_FIRST, 0)} {word(_LAST, 0)}",
    "a frequent and a rare word": "com Zyxwvut",
    "an ideograph": chr(_IDEOGRAPH),
    "two ideographs": chr(_IDEOGRAPH) + chr(_IDEOGRAPH + 1),
}
"""What is searched for, by what it is."""


def grow(company: Company, there: int, number: int, model: str, *, tiers: Sequence[str]) -> None:
    """So many contacts instead of those `there` are, like the one with the id `model`.

    Each is of one of the `tiers`, an own field of contacts, and has a score from 0 to 999.
    """
    with closing(connect(url(company.stage, "sales"))) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE word (rank integer PRIMARY KEY, word text)")
        execute_values(cursor, "INSERT INTO word VALUES %s", _words(), page_size=5000)
        cursor.execute("ANALYZE word")
        cursor.execute("SELECT name, 'f' || id FROM custom_field WHERE entity = 'contact'")
        keys = dict(cursor.fetchall())
        # Made once at the end, the index of words costs a fourth of what it costs row by row.
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'ix_contact_search'")
        (definition,) = cursor.fetchone()
        cursor.execute("DROP INDEX ix_contact_search")
        given = {
            "tiers": list(tiers),
            "tier": keys["cf_tier"],
            "score": keys["cf_score"],
            "start": there + 1,
            "end": number,
            "model": model,
        }
        cursor.execute(_making(cursor, len(tiers)), given)
        cursor.execute(definition)


def _making(cursor: Any, tiers: int) -> sql.Composed:
    own = {"first_name", "last_name", "email", "phone", "mailing_city", "custom"}
    kept = [sql.Identifier(name) for name in columns(cursor, "contact") if name not in own]
    ranks = {
        name: sql.SQL(f"{start} + floor(exp(random() * ln({many})))::integer - 1")
        for name, (start, many) in {
            "first": _FIRST,
            "last": _LAST,
            "company": _COMPANY,
            "city": _CITY,
        }.items()
    }
    return sql.SQL(_MAKE).format(
        names=sql.SQL(", ").join(kept),
        values=sql.SQL(", ").join(sql.SQL("contact.") + name for name in kept),
        tiers=sql.Literal(tiers),
        character=sql.SQL(f"{_IDEOGRAPH - 1} + floor(exp(random() * ln({_IDEOGRAPHS})))::integer"),
        **ranks,
    )


def _words() -> Iterator[tuple[int, str]]:
    for kind in (_FIRST, _LAST, _COMPANY, _CITY):
        start, many = kind
        yield from ((start + place, word(kind, place)) for place in range(many))
