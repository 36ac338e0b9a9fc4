"""A service's database at the version of its code: upgraded by one copy at a time, or refused.

Each service has one line of revisions in `services/<name>/migrations/versions`, numbered 0001,
0002, ... The programs of Alembic are used without its command line, configuration and env.py.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Connection, MetaData, TypeDecorator, create_engine, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.pool import NullPool

from crmkit.db import KIT

if TYPE_CHECKING:
    from alembic.runtime.environment import EnvironmentContext

_ADVISORY_LOCK = 0x6D696772617465  # "migrate"
_LOCK_TIMEOUT = "5s"
"""A migration that waits for a table makes everybody queue behind it: better to fail and retry."""

_UNDEFINED_TABLE = "42P01"
_FIRST_LINES = re.compile(r'^(revision|down_revision)\b[^=]*= *(?:"(\w+)"|None) *$', re.MULTILINE)
_MARKERS = re.compile(r"^ *# ### .*\n?", re.MULTILINE)
"""Alembic asks to adjust what it wrote; the tests that compare models and database do that."""

_TEMPLATE = '''\
"""{message}"""

{imports}

revision = "{revision}"
down_revision = {down_revision}


def upgrade() -> None:
    {upgrade}


def downgrade() -> None:
    {downgrade}
'''


class WrongVersion(Exception):  # noqa: N818 - said of the data, as one line to the operator
    """The database is older or newer than this code, which therefore must not serve it."""


def head(versions: Path) -> str | None:
    """The revision this code needs, or None when the service has none yet.

    Read from the files without running them: it is asked at every start and every /readyz.
    Raises ValueError when the revisions are not one unbroken line.
    """
    after: dict[str | None, str] = {}
    for file in sorted(versions.glob("*.py")):
        found = dict(_FIRST_LINES.findall(file.read_text()))
        revision, down = found.get("revision"), found.get("down_revision") or None
        if not revision or "down_revision" not in found:
            raise ValueError(f"{file} does not say which revision it is and which it follows")
        if down in after:
            raise ValueError(f"{after[down]} and {revision} of {versions} both follow {down}")
        after[down] = revision
    last = None
    for _ in after:
        if last not in after:
            raise ValueError(f"no revision of {versions} follows {last}")
        last = after[last]
    return last


def current(connection: Connection) -> str | None:
    """The revision this database is at, or None when no migration ever ran in it."""
    try:
        with connection.begin_nested():
            found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    except ProgrammingError as error:
        if getattr(error.orig, "pgcode", None) == _UNDEFINED_TABLE:
            return None
        raise
    return None if found is None else str(found)


def mismatch(connection: Connection, versions: Path) -> str | None:
    """Why this code must not serve this database, as one line; None when it may (for /readyz)."""
    needed, found = head(versions), current(connection)
    if found == needed:
        return None
    database = connection.engine.url.database
    if found is None or found in _known(versions):
        return (
            f"the database {database} is at revision {found or 'none'} and this Tandem needs "
            f"{needed}: run `tandem migrate`"
        )
    return (
        f"the database {database} is at revision {found}, which a newer Tandem wrote and this one "
        f"(up to {needed or 'none'}) does not know: start the newer one"
    )


def require_current(database_url: str, versions: Path) -> None:
    """Raise WrongVersion unless the database is exactly at the revision of this code."""
    with _connect(database_url) as connection:
        problem = mismatch(connection, versions)
    if problem:
        raise WrongVersion(problem)


def upgrade(database_url: str, versions: Path) -> bool:
    """Bring the database to the newest revision; whether there was anything to do.

    All missing revisions are one transaction, so a kill leaves the database as it was. Copies
    that start at once take turns, and all but the first find nothing to do. Raises WrongVersion
    when a newer Tandem wrote the data.
    """
    with _connect(database_url) as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _ADVISORY_LOCK})
        connection.commit()
        problem = mismatch(connection, versions)
        found = current(connection)
        connection.rollback()
        if problem is None:
            return False
        if found is not None and found not in _known(versions):
            raise WrongVersion(problem)
        with connection.begin(), _alembic(connection, versions) as environment:
            connection.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'"))
            environment.run_migrations()
        return True


def differences(database_url: str, metadata: MetaData, versions: Path) -> list[Any]:
    """What the models say and the migrated database does not, as Alembic's operations.

    `metadata` is the service's own; the kit's tables belong to every service. Empty is right.
    """
    from alembic.autogenerate import compare_metadata  # noqa: PLC0415 - 0.4 s that no start needs

    with _connect(database_url) as connection:
        upgrade_needed = mismatch(connection, versions)
        if upgrade_needed:
            raise WrongVersion(upgrade_needed)
        with _alembic(connection, versions, metadata) as environment:
            operations: list[Any] = compare_metadata(
                environment.get_context(),
                [KIT, metadata],  # type: ignore[arg-type]
            )
    return operations


def write_revision(
    database_url: str, metadata: MetaData, versions: Path, message: str
) -> Path | None:
    """Write the next revision from the difference between models and database; None if none.

    The database must be at the newest revision. Raises WrongVersion otherwise.
    """
    from alembic.autogenerate import (  # noqa: PLC0415 - as above
        produce_migrations,
        render_python_code,
    )
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415

    require_current(database_url, versions)
    versions.mkdir(parents=True, exist_ok=True)  # Alembic asks for it
    with (
        _connect(database_url) as connection,
        _alembic(connection, versions, metadata) as environment,
    ):
        context = environment.get_context()
        script = produce_migrations(context, [KIT, metadata])  # type: ignore[arg-type]
        if script.upgrade_ops is None or script.upgrade_ops.is_empty():
            return None
        assert script.downgrade_ops is not None
        plain = MigrationContext.configure(connection)  # one with a script refuses to render
        up, down = (
            _MARKERS.sub(
                "",
                render_python_code(operations, migration_context=plain, render_item=_render_plain),
            ).strip()
            for operations in (script.upgrade_ops, script.downgrade_ops)
        )
    imports = ["import sqlalchemy as sa", "from alembic import op"]
    if "postgresql." in up + down:
        imports.append("from sqlalchemy.dialects import postgresql")
    last = head(versions)
    revision = f"{int(last or 0) + 1:04d}"
    slug = re.sub(r"[^a-z0-9]+", "_", message.lower()).strip("_")
    file = versions / f"{revision}_{slug}.py"
    file.write_text(
        _TEMPLATE.format(
            message=message,
            imports="\n".join(imports),
            revision=revision,
            down_revision=f'"{last}"' if last else "None",
            upgrade=up,
            downgrade=down,
        )
    )
    return file


def _render_plain(kind: str, item: Any, context: Any) -> str | Literal[False]:
    """Write a type of our own as the type of the database beneath it.

    A revision must still run when the class is long gone.
    """
    if kind == "type" and isinstance(item, TypeDecorator):
        from alembic.autogenerate.render import _repr_type  # noqa: PLC0415 - as above

        return _repr_type(item.impl_instance, context)
    return False


def _known(versions: Path) -> set[str]:
    return {
        found["revision"]
        for file in versions.glob("*.py")
        if "revision" in (found := dict(_FIRST_LINES.findall(file.read_text())))
    }


@contextmanager
def _connect(database_url: str) -> Iterator[Connection]:
    engine = create_engine(database_url, poolclass=NullPool)
    with engine.connect() as connection:
        yield connection


@contextmanager
def _alembic(
    connection: Connection, versions: Path, metadata: MetaData | None = None
) -> "Iterator[EnvironmentContext]":
    """Alembic's environment for this connection and this line of revisions."""
    from alembic.config import Config  # noqa: PLC0415 - 0.4 s that a start without migrations saves
    from alembic.runtime.environment import EnvironmentContext  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    script = ScriptDirectory(str(versions.parent), version_locations=[str(versions)])

    def to_head(revision: Any, _: Any) -> Sequence[Any]:
        return script._upgrade_revs("head", revision)  # noqa: SLF001 - as Alembic's own command

    with EnvironmentContext(Config(), script, fn=to_head) as environment:
        environment.configure(
            connection=connection,
            target_metadata=None if metadata is None else [KIT, metadata],
            compare_type=True,
            compare_server_default=True,
        )
        yield environment
