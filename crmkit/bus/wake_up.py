"""A hint from PostgreSQL that there is work, so that workers need not ask for it all the time."""

import logging
import select
import time
from typing import Any

import psycopg2
from sqlalchemy.exc import SQLAlchemyError

from crmkit.bus.endurance import first_line
from crmkit.db import Database

_log = logging.getLogger(__name__)


class WakeUp:
    """Waits for a notification on `channel`. Without it a worker polls, and loses nothing."""

    def __init__(self, database: Database, channel: str) -> None:
        self._database = database
        self._channel = channel
        self._connection: Any = None

    def wait(self, seconds: float) -> None:
        """Return when there is a hint, or after `seconds`, or when the connection broke."""
        try:
            if self._connection is None:
                self._listen()  # and back at once: what was written before gave no hint
            elif select.select([self._connection], [], [], seconds)[0]:
                self._connection.poll()
                self._connection.notifies.clear()
        except (psycopg2.Error, SQLAlchemyError, OSError) as error:
            _log.info("no wake-up calls from %s: %s", self._database.service, first_line(error))
            self.close()
            time.sleep(seconds)

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _listen(self) -> None:
        pooled = self._database.engine.raw_connection()
        self._connection = pooled.dbapi_connection
        pooled.detach()  # its own, not one of those that requests wait for
        self._connection.autocommit = True
        with self._connection.cursor() as cursor:
            cursor.execute(f"LISTEN {self._channel}")
