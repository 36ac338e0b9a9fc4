"""Whoever owns a database cannot change its audit unseen, whichever service's it is."""

from contextlib import closing

import pytest
from sqlalchemy import make_url

from contracts.services import SERVICE_PORTS
from tandem.postgres import EmbeddedPostgres
from tandem.provision import connect

LAST = "day = (SELECT max(day) FROM audit_day) AND seq = %(last)s"
BEFORE = "day = (SELECT max(day) FROM audit_day) AND seq = %(last)s - 1"
MOVED = "UPDATE {} SET seq = {} WHERE {}"
BOTH = ("audit", "audit_personal")
ASIDE = LAST.replace("%(last)s", "0")
HOW = {
    "altered": (-1, [f"UPDATE audit SET act = 'thing.other' WHERE {BEFORE}"]),
    "removed": (-1, [f"DELETE FROM {table} WHERE {BEFORE}" for table in BOTH]),
    "inserted": (
        0,
        [
            *(MOVED.format(table, "seq + 1", LAST) for table in BOTH),
            (
                "INSERT INTO audit SELECT day, seq + 1, at + interval '1 microsecond', actor_id,"
                " request_id, act, subject_type, subject_id, details, NULL, prev, hash"
                f" FROM audit WHERE {BEFORE}"
            ),
        ],
    ),
    "reordered": (
        -1,
        [
            MOVED.format(table, *how)
            for table in BOTH
            for how in (("0", BEFORE), ("seq - 1", LAST), ("%(last)s", ASIDE))
        ],
    ),
}


@pytest.fixture
def tamper(suite):
    """Have these statements done in every service's database past all guards; the last rows."""
    url = make_url(EmbeddedPostgres(suite.var).url)

    def do(*statements):
        lasts = {}
        for service in SERVICE_PORTS:
            own = url.set(database=f"tandem_{service}").render_as_string(hide_password=False)
            with closing(connect(own)) as connection, connection.cursor() as cursor:
                cursor.execute("SET session_replication_role = replica")
                cursor.execute("SELECT seq FROM audit_day ORDER BY day DESC LIMIT 1")
                lasts[service] = cursor.fetchone()[0]
                for statement in statements:
                    cursor.execute(statement, {"last": lasts[service]})
                connection.commit()
        return lasts

    return do


def test_the_first_row_tampered_with_is_named_in_every_service(admin, tamper):
    for _ in range(3):
        admin.get("/audit")
    tamper(*(f"CREATE TABLE kept_{table} AS TABLE {table}" for table in BOTH))
    named, expected = {}, {}
    for how, (place, statements) in HOW.items():
        lasts = tamper(*statements)
        found = {one["service"]: one["bad"] for one in admin.get("/audit/verify")["items"]}
        named[how] = {service: bad and bad["seq"] for service, bad in found.items()}
        expected[how] = {service: last + place for service, last in lasts.items()}
        for table in BOTH:
            tamper(f"DELETE FROM {table}", f"INSERT INTO {table} TABLE kept_{table}")
    assert named == expected
    tamper(*(f"DROP TABLE kept_{table}" for table in BOTH))
    assert [one["bad"] for one in admin.get("/audit/verify")["items"]] == [None] * 6
