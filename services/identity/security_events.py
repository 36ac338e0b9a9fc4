"""What happened to somebody's way in: kept in the audit, and told to the others.

What is told says who and what; from where it came is in the audit alone.
"""

from dataclasses import asdict
from typing import Any

from contracts.events.identity import SecurityKind, SecurityNoted
from crmkit.records.auditing import noting
from crmkit.unit_of_work import UnitOfWork, new_id


def note(uow: UnitOfWork, kind: SecurityKind, user_id: str | None, **details: Any) -> None:
    """Have the act in the audit, and tell of it, when the transaction commits.

    No secret is a detail, and nothing that tells of a person but an id.
    """
    personal = {"device": uow.origin.device} if uow.origin.device else {}
    noting.note(uow, f"sign_in.{kind}", "user", user_id, details=details, personal=personal)
    uow.tell("security", new_id(), "noted", 1, asdict(SecurityNoted(kind, user_id)))
