"""Schemathesis is made to note what each operation was answered; the run reads it afterwards."""

import os
from pathlib import Path
from typing import Any

import schemathesis

NOTES = "TANDEM_FUZZ_NOTES"
"""The variable of the environment that names the file."""


@schemathesis.hook
def after_call(_context: Any, case: Any, response: Any) -> None:
    with Path(os.environ[NOTES]).open("a", encoding="utf-8") as notes:
        notes.write(f"{case.operation.label}\t{response.status_code}\n")
