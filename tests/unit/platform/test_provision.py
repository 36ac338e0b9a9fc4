"""Each service's database is its own: made once, entered by nobody else."""

import stat
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psycopg2
import pytest
from psycopg2 import errors, sql
from sqlalchemy.engine import make_url

from contracts.services import SERVICE_PORTS
from crmkit import migrations
from crmkit.config import Settings
from tandem.provision import connect, entrust, provision, service_url
from tandem.refusals import CannotStart
from tests import cluster


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """A suite of its own name on the cluster of this run."""
    prefix = f"p{uuid.uuid4().hex[:8]}_"
    yield replace(
        Settings.from_env({}),
        var=tmp_path,
        pg_url=cluster.admin_url(),
        database_prefix=prefix,
        pg_service_password="one for all",
    )
    with closing(connect(cluster.admin_url())) as connection, connection.cursor() as cursor:
        for service in SERVICE_PORTS:
            name = sql.Identifier(prefix + service)
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} (FORCE)").format(name))
            cursor.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(name))


def _connection(url: str) -> "psycopg2.extensions.connection":
    plain = make_url(url).set(drivername="postgresql")
    return psycopg2.connect(plain.render_as_string(hide_password=False))


def test_each_role_enters_its_own_database_and_no_other(settings: Settings) -> None:
    provision(settings)
    for service in SERVICE_PORTS:
        own = service_url(settings, service)
        with closing(_connection(own)) as connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE mine (id int)")
            cursor.execute("SELECT current_user, current_database()")
            name = settings.database_prefix + service
            assert cursor.fetchone() == (name, name)
        for other in SERVICE_PORTS.keys() - {service}:
            database = settings.database_prefix + other
            with pytest.raises(psycopg2.OperationalError) as refusal:
                _connection(
                    make_url(own).set(database=database).render_as_string(hide_password=False)
                )
            assert (
                str(refusal.value)
                .strip()
                .endswith(
                    f'FATAL:  permission denied for database "{database}"\n'
                    "DETAIL:  User does not have CONNECT privilege."
                )
            )


def test_no_role_may_make_others_or_databases(settings: Settings) -> None:
    provision(settings)
    with closing(_connection(service_url(settings, "sales"))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            with pytest.raises(errors.InsufficientPrivilege):
                cursor.execute("CREATE ROLE intruder")
            with pytest.raises(errors.InsufficientPrivilege):
                cursor.execute("CREATE DATABASE intruder")


def test_doing_it_again_keeps_what_is_there(settings: Settings) -> None:
    provision(settings)
    url = service_url(settings, "sales")
    with closing(_connection(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    provision(settings)
    with closing(_connection(url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT answer FROM kept")
        assert cursor.fetchone() == (42,)


def test_several_at_once_take_turns(settings: Settings) -> None:
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(provision, settings) for _ in range(4)]:
            done.result()
    _connection(service_url(settings, "reporting")).close()


def test_passwords_are_made_once_and_kept_for_their_owner_only(settings: Settings) -> None:
    settings = replace(settings, pg_service_password=None)
    provision(settings)
    first = {service: service_url(settings, service) for service in SERVICE_PORTS}
    provision(settings)
    assert {service: service_url(settings, service) for service in SERVICE_PORTS} == first
    secrets = settings.var / "secrets"
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in secrets.iterdir()} == {0o600}
    assert len({make_url(url).password for url in first.values()}) == len(SERVICE_PORTS)


def test_without_a_password_the_operator_is_told_how_to_get_one(settings: Settings) -> None:
    settings = replace(settings, pg_service_password=None)
    with pytest.raises(CannotStart) as refusal:
        service_url(settings, "sales")
    assert str(refusal.value) == (
        f"no password of the role {settings.database_prefix}sales in {settings.var}: run "
        "`tandem migrate` there, or set TANDEM_PG_SERVICE_PASSWORD"
    )


def test_a_database_of_somebody_else_is_left_alone(settings: Settings) -> None:
    name = f"{settings.database_prefix}sales"
    with closing(connect(settings.pg_url)) as connection, connection.cursor() as cursor:
        cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        cursor.execute("SELECT current_user")
        (owner,) = cursor.fetchone()
    with pytest.raises(CannotStart) as refusal:
        provision(settings)
    assert str(refusal.value) == (
        f"the database {name} exists and belongs to {owner}: choose another TANDEM_DATABASE_PREFIX"
    )


def test_a_role_without_the_right_is_refused_in_one_line(settings: Settings) -> None:
    provision(settings)
    weak = replace(
        settings,
        pg_url=service_url(settings, "sales"),
        database_prefix=f"{settings.database_prefix}x",
    )
    with pytest.raises(CannotStart) as refusal:
        provision(weak)
    assert str(refusal.value) == (
        "the role in TANDEM_PG_URL may not create roles and databases: "
        "permission denied to create role"
    )


def test_an_unreachable_server_is_named(settings: Settings) -> None:
    away = replace(settings, pg_url="postgresql://someone:secret@127.0.0.1:1/postgres")
    with pytest.raises(CannotStart) as refusal:
        provision(away)
    assert str(refusal.value) == (
        "PostgreSQL at 127.0.0.1:1 (TANDEM_PG_URL) cannot be reached: Connection refused"
    )


def test_a_service_adds_to_its_audit_and_can_do_nothing_else_to_it(settings: Settings) -> None:
    provision(settings)
    own = service_url(settings, "support")
    migrations.upgrade_kit(own)
    for _ in range(2):
        entrust(settings, "support")
    with closing(_connection(own)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute(
            "INSERT INTO audit (day, seq, at, actor_id, request_id, act, subject_type, details,"
            " prev, hash) VALUES (current_date, 1, now(), gen_random_uuid(), '', 'a', '', '{}',"
            " '', '')"
        )
        cursor.execute("CREATE TABLE still_possible (id int)")
        for forbidden in (
            "UPDATE audit SET act = 'b'",
            "DELETE FROM audit",
            "TRUNCATE audit",
            "ALTER TABLE audit DISABLE TRIGGER ALL",
            "DROP TRIGGER audit_stands ON audit",
            "DROP TABLE audit",
            "ALTER TABLE audit RENAME TO gone",
            "UPDATE audit_personal SET content = ''",
            "DELETE FROM audit_day",
            "ALTER FUNCTION audit_stands() OWNER TO CURRENT_USER",
            "DROP FUNCTION audit_goes_forward() CASCADE",
            "DROP SCHEMA public CASCADE",
        ):
            with pytest.raises(errors.InsufficientPrivilege):
                cursor.execute(forbidden)
        # PostgreSQL only warns that there was no right to hand on.
        cursor.execute("GRANT UPDATE, DELETE ON audit TO CURRENT_USER")
        with pytest.raises(errors.InsufficientPrivilege):
            cursor.execute("DELETE FROM audit")
        cursor.execute("SELECT act FROM audit")
        assert cursor.fetchall() == [("a",)]
