"""The history of sign-ins: of one's own account, or of anybody's for administrators."""

from typing import Any

from crmkit.unit_of_work import UnitOfWork
from services.identity import sign_ins
from services.identity.entities.user import User
from services.identity.listing import Listed


def list_my_sign_ins(uow: UnitOfWork, wish: Listed) -> dict[str, Any]:
    """Who signed in or tried to sign in as the caller, the newest first."""
    return sign_ins.of_user(uow, uow.caller.user_id, wish)


def list_sign_ins(uow: UnitOfWork, user: User, wish: Listed) -> dict[str, Any]:
    """Who signed in or tried to sign in as this user, the newest first."""
    return sign_ins.of_user(uow, user.id, wish)
