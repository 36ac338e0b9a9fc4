"""The keys that sign tokens, as administrators see and renew them."""

from datetime import datetime

from pydantic import BaseModel

from crmkit.unit_of_work import UnitOfWork
from services.identity import keys, projections, security_events


class SigningKeyState(BaseModel):
    """A key that counts; one of them signs, one published after it will from `signs_from` on."""

    kid: str
    created_at: datetime
    signs_from: datetime
    signing: bool


class SigningKeys(BaseModel):
    """The newest first."""

    items: list[SigningKeyState]


def list_signing_keys(uow: UnitOfWork) -> SigningKeys:
    """The keys that access tokens may be signed with."""
    return SigningKeys.model_validate({"items": keys.of_now(uow)})


def rotate_signing_keys(uow: UnitOfWork) -> SigningKeys:
    """Publish the next key, which signs in ten minutes; the old one then goes. No request fails."""
    before = {key["kid"] for key in keys.of_now(uow)}
    keys.rotate(uow)
    projections.hear_at_once(uow)
    published = [key for key in keys.of_now(uow) if key["kid"] not in before]
    if published:
        security_events.note(uow, "signing_key_rotated", None, kid=published[0]["kid"])
    return SigningKeys.model_validate({"items": keys.of_now(uow)})
