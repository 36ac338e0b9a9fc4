"""A copy of the workshop that does nothing but jobs: `python -m tests.kit.work DATABASE_URL`."""

import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

from crmkit.db import Database
from crmkit.records.background.job_worker import JobWorker
from crmkit.records.background.jobs import Work
from crmkit.records.importing.running import IMPORT
from crmkit.records.ownership import MOVE
from crmkit.records.tailoring.loading import Shaped
from tests.kit.workshop.nudging import NUDGE_ELSEWHERE

IMPORT_ELSEWHERE = Work("import_elsewhere", IMPORT.step)
MOVE_ELSEWHERE = Work("move_elsewhere", MOVE.step)
"""Likewise kinds that only such copies know."""


@contextmanager
def copy_of_the_workshop(workshop, *, fault=""):
    url = workshop.database.url.render_as_string(hide_password=False)
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "tests.kit.work", url],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "TANDEM_FAULT": fault},
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


def main(url: str) -> None:
    from tests.kit.workshop.service import WorkshopService  # noqa: PLC0415 - brings eventlet

    entities = {entity.name: entity for entity in WorkshopService.entities}
    works = [NUDGE_ELSEWHERE, IMPORT_ELSEWHERE, MOVE_ELSEWHERE]
    worker = JobWorker(Database(url, "workshop"), Shaped(entities).newest, works)
    worker.run(threading.Event())


if __name__ == "__main__":
    main(*sys.argv[1:])
