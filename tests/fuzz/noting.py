"""What Schemathesis is made to do: note each answer, and leave alone who signed it in."""

import os
from pathlib import Path
from typing import Any

import schemathesis

NOTES = "TANDEM_FUZZ_NOTES"
"""The variable of the environment that names the file."""
CALLER = "TANDEM_FUZZ_CALLER"
"""The variable that names the administrator of the run."""


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: Any) -> None:
    """It learns ids from answers, too: one that ended its own sessions would only get 401."""
    of_users = case.path.startswith("/api/v1/users/{id}")
    if of_users and case.path_parameters.get("id") == os.environ[CALLER]:
        case.path_parameters["id"] = "nobody"


@schemathesis.hook
def after_call(_context: Any, case: Any, response: Any) -> None:
    with Path(os.environ[NOTES]).open("a", encoding="utf-8") as notes:
        notes.write(f"{case.operation.label}\t{response.status_code}\n")
