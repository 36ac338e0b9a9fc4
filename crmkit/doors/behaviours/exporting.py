"""Exports at the door: the file at once, or a job and later its file."""

from collections.abc import Sequence
from typing import ClassVar

from werkzeug.http import dump_options_header

from crmkit.doors.behaviours.behaviour import Behaviour
from crmkit.doors.requests import Answer, Call, json_answer
from crmkit.doors.routes import route
from crmkit.records import exporting
from crmkit.records.background.jobs import JobDocument, Work
from crmkit.records.exporting import File
from crmkit.unit_of_work import UnitOfWork

_FILES = tuple(media.partition(";")[0] for media in exporting.MEDIA_TYPES.values())


class Exporting(Behaviour):
    """What a list shows, as a file."""

    works: ClassVar[Sequence[Work]] = (exporting.EXPORT,)

    @route(
        "POST",
        "/<plural>/export",
        needs=("export",),
        body=exporting.Export,
        answer=bytes,
        also={202: JobDocument},
        gives=_FILES,
    )
    def export_records(self, uow: UnitOfWork, call: Call, plural: str) -> Answer:
        """Export what a list of records shows; over 5,000 of them as a job."""
        made = exporting.perform(uow, self._entity(plural), call.json())
        if isinstance(made, File):
            return file_answer(made)
        return json_answer(made, 202, Location=f"/api/v1/{plural}/jobs/{made['id']}")

    @route(
        "GET",
        "/<plural>/jobs/<key>/file",
        needs=(),
        places={"key": "Id of the job."},
        answer=bytes,
        gives=_FILES,
        refuses=(409,),
    )
    def read_job_file(self, uow: UnitOfWork, _call: Call, plural: str, key: str) -> Answer:
        """The file that a job has made."""
        return file_answer(exporting.fetch(uow, self._entity(plural), key))


def file_answer(file: File) -> Answer:
    """A file for the client to save."""
    headers = {
        "Content-Type": file.media_type,
        "Content-Disposition": dump_options_header("attachment", {"filename": file.name}),
        "X-Content-Type-Options": "nosniff",
    }
    return Answer(200, file.content, headers)
