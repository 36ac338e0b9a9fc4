"""One PostgreSQL role and one database for each service, which the other roles cannot enter."""

import os
import secrets
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import errors, sql
from psycopg2.extensions import encrypt_password, parse_dsn
from sqlalchemy.engine import URL, make_url

from contracts.services import SERVICE_PORTS
from crmkit.config import Settings
from tandem.refusals import CannotStart

_ADVISORY_LOCK = 0x74616E64656D  # "tandem", so that two provisioners take turns
_AUDIT = {
    "audit": "SELECT, INSERT",
    "audit_personal": "SELECT, INSERT, DELETE",
    "audit_day": "SELECT, INSERT, UPDATE",
}
_ENTRUSTED = {
    "SCHEMA public": "USAGE, CREATE",
    **{f"TABLE {table}": rights for table, rights in _AUDIT.items()},
    "FUNCTION audit_stands()": "",
    "FUNCTION audit_goes_forward()": "",
}
"""What a service's database holds that is not its own, and what its role may do with it."""
_NOT_YET = (
    "SELECT 1 FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname = ANY(%s) "
    "AND relowner <> CURRENT_USER::regrole"
)


def service_url(settings: Settings, service: str) -> str:
    """The `postgresql+psycopg2://` URL of a service's own database, for its own role.

    Host, port and options are those of `settings.pg_url`. Raises CannotStart when nobody has
    provisioned the database from here and TANDEM_PG_SERVICE_PASSWORD is not given either.
    """
    name = _name(settings, service)
    password = settings.pg_service_password
    if password is None:
        try:
            password = _password_file(settings, service).read_text().strip()
        except FileNotFoundError:
            raise CannotStart(
                f"no password of the role {name} in {settings.var}: run `tandem migrate` there, "
                "or set TANDEM_PG_SERVICE_PASSWORD"
            ) from None
    url = make_url(settings.pg_url).set(
        drivername="postgresql+psycopg2", username=name, password=password, database=name
    )
    return url.render_as_string(hide_password=False)


def provision(settings: Settings) -> None:
    """Create what is missing of the services' roles and databases; change nothing that is there.

    Two may run at once. Raises CannotStart when PostgreSQL cannot be reached, when
    `settings.pg_url` may not create roles, or when a database of that name belongs to another.
    """
    with closing(connect(settings.pg_url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", (_ADVISORY_LOCK,))
        try:
            for service in SERVICE_PORTS:
                _provision_service(cursor, settings, service)
        except errors.InsufficientPrivilege as error:
            raise CannotStart(
                "the role in TANDEM_PG_URL may not create roles and databases: "
                f"{error.diag.message_primary}"
            ) from None


def entrust(settings: Settings, service: str) -> None:
    """Take the audit of a migrated database out of the hands of the service that writes it.

    Its tables, the functions that guard them and the schema they are in belong to the role of
    `settings.pg_url` from then on; the service's role may add rows and nothing else, and can
    neither drop the guards nor give itself the right. Repeated, it changes nothing. Raises
    CannotStart.
    """
    name = _name(settings, service)
    url = make_url(settings.pg_url).set(database=name).render_as_string(hide_password=False)
    with closing(connect(url)) as connection:
        connection.autocommit = False
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", (_ADVISORY_LOCK,))
                cursor.execute(_NOT_YET, (list(_AUDIT),))
                if cursor.fetchall():
                    _take_over(cursor, sql.Identifier(name))
        except errors.InsufficientPrivilege as error:
            raise CannotStart(
                f"the role in TANDEM_PG_URL may not take over the audit of {name}: "
                f"{error.diag.message_primary}"
            ) from None


def _take_over(cursor: Any, role: sql.Identifier) -> None:
    for owned, rights in _ENTRUSTED.items():
        what = sql.SQL(owned)
        cursor.execute(sql.SQL("ALTER {} OWNER TO CURRENT_USER").format(what))
        if rights:
            cursor.execute(sql.SQL("REVOKE ALL ON {} FROM {}").format(what, role))
            cursor.execute(sql.SQL("GRANT {} ON {} TO {}").format(sql.SQL(rights), what, role))


def connect(url: str) -> Any:
    """A psycopg2 connection in autocommit mode; raises CannotStart, naming host and port.

    Any `postgresql+<driver>://` URL is understood.
    """
    dsn = make_url(url).set(drivername="postgresql")
    try:
        connection = psycopg2.connect(_libpq(dsn), connect_timeout=5)
    except psycopg2.OperationalError as error:
        reason = str(error).strip().splitlines()[0].rsplit("failed: ", 1)[-1]
        where = parse_dsn(_libpq(dsn.set(password=None)))
        raise CannotStart(
            f"PostgreSQL at {where.get('host', 'localhost')}:{where.get('port', '5432')} "
            f"(TANDEM_PG_URL) cannot be reached: {reason}"
        ) from None
    connection.autocommit = True
    return connection


def _libpq(url: URL) -> str:
    return url.render_as_string(hide_password=False)


def _name(settings: Settings, service: str) -> str:
    return f"{settings.database_prefix}{service}"


def _password_file(settings: Settings, service: str) -> Path:
    return settings.var / "secrets" / f"postgres-{_name(settings, service)}"


def _provision_service(cursor: Any, settings: Settings, service: str) -> None:
    name = _name(settings, service)
    role = sql.Identifier(name)
    password = settings.pg_service_password or _kept_password(_password_file(settings, service))
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,))
    verb = "ALTER" if cursor.fetchone() else "CREATE"
    # The verifier is made here, so the password never shows in a log of the server.
    verifier = encrypt_password(password, name, scope=cursor.connection)
    cursor.execute(
        sql.SQL(verb + " ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD {}").format(
            role, sql.Literal(verifier)
        )
    )
    cursor.execute("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = %s", (name,))
    found = cursor.fetchone()
    if found is None:
        _create_database(cursor, role)
    elif found[0] != name:
        raise CannotStart(
            f"the database {name} exists and belongs to {found[0]}: choose another "
            "TANDEM_DATABASE_PREFIX"
        )
    cursor.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(role))


def _create_database(cursor: Any, role: sql.Identifier) -> None:
    """UTF-8, and text sorted by code point, whatever the cluster was created with.

    So lists sort the same way on every machine and no index depends on the libc of one.
    """
    connection = cursor.connection
    if connection.server_version >= 170000:  # noqa: PLR2004 - the builtin provider came with 17
        locale = "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'"
    else:
        locale = "LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'"
    cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = CURRENT_USER")
    row = cursor.fetchone()
    if row is not None and not row[0]:
        cursor.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(role))
    cursor.execute(
        sql.SQL("CREATE DATABASE {0} OWNER {0} TEMPLATE template0 ENCODING 'UTF8' ").format(role)
        + sql.SQL(locale)
    )


def _kept_password(path: Path) -> str:
    """The password in this file, written now if it is not there; only its owner may read it.

    The file appears whole under its name or not at all, and is never replaced.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    if not path.exists():
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(file, "w") as out:
            out.write(secrets.token_urlsafe(32) + "\n")
            out.flush()
            os.fsync(file)
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()
