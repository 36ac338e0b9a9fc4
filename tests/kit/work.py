"""A copy of the workshop that does nothing but jobs: `python -m tests.kit.work DATABASE_URL`."""

import sys
import threading

from crmkit.db import Database
from crmkit.records.background.job_worker import JobWorker
from crmkit.records.tailoring.loading import Shaped
from tests.kit.workshop.nudging import NUDGE_ELSEWHERE
from tests.kit.workshop.service import WorkshopService


def main(url: str) -> None:
    entities = {entity.name: entity for entity in WorkshopService.entities}
    worker = JobWorker(Database(url, "workshop"), Shaped(entities).newest, [NUDGE_ELSEWHERE])
    worker.run(threading.Event())


if __name__ == "__main__":
    main(*sys.argv[1:])
