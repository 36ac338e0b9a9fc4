"""What an administrator decides about a privacy request: to go on erasing, or to let it be."""

from pydantic import BaseModel, ConfigDict

from contracts.errors import refused
from contracts.events.privacy import ERASING, FINDING
from crmkit.records import store
from crmkit.unit_of_work import UnitOfWork
from services.identity.entities.privacy_request import (
    CANCELLED,
    PRIVACY_REQUEST,
    READY,
    Ids,
    PrivacyRequest,
)


class ConfirmErasure(BaseModel):
    """`spare` are ids of records that were found and are somebody else after all."""

    model_config = ConfigDict(extra="forbid")
    spare: Ids = []


def confirm_erasure(
    uow: UnitOfWork, request: PrivacyRequest, body: ConfirmErasure
) -> PrivacyRequest:
    """Erase the person as the report says it would be done; there is no way back.

    Raises Problem 409 `not_ready` before every service has said what it would do.
    """
    if request.state != READY:
        raise refused("not_ready", f"The request is {request.state}, not ready.")
    values = {
        "state": ERASING,
        "round": request.round + 1,
        "spared": body.spare,
        "records": [one for one in request.records if one["id"] not in body.spare],
        "confirmed_by": uow.caller.user_id,
        "confirmed_at": uow.at,
    }
    confirmed: PrivacyRequest = store.update(
        uow, PRIVACY_REQUEST, request, values, fact="confirmed"
    )
    return confirmed


def cancel_request(uow: UnitOfWork, request: PrivacyRequest) -> PrivacyRequest:
    """Do nothing of it. Raises Problem 409 `too_late` once anything is gathered or erased."""
    if request.state not in {FINDING, READY}:
        raise refused("too_late", f"The request is {request.state} and cannot be cancelled.")
    cancelled: PrivacyRequest = store.update(
        uow, PRIVACY_REQUEST, request, {"state": CANCELLED, "waiting_for": []}, fact="cancelled"
    )
    return cancelled
