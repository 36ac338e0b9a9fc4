"""Identity: who works here and how they sign in."""

from crmkit.doors.service import RecordService, every, get, post
from services.identity import sessions
from services.identity.actions.issue_token import Credentials, Tokens, issue_token
from services.identity.actions.me import me
from services.identity.actions.privacy_requests import (
    ConfirmErasure,
    cancel_request,
    confirm_erasure,
)
from services.identity.actions.refresh_token import RefreshToken, logout, refresh
from services.identity.actions.set_password import (
    ChangedPassword,
    GivenPassword,
    change_my_password,
    set_password,
)
from services.identity.bootstrap import ENTITIES, bootstrap
from services.identity.entities import Base
from services.identity.entities.privacy_request import PRIVACY_REQUEST
from services.identity.entities.user import USER
from services.identity.subscriptions import SUBSCRIPTIONS


class IdentityService(RecordService):
    """Users, the role tree, the organisation with its currencies and taxes, and the tokens."""

    name = "identity"
    base = Base
    entities = ENTITIES
    subscriptions = SUBSCRIPTIONS
    timers = (every(3600, sessions.prune),)
    start = bootstrap

    token = post("/auth/token", issue_token, body=Credentials, returns=Tokens, public=True)
    refresh = post("/auth/refresh", refresh, body=RefreshToken, returns=Tokens, public=True)
    logout = post("/auth/logout", logout, body=RefreshToken, public=True)
    set_password = post(
        "/users/{id}/password", set_password, entity=USER, verb="set_password", body=GivenPassword
    )
    me = get("/me", me, returns=USER)
    change_my_password = post("/me/password", change_my_password, body=ChangedPassword)
    confirm_erasure = post(
        "/privacy-requests/{id}/confirm",
        confirm_erasure,
        entity=PRIVACY_REQUEST,
        verb="confirm",
        body=ConfirmErasure,
        returns=PRIVACY_REQUEST,
    )
    cancel_request = post(
        "/privacy-requests/{id}/cancel",
        cancel_request,
        entity=PRIVACY_REQUEST,
        verb="cancel",
        returns=PRIVACY_REQUEST,
    )


SERVICE = IdentityService
