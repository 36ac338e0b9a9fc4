"""The organisation whose rights are measured: 10,000 users of 1,000 roles, and what is theirs.

Owners are numbered, so that any of them can be made somebody's by one statement in the copy of
sales. Some own contacts; others, the keepers, own nothing but accounts with the contacts of others.
"""

import time
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from psycopg2 import sql
from uuid_utils import uuid7

from bench.company import Company
from bench.seeding import columns, url
from contracts.services import SERVICE_PORTS
from tandem.provision import connect

_PASSWORD = "Quiet-harbour-92"

USERS, ROLES = 10_000, 1_000
LONE, RARE, VETERANS, STAFF, ABSENT = 1, 2, 100, 1_000, 1_000.5
"""From which number on users have one record, three old ones, old ones only, some, none at all."""
PATRON, ELDERS, HEIRS, KEEPERS = 30_000, 31_000, 32_000, 33_000
"""From which number on users have an account with many old contacts, accounts with old ones only,
accounts without any, accounts with some. There are 100 elders and heirs and 1,000 keepers, all of
whom have about as many accounts. Who and what has nothing lies between those that have."""

_NUMBERED = """
    CREATE FUNCTION pg_temp.numbered(n numeric) RETURNS uuid LANGUAGE sql IMMUTABLE AS
    $$ SELECT ('00000000-0000-7000-8000-' || lpad((2 * n)::bigint::text, 12, '0'))::uuid $$
"""
_CROWD = f"""
    INSERT INTO role (role_id, path, profile_ids, version)
    SELECT pg_temp.numbered(n), %(path)s || CASE WHEN n %% 10 = 0 THEN '' ELSE
        pg_temp.numbered(n - n %% 10) || '/' END || pg_temp.numbered(n) || '/', %(profiles)s, 1
    FROM generate_series(0, {ROLES - 1}) AS n;
    INSERT INTO principal (user_id, username, display_name, role_id, is_admin, active, version)
    SELECT pg_temp.numbered(n), 'user' || n, 'User ' || n, pg_temp.numbered(n %% {ROLES}), false,
        true, 1
    FROM generate_series({STAFF}, {STAFF + USERS - 1}) AS n
"""
_ROLE = "INSERT INTO role (role_id, path, version) SELECT %(crew)s, %(above)s || %(crew)s || '/', 1"
_CREW = """
    INSERT INTO principal (user_id, username, display_name, role_id, is_admin, active, version)
    SELECT pg_temp.numbered(n), 'user' || n, 'User ' || n, %(crew)s, false, true, 1
    FROM generate_series(%(first)s, %(last)s) AS n
    ON CONFLICT (user_id) DO UPDATE SET role_id = excluded.role_id
"""
_RULE = """
    INSERT INTO sharing_rule_copy (rule_id, rule, deleted, version)
    SELECT gen_random_uuid(), jsonb_build_object('module', 'account', 'access', 'read',
        'related', jsonb_build_array(jsonb_build_object('module', 'account', 'access', 'read')),
        'owned_by_role_id', %(crew)s, 'owned_by_group_id', NULL, 'owned_by_subordinates', false,
        'shared_with_role_id', %(role)s, 'shared_with_group_id', NULL,
        'shared_with_subordinates', false), false, 1
"""
_ACCOUNTS = f"""
    INSERT INTO account (id, number, name, owner_id, {{names}})
    SELECT pg_temp.numbered(1000000 + n), 'A-' || n, 'Engines ' || n, pg_temp.numbered(CASE
        WHEN n = 0 THEN {PATRON}
        WHEN n <= 1000 THEN {ELDERS} + n %% 100
        WHEN n %% 11 = 0 THEN {HEIRS} + n / 11 %% 100
        ELSE {KEEPERS} + n %% 1000 END), {{values}}
    FROM generate_series(0, 111099) AS n JOIN account ON account.id = %(model)s
"""
_CONTACTS = f"""
    INSERT INTO contact (id, number, last_name, owner_id, account_id, lead_source, {{names}})
    SELECT uuidv7(), 'C-' || n, 'Lovelace ' || drawn %% 5000, pg_temp.numbered(CASE
        WHEN n = %(number)s / 2 THEN {LONE}
        WHEN n IN (10, 20, 30) THEN {RARE}
        WHEN n <= %(number)s / 100 THEN {VETERANS} + n %% 100
        ELSE {STAFF} + drawn %% {USERS} END), pg_temp.numbered(1000000 + CASE
        WHEN n <= %(number)s / 100 THEN 1 + n %% 1000
        WHEN n <= %(number)s / 10 THEN 0
        ELSE 1101 + drawn / {USERS} %% 100000 / 10 * 11 + drawn / {USERS} %% 10 END),
        (ARRAY['Cold Call', 'Existing Customer', 'Partner', 'Trade Show'])[1 + n %% 4], {{values}}
    FROM generate_series(1, %(number)s) AS n
    CROSS JOIN LATERAL (SELECT hashint8(n)::bigint & 2147483647 AS drawn)
    JOIN contact ON contact.id = %(model)s
    ORDER BY n
"""
_UNFINISHED = "SELECT FROM pg_index WHERE NOT indisvalid"

_Some = tuple[float, int]
_CHANGED = "UPDATE rights_version SET version = version + 1"


@dataclass(frozen=True)
class Person:
    """Somebody who looks, in a role of their own."""

    client: Company
    user_id: str
    role_id: str


def hire(admin: Company, above: str, profile: str) -> Person:
    role = {"name": f"Bench {uuid7()}", "parent_id": above, "profile_ids": [profile]}
    role_id = admin.call("POST", "/roles", role)["id"]
    user = {"username": f"bench-{uuid7()}", "last_name": "Bench", "role_id": role_id}
    user_id = admin.call("POST", "/users", user)["id"]
    admin.call("POST", f"/users/{user_id}/password", {"password": _PASSWORD})
    return Person(Company(admin.stage, 1, user["username"], _PASSWORD), user_id, role_id)


def crowd(admin: Company, top: str, profile: str) -> None:
    """10,000 users and 1,000 roles, in each service's copy of who there is."""
    values = {"path": f"{top}/", "profiles": f'["{profile}"]'}
    for service in SERVICE_PORTS:
        _execute(admin, service, (_CROWD, values), (_CHANGED, {}))


def fill(admin: Company, number: int) -> None:
    """111,000 accounts and so many contacts."""
    account = {"model": admin.call("POST", "/accounts", {"name": "Lovelace"})["id"]}
    _copy(admin, "account", {"name", "owner_id"}, _ACCOUNTS, account)
    contact = {"model": admin.call("POST", "/contacts", {"last_name": "Lovelace"})["id"]}
    own = {"last_name", "owner_id", "account_id", "lead_source"}
    _copy(admin, "contact", own, _CONTACTS, contact | {"number": number})


def _copy(admin: Company, module: str, own: set[str], make: str, given: dict[str, Any]) -> None:
    """Made once at the end, the indexes of words and likeness cost a part of row by row."""
    with closing(connect(url(admin.stage, "sales"))) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s "
            "AND indexdef LIKE '%%gin%%'",
            (module,),
        )
        idle = cursor.fetchall()
        kept = [n for n in columns(cursor, module) if n not in own]
        statement = sql.SQL(make).format(
            names=sql.SQL(", ").join(map(sql.Identifier, kept)),
            values=sql.SQL(", ").join(sql.Identifier(module, name) for name in kept),
        )
    drops = ((sql.SQL("DROP INDEX {}").format(sql.Identifier(name)), {}) for name, _ in idle)
    again = ((made.replace(" INDEX ", " INDEX IF NOT EXISTS ", 1), {}) for _, made in idle)
    _execute(admin, "sales", *drops, (statement, given), *again)
    while _execute(admin, "sales", (_UNFINISHED, {})):  # the service makes some of its own accord
        time.sleep(1)


def give(admin: Company, person: Person, own: list[_Some], by_rule: list[_Some]) -> None:
    """Let the person see what some users own as their superior, and what others do by a rule that
    shares contacts below their accounts as well. Nobody else has these users below them any more.
    """
    above = _path(admin, person.role_id)
    told: list[tuple[Any, dict[str, Any]]] = []
    for some, place in ((own, above), (by_rule, "")):
        if some:
            crew = str(uuid7())
            told.append((_ROLE, {"crew": crew, "above": place}))
            for first, many in some:
                told.append((_CREW, {"crew": crew, "first": first, "last": first + many - 1}))
            if some is by_rule:
                told.append((_RULE, {"crew": crew, "role": person.role_id}))
    _execute(admin, "sales", *told, (_CHANGED, {}))


def _path(admin: Company, role_id: str) -> str:
    path: str = admin.call("GET", f"/roles/{role_id}")["path"]
    return path


def _execute(admin: Company, service: str, *statements: tuple[Any, dict[str, Any]]) -> Any:
    """The rows of the last statement, if it has any."""
    with closing(connect(url(admin.stage, service))) as connection, connection.cursor() as cursor:
        cursor.execute(_NUMBERED)
        for statement, values in statements:
            cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []
