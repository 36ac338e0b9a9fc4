"""What Schemathesis is made to do: note each answer, and leave alone who signed it in."""

import os
from pathlib import Path
from typing import Any

import schemathesis

NOTES = "TANDEM_FUZZ_NOTES"
"""The variable of the environment that names the file."""
CALLER = "TANDEM_FUZZ_CALLER"
"""The variable that names the administrator of the run and the session, with a space between."""


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: Any) -> None:
    """It learns ids from answers, too: one that ended its own session would only get 401."""
    of_people = case.path.startswith(("/api/v1/users/{id}", "/api/v1/sessions/{id}"))
    if of_people and case.path_parameters.get("id") in os.environ[CALLER].split():
        case.path_parameters["id"] = "nobody"


@schemathesis.hook
def after_call(_context: Any, case: Any, response: Any) -> None:
    with Path(os.environ[NOTES]).open("a", encoding="utf-8") as notes:
        notes.write(f"{case.operation.label}\t{response.status_code}\n")
