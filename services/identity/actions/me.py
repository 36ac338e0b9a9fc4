"""Who am I: the caller's own user record."""

from typing import Any

from contracts.errors import not_found
from crmkit.unit_of_work import UnitOfWork
from services.identity.entities.user import User


def me(uow: UnitOfWork) -> Any:
    """The user who asks. Raises Problem 404 for a caller that is no person."""
    user = uow.session.get(User, uow.caller.user_id)
    if user is None:
        raise not_found()
    return user
