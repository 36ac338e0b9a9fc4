"""What developers generate: the next migration of each service, and the committed schemas."""

import subprocess
import sys
import tempfile
import warnings
from contextlib import closing
from importlib import metadata
from pathlib import Path

from psycopg2 import sql
from sqlalchemy.engine import make_url

from contracts.services import SERVICE_PORTS
from crmkit import migrations
from gateway.declared import DECLARED
from tandem import roster
from tandem.postgres import EmbeddedPostgres
from tandem.provision import connect


def write_revisions(message: str) -> list[Path]:
    """Write what is missing of the kit's and each service's migrations; returns the new files.

    The database that the declarations are compared with is made for it, from the migrations there
    are.
    """
    warnings.filterwarnings("ignore", "\nEventlet is deprecated")
    written: list[Path | None] = []
    with tempfile.TemporaryDirectory() as directory:
        cluster = EmbeddedPostgres(Path(directory), durable=False)
        try:
            admin = cluster.start()
            tables = {name: roster.service_class(name).base.metadata for name in SERVICE_PORTS}
            url = _database(admin, "kit")
            migrations.upgrade_kit(url)
            written.append(migrations.write_kit_revision(url, message))
            for service in SERVICE_PORTS:
                url = _database(admin, service)
                versions = roster.revisions(service)
                migrations.upgrade(url, versions)
                written.append(migrations.write_revision(url, tables[service], versions, message))
        finally:
            cluster.stop()
    files = [file for file in written if file is not None]
    if files:
        subprocess.run(  # noqa: S603 - our own formatter on our own files
            [sys.executable, "-m", "ruff", "format", "--quiet", *files], check=True
        )
    return files


def _database(admin: str, service: str) -> str:
    with closing(connect(admin)) as connection, connection.cursor() as cursor:
        cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(service)))
    url = make_url(admin).set(drivername="postgresql+psycopg2", database=service)
    return url.render_as_string(hide_password=False)


def write_schemas(*, check: bool) -> list[str]:
    """Write contracts/schemas and docs/permissions.md anew; returns the names of the stale files.

    With `check` nothing is written.
    """
    warnings.filterwarnings("ignore", "\nEventlet is deprecated")
    from crmkit.schemas import permissions  # noqa: PLC0415 - imports eventlet
    from crmkit.schemas.documents import documents  # noqa: PLC0415 - as above

    services = [roster.service_class(service) for service in SERVICE_PORTS]
    written = documents(services, DECLARED, version=metadata.version("tandem-crm"))
    files = {roster.SCHEMAS / name: content for name, content in written.items()}
    files[roster.SCHEMAS.parents[1] / "docs" / "permissions.md"] = permissions.page(services)
    stale = []
    for file, content in files.items():
        if not file.exists() or file.read_bytes() != content:
            stale.append(file.name)
            if not check:
                file.parent.mkdir(exist_ok=True)
                file.write_bytes(content)
    return stale
