"""What developers generate: the next migration of each service, and the committed schemas."""

import tempfile
from contextlib import closing
from pathlib import Path

from psycopg2 import sql
from sqlalchemy.engine import make_url

from contracts.services import SERVICE_PORTS
from crmkit import migrations
from tandem import roster
from tandem.postgres import EmbeddedPostgres
from tandem.provision import connect


def write_revisions(message: str) -> list[Path]:
    """Write what is missing of each service's migrations; returns the new files.

    The database that the declarations are compared with is made for it, from the migrations there
    are.
    """
    written = []
    with tempfile.TemporaryDirectory() as directory:
        cluster = EmbeddedPostgres(Path(directory), durable=False)
        try:
            admin = cluster.start()
            for service in SERVICE_PORTS:
                url = _database(admin, service)
                versions = roster.revisions(service)
                migrations.upgrade(url, versions)
                metadata = roster.service_class(service).base.metadata
                file = migrations.write_revision(url, metadata, versions, message)
                if file is not None:
                    written.append(file)
        finally:
            cluster.stop()
    return written


def _database(admin: str, service: str) -> str:
    with closing(connect(admin)) as connection, connection.cursor() as cursor:
        cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(service)))
    url = make_url(admin).set(drivername="postgresql+psycopg2", database=service)
    return url.render_as_string(hide_password=False)
