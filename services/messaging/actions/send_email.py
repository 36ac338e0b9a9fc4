"""Put an e-mail that failed back into the queue."""

from contracts.errors import refused
from crmkit.records import store
from crmkit.unit_of_work import UnitOfWork
from services.messaging.entities.email import EMAIL, Email


def send_email(uow: UnitOfWork, email: Email) -> Email:
    """Try again from the first attempt on; the Message-ID stays.

    Raises Problem 409 unless it failed, 422 if it still cannot be sent.
    """
    if email.status != "failed":
        raise refused("email_not_failed", f"The e-mail is {email.status}; only a failed one is.")
    again = {"status": "queued", "attempts": 0, "next_attempt_at": uow.at, "last_error": None}
    store.update(uow, EMAIL, email, again, fact="queued")
    return email
