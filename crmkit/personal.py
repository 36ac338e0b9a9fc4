"""What a service declares of people's data: what it keeps beside records, and what must stay."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table

Hold = Callable[[Any], str]
"""Why the personal fields of this record must stay; empty if nothing speaks for it."""


@dataclass(frozen=True, slots=True)
class Beside:
    """Rows of `table` are about the record in their column `holder`, and go when it is erased.

    `shown` are the columns that whoever asks for their data is given; secrets are not.
    """

    table: Table
    shown: tuple[str, ...] = ()
    holder: str = "user_id"
