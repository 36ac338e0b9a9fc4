"""Imports at the door: send a file, try it, import it, see what came of it, take it back."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from contracts.errors import FieldError, invalid
from crmkit.doors.behaviours.behaviour import Behaviour
from crmkit.doors.behaviours.exporting import file_answer
from crmkit.doors.requests import Answer, Call, json_answer
from crmkit.doors.routes import parse_query, route
from crmkit.records.background.jobs import JobDocument, Work
from crmkit.records.exporting import MEDIA_TYPES, File
from crmkit.records.importing import imports, mappings, refused_rows, shapes
from crmkit.records.reading import query
from crmkit.records.writing.validation import parse_body
from crmkit.unit_of_work import UnitOfWork

_IMPORT: Mapping[str, str] = {"key": "Id of the import."}
_MAPPING: Mapping[str, str] = {"name": "The name under which it is kept."}
_FILES = ("text/csv", MEDIA_TYPES["xlsx"], "text/vcard", "application/octet-stream")
_LONGEST_NAME = 100


class Importing(Behaviour):
    """Files of whoever sent them, and of administrators; mappings of everybody who may import."""

    works: ClassVar[Sequence[Work]] = imports.WORKS

    @route(
        "POST",
        "/<plural>/imports",
        verb="import",
        query=shapes.Upload,
        body=bytes,
        takes=_FILES,
        answer=shapes.ImportDocument,
        status=201,
    )
    def upload_records(self, uow: UnitOfWork, call: Call, plural: str) -> Answer:
        """Send a file of records, CSV, XLSX or vCard, to be imported."""
        wish = parse_query(shapes.Upload, call.arguments)
        made = imports.begin(uow, uow.shown(self._entity(plural)), call.body, wish)
        return json_answer(made, 201, Location=f"/api/v1/{plural}/imports/{made['id']}")

    @route("GET", "/<plural>/imports", verb="import", query=query.Cut, answer=shapes.ImportPage)
    def list_imports(self, uow: UnitOfWork, call: Call, plural: str) -> Answer:
        """Imports of records, the newest first."""
        limit = query.page_size(call.request.args.get("limit"))
        cursor = call.request.args.get("cursor")
        return json_answer(
            imports.page(uow, uow.shown(self._entity(plural)), cursor=cursor, limit=limit)
        )

    @route("GET", "/<plural>/imports/mappings", verb="import", answer=shapes.Mappings)
    def list_import_mappings(self, uow: UnitOfWork, _call: Call, plural: str) -> Answer:
        """Saved plans for imports of records."""
        return json_answer({"items": mappings.every(uow, uow.shown(self._entity(plural)))})

    @route(
        "PUT",
        "/<plural>/imports/mappings/<name>",
        verb="import",
        places=_MAPPING,
        body=shapes.Plan,
        answer=shapes.Mapping,
    )
    def save_import_mapping(self, uow: UnitOfWork, call: Call, plural: str, name: str) -> Answer:
        """Save a plan for imports under a name."""
        if not 1 <= len(name.strip()) <= _LONGEST_NAME:
            error = FieldError("/name", "too_long", f"has 1 to {_LONGEST_NAME} letters")
            raise invalid([error])
        plan = parse_body(shapes.Plan, call.json())
        return json_answer(mappings.put(uow, uow.shown(self._entity(plural)), name.strip(), plan))

    @route(
        "DELETE",
        "/<plural>/imports/mappings/<name>",
        verb="import",
        places=_MAPPING,
        answer=None,
        status=204,
    )
    def delete_import_mapping(self, uow: UnitOfWork, _call: Call, plural: str, name: str) -> Answer:
        """Delete a saved plan for imports."""
        mappings.remove(uow, uow.shown(self._entity(plural)), name.strip())
        return Answer(204)

    @route(
        "GET",
        "/<plural>/imports/<key>",
        verb="import",
        places=_IMPORT,
        query=shapes.Proposal,
        answer=shapes.ImportDocument,
    )
    def read_import(self, uow: UnitOfWork, call: Call, plural: str, key: str) -> Answer:
        """Read an import: its columns, first rows, proposed plan and jobs."""
        asked = parse_query(shapes.Proposal, call.arguments)
        entity = uow.shown(self._entity(plural))
        return json_answer(imports.document(uow, entity, key, mapping=asked.mapping))

    @route(
        "DELETE", "/<plural>/imports/<key>", verb="import", places=_IMPORT, answer=None, status=204
    )
    def delete_import(self, uow: UnitOfWork, _call: Call, plural: str, key: str) -> Answer:
        """Forget an import and its file; what it made stays."""
        imports.remove(uow, uow.shown(self._entity(plural)), key)
        return Answer(204)

    @route(
        "POST",
        "/<plural>/imports/<key>/read",
        verb="import",
        places=_IMPORT,
        body=shapes.Reading,
        answer=shapes.ImportDocument,
    )
    def read_import_again(self, uow: UnitOfWork, call: Call, plural: str, key: str) -> Answer:
        """Read the file of an import another way."""
        wish = parse_body(shapes.Reading, call.json())
        return json_answer(imports.read_again(uow, uow.shown(self._entity(plural)), key, wish))

    @route(
        "POST",
        "/<plural>/imports/<key>/check",
        verb="import",
        places=_IMPORT,
        body=shapes.Plan,
        answer=JobDocument,
        status=202,
    )
    def check_import(self, uow: UnitOfWork, call: Call, plural: str, key: str) -> Answer:
        """Say what would become of each row, as a job; nothing is stored."""
        return _started(
            plural, imports.check(uow, uow.shown(self._entity(plural)), key, call.json())
        )

    @route(
        "POST",
        "/<plural>/imports/<key>/run",
        verb="import",
        places=_IMPORT,
        body=shapes.Plan,
        answer=JobDocument,
        status=202,
    )
    def run_import(self, uow: UnitOfWork, call: Call, plural: str, key: str) -> Answer:
        """Import the file, as a job."""
        return _started(plural, imports.run(uow, uow.shown(self._entity(plural)), key, call.json()))

    @route(
        "POST",
        "/<plural>/imports/<key>/undo",
        verb="import",
        places=_IMPORT,
        answer=JobDocument,
        status=202,
    )
    def undo_import(self, uow: UnitOfWork, _call: Call, plural: str, key: str) -> Answer:
        """Take an import back, as a job: what it made goes into the bin, what it changed back."""
        return _started(plural, imports.undo(uow, uow.shown(self._entity(plural)), key))

    @route(
        "GET",
        "/<plural>/imports/<key>/refused",
        verb="import",
        places=_IMPORT,
        answer=bytes,
        gives=("text/csv",),
        refuses=(409,),
    )
    def refused_import_rows(self, uow: UnitOfWork, _call: Call, plural: str, key: str) -> Answer:
        """The rows that were refused and why, as a file to mend and send again."""
        name, content = refused_rows.file_of(uow, uow.shown(self._entity(plural)), key)
        return file_answer(File(name=name, media_type=MEDIA_TYPES["csv"], content=content))


def _started(plural: str, job: Mapping[str, str]) -> Answer:
    return json_answer(job, 202, Location=f"/api/v1/{plural}/jobs/{job['id']}")
