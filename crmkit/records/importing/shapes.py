"""What is said about imports: how a file is read, which column is which field, what came of it."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic import Field as Constraint

from crmkit.records.background.jobs import JobDocument

MOST_COLUMNS = 300
MOST_MATCHED = 5

_Name = Annotated[str, StringConstraints(min_length=1, max_length=250)]
MappingName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Dates = Literal["auto", "ymd", "dmy", "mdy"]
Decimal = Literal["auto", ".", ","]


class OnMatch(StrEnum):
    """What to do with a row for which there is a record already.

    OVERWRITE sets what the row says, MERGE only what the record has nothing in, CREATE makes
    another one all the same.
    """

    SKIP = "skip"
    OVERWRITE = "overwrite"
    MERGE = "merge"
    CREATE = "create"


class Reading(BaseModel):
    """How to read the file; what is left out is found out."""

    model_config = ConfigDict(extra="forbid")

    encoding: Annotated[str, StringConstraints(max_length=40)] | None = Constraint(
        default=None, description="As Python names it: utf-8, cp1252, utf-16."
    )
    delimiter: Annotated[str, StringConstraints(pattern=r"^[^\"\r\n0-9A-Za-z]$")] | None = (
        Constraint(default=None, description="What stands between the cells of a CSV file.")
    )
    header: bool | None = Constraint(
        default=None, description="Whether the first row holds the names of the columns."
    )
    sheet: Annotated[str, StringConstraints(max_length=100)] | None = Constraint(
        default=None, description="Which sheet of a workbook; the first, if left out."
    )


class Upload(Reading):
    """How to read the file that is the body, and what it is called."""

    name: Annotated[str, StringConstraints(max_length=200)] = Constraint(
        default="", description="The file's name."
    )


class ColumnPlan(BaseModel):
    """One column: the field it goes into, and how its cells are written.

    `by` says how a link names its record: by its name, its number, another system's key
    (`source:key`), its id, or whichever of these finds it.
    """

    model_config = ConfigDict(extra="forbid")

    column: _Name
    field: _Name
    dates: Dates | None = None
    decimal: Decimal | None = None
    by: Literal["auto", "name", "number", "external", "id"] = "auto"


class Plan(BaseModel):
    """What to make of the rows.

    `defaults` are for fields that a row leaves empty, `constants` for every row; both as a client
    sends them when it creates a record. A row belongs to the record that agrees with it in the
    fields `match`, as duplicates are compared (without regard to case and spaces), or, with
    `match_duplicates`, in a set of the module's duplicate rule; without `on_match` the rule's
    `on_conflict` says what happens then. `clear_empty` lets empty cells empty fields.
    """

    model_config = ConfigDict(extra="forbid")

    columns: Annotated[list[ColumnPlan], Constraint(max_length=MOST_COLUMNS)] = []
    defaults: dict[str, Any] = {}
    constants: dict[str, Any] = {}
    dates: Dates = "auto"
    decimal: Decimal = "auto"
    match: Annotated[list[_Name], Constraint(max_length=MOST_MATCHED)] = []
    match_duplicates: bool = False
    on_match: OnMatch | None = None
    clear_empty: bool = False


class FileColumn(BaseModel):
    """A column of the file; `dates` and `decimal` are how its cells are written, if it shows."""

    name: str
    dates: str | None
    decimal: str | None


class ImportDocument(BaseModel):
    """A file that was sent, how it was read, its first rows, and the jobs about it.

    `proposal` is a plan made from the names of the columns.
    """

    id: str
    entity: str
    name: str
    format: Literal["csv", "xlsx", "vcard"]
    encoding: str | None
    delimiter: str | None
    header: bool | None
    sheet: str | None
    sheets: list[str]
    rows: int
    columns: list[FileColumn]
    preview: list[list[Any]]
    proposal: Plan
    plan: Plan | None
    check: JobDocument | None
    run: JobDocument | None
    undo: JobDocument | None
    created_by: str
    created_at: datetime
    expires_at: datetime | None


class ImportSummary(BaseModel):
    """An import in the list of them."""

    id: str
    name: str
    format: str
    rows: int
    check: JobDocument | None
    run: JobDocument | None
    undo: JobDocument | None
    created_by: str
    created_at: datetime


class ImportPage(BaseModel):
    """Imports, the newest first."""

    items: list[ImportSummary]
    next_cursor: str | None


class Mapping(BaseModel):
    """A plan kept under a name, for everybody who imports such records."""

    name: MappingName
    plan: Plan
    created_by: str
    modified_at: datetime


class Mappings(BaseModel):
    """In the order of their names."""

    items: list[Mapping]


class Proposal(BaseModel):
    """Whose plan to propose for the file."""

    mapping: MappingName | None = Constraint(
        default=None, description="The name of a saved mapping."
    )
