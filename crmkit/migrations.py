"""A service's database at the version of its code: upgraded by one copy at a time, or refused.

Each database follows two lines of revisions numbered 0001, 0002, ...: the kit's, in
`crmkit/revisions`, for the tables every service has, and after it the service's own, in
`services/<name>/migrations/versions`. The programs of Alembic are used without its command line,
configuration and env.py.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of revisions, and the table in which a database notes where it is on it."""

    versions: Path
    noted_in: str
    whose: str


_KIT_LINE = _Line(Path(__file__).parent / "revisions", "alembic_version_kit", "kit ")


def _lines(versions: Path) -> tuple[_Line, _Line]:
    return _KIT_LINE, _Line(versions, "alembic_version", "")


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


def _current(connection: Connection, line: _Line) -> str | None:
    """The revision this database is at, or None when no migration of the line ever ran in it."""
    try:
        with connection.begin_nested():
            found = connection.scalar(text(f"SELECT version_num FROM {line.noted_in}"))  # noqa: S608
    except ProgrammingError as error:
        if getattr(error.orig, "pgcode", None) == _UNDEFINED_TABLE:
            return None
        raise
    return None if found is None else str(found)


def mismatch(connection: Connection, versions: Path) -> str | None:
    """Why this code must not serve this database, as one line; None when it may (for /readyz)."""
    problems = (_line_mismatch(connection, line) for line in _lines(versions))
    return next((problem for problem in problems if problem), None)


def _line_mismatch(connection: Connection, line: _Line) -> str | None:
    needed, found = head(line.versions), _current(connection, line)
    if found == needed:
        return None
    database = connection.engine.url.database
    if found is None or found in _known(line.versions):
        return (
            f"the database {database} is at {line.whose}revision {found or 'none'} and this "
            f"Tandem needs {needed}: run `tandem migrate`"
        )
    return (
        f"the database {database} is at {line.whose}revision {found}, which a newer Tandem wrote "
        f"and this one (up to {needed or 'none'}) does not know: start the newer one"
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
        behind = []
        for line in _lines(versions):
            problem = _line_mismatch(connection, line)
            found = _current(connection, line)
            if problem and found is not None and found not in _known(line.versions):
                raise WrongVersion(problem)
            if problem:
                behind.append(line)
        connection.rollback()
        if not behind:
            return False
        with connection.begin():
            connection.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'"))
            for line in behind:
                with _alembic(connection, line) as environment:
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
        operations: list[Any] = []
        for line, tables in zip(_lines(versions), (KIT, metadata), strict=True):
            with _alembic(connection, line, tables) as environment:
                operations += compare_metadata(environment.get_context(), tables)
    return operations


def write_revision(
    database_url: str, metadata: MetaData, versions: Path, message: str
) -> Path | None:
    """Write a service's next revision from the difference of models and database; None if none.

    The database must be at the newest revision. Raises WrongVersion otherwise.
    """
    require_current(database_url, versions)
    return _write(database_url, metadata, _lines(versions)[1], message)


def write_kit_revision(database_url: str, message: str) -> Path | None:
    """Write the kit's next revision likewise, in a database that is at the kit's newest one."""
    return _write(database_url, KIT, _KIT_LINE, message)


def upgrade_kit(database_url: str) -> None:
    """Bring a database of no service to the kit's newest revision, to compare the kit with it."""
    with (
        _connect(database_url) as connection,
        connection.begin(),
        _alembic(connection, _KIT_LINE) as environment,
    ):
        environment.run_migrations()


def _write(database_url: str, metadata: MetaData, line: _Line, message: str) -> Path | None:
    from alembic.autogenerate import (  # noqa: PLC0415 - as above
        produce_migrations,
        render_python_code,
    )
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415

    line.versions.mkdir(parents=True, exist_ok=True)  # Alembic asks for it
    with (
        _connect(database_url) as connection,
        _alembic(connection, line, metadata) as environment,
    ):
        script = produce_migrations(environment.get_context(), metadata)
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
    last = head(line.versions)
    revision = f"{int(last or 0) + 1:04d}"
    slug = re.sub(r"[^a-z0-9]+", "_", message.lower()).strip("_")
    file = line.versions / f"{revision}_{slug}.py"
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
    connection: Connection, line: _Line, metadata: MetaData | None = None
) -> "Iterator[EnvironmentContext]":
    """Alembic's environment for this connection and this line of revisions."""
    from alembic.config import Config  # noqa: PLC0415 - 0.4 s that a start without migrations saves
    from alembic.runtime.environment import EnvironmentContext  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    script = ScriptDirectory(str(line.versions.parent), version_locations=[str(line.versions)])

    def to_head(revision: Any, _: Any) -> Sequence[Any]:
        return script._upgrade_revs("head", revision)  # noqa: SLF001 - as Alembic's own command

    def is_ours(name: str | None, kind: str, _parents: Any) -> bool:
        if kind != "table" or name == _KIT_LINE.noted_in:
            return kind != "table"
        return (name in KIT.tables) is (line is _KIT_LINE)

    with EnvironmentContext(Config(), script, fn=to_head) as environment:
        environment.configure(
            connection=connection,
            target_metadata=metadata,
            version_table=line.noted_in,
            include_name=is_ours,
            compare_type=True,
            compare_server_default=True,
        )
        yield environment
