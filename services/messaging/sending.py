"""The worker that sends what is due: each mail at least once, and visibly failed if it cannot."""

from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import text

from contracts.caller import system_caller
from crmkit import sealing
from crmkit.config import Settings
from crmkit.db import Database
from crmkit.records import store
from crmkit.records.writing import journal
from services.messaging import composing, outlets, password_links
from services.messaging.entities.email import EMAIL, Email

RETRY_AFTER = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=12),
)
"""The wait after each failed try; the one after the last of them makes the mail failed."""

LEASE = timedelta(minutes=5)
"""How long a mail stays with a worker that never came back; then another one sends it."""

_MOST_AT_ONCE = 200
_ERROR_LENGTH = 2000

_CLAIM = text("""
    UPDATE email SET claimed_until = :until WHERE id = (
        SELECT id FROM email
        WHERE status = 'queued' AND deleted_at IS NULL AND next_attempt_at <= :at
          AND (claimed_until IS NULL OR claimed_until < :at)
        ORDER BY next_attempt_at, id LIMIT 1
        FOR UPDATE SKIP LOCKED)
    RETURNING id
""")

_log = structlog.get_logger("tandem.mail")


def send_due(database: Database, settings: Settings) -> None:
    """Send the mails that are due, the longest waiting first; stops when no mail can leave."""
    outlet = outlets.from_url(settings.smtp_url)
    try:
        for _ in range(_MOST_AT_ONCE):
            email = _claim(database)
            if email is None or not _send(database, settings, outlet, email):
                return
    finally:
        outlet.close()


def _claim(database: Database) -> Email | None:
    now = datetime.now(UTC)
    with database.transaction() as session:
        claimed = session.scalar(_CLAIM, {"at": now, "until": now + LEASE})
        return None if claimed is None else session.get_one(Email, str(claimed))


def _send(database: Database, settings: Settings, outlet: outlets.Outlet, email: Email) -> bool:
    """Whether it is worth going on with the next mail."""
    attempts = email.attempts + 1
    try:
        link = password_links.opened(email, settings.public_url)
        message = composing.compose(email, outlet.forced_sender, link)
        refused = outlet.deliver(message, composing.recipients(email))
    except outlets.DeferredError as error:
        _note_failure(database, email, attempts, error, final=attempts > len(RETRY_AFTER))
        return not isinstance(error, outlets.UnreachableError)
    except (outlets.RejectedError, sealing.Unreadable, ValueError) as error:
        _note_failure(database, email, attempts, error, final=True)
        return True
    note = "; ".join(f"{address}: {reply}" for address, reply in refused.items())
    sent = {
        "status": "sent",
        "attempts": attempts,
        "sent_at": datetime.now(UTC),
        "next_attempt_at": None,
        "last_error": note[:_ERROR_LENGTH] or None,
    }
    _note(database, email, sent, "sent")
    return True


def _note_failure(
    database: Database, email: Email, attempts: int, error: Exception, *, final: bool
) -> None:
    _log.warning("mail_not_sent", email_id=email.id, attempts=attempts, error=str(error))
    wait = None if final else RETRY_AFTER[attempts - 1]
    values = {
        "status": "failed" if wait is None else "queued",
        "attempts": attempts,
        "next_attempt_at": None if wait is None else datetime.now(UTC) + wait,
        "last_error": str(error)[:_ERROR_LENGTH],
    }
    _note(database, email, values, "failed" if final else "deferred")


def _note(database: Database, email: Email, values: dict[str, Any], fact: str) -> None:
    """Write down what became of the try, unless another worker has done so meanwhile."""
    with journal.unit_of_work(database, system_caller(), {EMAIL.name: EMAIL}) as uow:
        record = store.lock(uow, EMAIL, [email.id])[email.id]
        record.claimed_until = None
        if values["status"] != "queued":
            record.secret = None
        if record.status == "queued" and record.attempts == email.attempts:
            store.update(uow, EMAIL, record, values, fact=fact)
