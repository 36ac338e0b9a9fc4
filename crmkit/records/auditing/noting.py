"""How an act gets into the audit: with the transaction that does it, or although it is refused."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from crmkit.records.auditing import chain
from crmkit.unit_of_work import Act, UnitOfWork

_NOTHING: Mapping[str, Any] = {}


def note(
    uow: UnitOfWork,
    act: str,
    subject_type: str = "",
    subject_id: str | None = None,
    *,
    details: Mapping[str, Any] = _NOTHING,
    personal: Mapping[str, Any] = _NOTHING,
) -> None:
    """Have it in the audit when, and only if, the transaction commits.

    `act` is a dotted word in the past tense (`user.changed`, `records.exported`); `subject_type`
    and `subject_id` say what it was done to. Names, addresses and whatever else tells of a person
    belong into `personal`: it is as safe from being altered as the rest, but an erasure can take
    it out.
    """
    uow.acts.append(_act(uow, act, (subject_type, subject_id), details, personal))


def note_apart(
    uow: UnitOfWork,
    act: str,
    subject_type: str = "",
    subject_id: str | None = None,
    *,
    details: Mapping[str, Any] = _NOTHING,
    personal: Mapping[str, Any] = _NOTHING,
) -> None:
    """The same in a transaction of its own, at once: for a refusal, which undoes the caller's.

    It is also the way for what only reads. Not to be called by who holds the chain already, that
    is after the journal was written.
    """
    with Session(uow.session.get_bind().engine) as apart, apart.begin():
        noted = _act(uow, act, (subject_type, subject_id), details, personal)
        chain.extend(apart, [noted])


def _act(
    uow: UnitOfWork,
    act: str,
    subject: tuple[str, str | None],
    details: Mapping[str, Any],
    personal: Mapping[str, Any],
) -> Act:
    known = {"address": uow.caller.address} if uow.caller.address else {}
    return Act(act, *subject, details, {**known, **personal}, uow.caller)
