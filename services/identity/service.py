"""Identity: who works here and how they sign in."""

from contracts.events.identity import IDENTITY_FACTS
from crmkit.doors.requests import Answer, Call, json_answer
from crmkit.doors.routes import route
from crmkit.doors.service import RecordService, delete, every, get, patch, post
from crmkit.records.rights.comparing import Rehearsal, Simulation
from crmkit.records.writing.validation import parse_body
from crmkit.unit_of_work import UnitOfWork
from services.identity import (
    challenges,
    keys,
    password_links,
    sessions,
    sign_ins,
    sso_attempts,
    throttling,
)
from services.identity.actions import (
    api_key,
    manage_providers,
    password_link,
    rotate_keys,
    second_factor,
    sso,
)
from services.identity.actions.deactivate_user import (
    Receiver,
    ReceiverQuery,
    deactivate_user,
    delete_user,
)
from services.identity.actions.delete_group import delete_group
from services.identity.actions.end_sessions import (
    SessionPage,
    end_my_other_sessions,
    end_session,
    end_sessions,
    list_my_sessions,
    list_sessions,
)
from services.identity.actions.issue_token import Credentials, issue_token
from services.identity.actions.list_sign_ins import list_my_sign_ins, list_sign_ins
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
from services.identity.actions.simulate_access import simulate
from services.identity.bootstrap import ENTITIES, bootstrap
from services.identity.entities import Base
from services.identity.entities.group import GROUP
from services.identity.entities.ownership_transfer import OWNERSHIP_TRANSFER
from services.identity.entities.privacy_request import PRIVACY_REQUEST
from services.identity.entities.user import USER
from services.identity.listing import Listed
from services.identity.sign_ins import SignIns
from services.identity.signing_in import Tokens
from services.identity.subscriptions import SUBSCRIPTIONS

_PROVIDERS = "set up identity providers"


class IdentityService(RecordService):
    """Users, the role tree, the organisation with its currencies and taxes, and the tokens."""

    name = "identity"
    base = Base
    entities = ENTITIES
    subscriptions = SUBSCRIPTIONS
    facts = IDENTITY_FACTS
    timers = (
        every(5, keys.tend),
        every(3600, sessions.prune),
        every(3600, sign_ins.prune),
        every(3600, throttling.prune),
        every(600, challenges.prune),
        every(600, sso_attempts.prune),
        every(3600, password_links.prune),
    )
    start = bootstrap

    token = post(
        "/auth/token", issue_token, body=Credentials, returns=Tokens, public=True, refuses=(429,)
    )
    refresh = post("/auth/refresh", refresh, body=RefreshToken, returns=Tokens, public=True)
    logout = post("/auth/logout", logout, body=RefreshToken, public=True)
    set_password = post(
        "/users/{id}/password",
        set_password,
        entity=USER,
        verb="set_password",
        body=GivenPassword,
        personal=True,
    )
    deactivate_user = post(
        "/users/{id}/deactivate",
        deactivate_user,
        entity=USER,
        verb="deactivate",
        body=Receiver,
        returns=OWNERSHIP_TRANSFER,
        status=202,
    )
    delete_user = delete(
        "/users/{id}",
        delete_user,
        entity=USER,
        verb="delete",
        query=ReceiverQuery,
        returns=OWNERSHIP_TRANSFER,
        status=202,
    )
    delete_group = delete(
        "/groups/{id}",
        delete_group,
        entity=GROUP,
        verb="delete",
        query=ReceiverQuery,
        returns=OWNERSHIP_TRANSFER,
        status=202,
    )
    forgot_password = post(
        "/auth/forgotten-password",
        password_link.forgot_password,
        body=password_link.Forgotten,
        public=True,
        refuses=(429,),
    )
    use_password_link = post(
        "/auth/password",
        password_link.use_password_link,
        body=password_link.NewPassword,
        public=True,
    )
    invite = post(
        "/users/{id}/invite", password_link.invite, entity=USER, verb="administer", personal=True
    )
    meet_challenge = post(
        "/auth/second-factor",
        second_factor.meet_challenge,
        body=second_factor.MetChallenge,
        returns=Tokens,
        public=True,
        refuses=(429,),
    )
    enrol_at_the_door = post(
        "/auth/second-factor/enrol",
        second_factor.enrol_at_the_door,
        body=second_factor.Challenge,
        returns=second_factor.Enrolment,
        public=True,
    )
    me = get("/me", me, returns=USER, any_scope=True)
    change_my_password = post(
        "/me/password", change_my_password, body=ChangedPassword, personal=True, refuses=(429,)
    )
    offered_providers = get("/auth/sso", sso.offered_providers, returns=sso.Offers, public=True)
    begin_sso = post(
        "/auth/sso",
        sso.begin_sso,
        body=sso.SignInBy,
        returns=sso.Departed,
        public=True,
        refuses=(404,),
    )
    complete_sso = post(
        "/auth/sso/complete", sso.complete_sso, body=sso.Returned, returns=Tokens, public=True
    )
    identity_providers = get(
        "/identity-providers",
        manage_providers.list_providers,
        returns=manage_providers.Providers,
        administering=_PROVIDERS,
        personal=True,
    )
    add_provider = post(
        "/identity-providers",
        manage_providers.add_provider,
        body=manage_providers.NewProvider,
        administering=_PROVIDERS,
        returns=manage_providers.Provider,
        status=201,
        personal=True,
    )
    change_provider = patch(
        "/identity-providers/{id}",
        manage_providers.change_provider,
        body=manage_providers.ProviderPatch,
        administering=_PROVIDERS,
        returns=manage_providers.Provider,
        personal=True,
    )
    remove_provider = delete(
        "/identity-providers/{id}",
        manage_providers.remove_provider,
        administering=_PROVIDERS,
        personal=True,
    )
    signing_keys_of_now = get(
        "/signing-keys",
        rotate_keys.list_signing_keys,
        administering="see the signing keys",
        returns=rotate_keys.SigningKeys,
    )
    rotate_signing_keys = post(
        "/signing-keys/rotate",
        rotate_keys.rotate_signing_keys,
        administering="renew the signing keys",
        returns=rotate_keys.SigningKeys,
        personal=True,
    )
    exchange_api_key = post(
        "/auth/api-key",
        api_key.exchange_api_key,
        body=api_key.Exchanged,
        returns=api_key.ScopedToken,
        public=True,
    )
    my_api_keys = get(
        "/me/api-keys",
        api_key.list_my_api_keys,
        query=Listed,
        returns=api_key.ApiKeys,
        personal=True,
    )
    make_my_api_key = post(
        "/me/api-keys",
        api_key.make_my_api_key,
        body=api_key.NewApiKey,
        returns=api_key.MadeApiKey,
        status=201,
        personal=True,
    )
    api_keys_of = get(
        "/users/{id}/api-keys",
        api_key.list_api_keys,
        entity=USER,
        verb="administer",
        query=Listed,
        returns=api_key.ApiKeys,
        personal=True,
    )
    make_api_key = post(
        "/users/{id}/api-keys",
        api_key.make_api_key,
        entity=USER,
        verb="administer",
        body=api_key.NewApiKey,
        returns=api_key.MadeApiKey,
        status=201,
        personal=True,
    )
    revoke_api_key = delete("/api-keys/{id}", api_key.revoke_api_key, personal=True)
    my_second_factor = get(
        "/me/second-factor", second_factor.my_second_factor, returns=second_factor.SecondFactor
    )
    enrol = post(
        "/me/second-factor/enrol",
        second_factor.enrol,
        body=second_factor.OwnPassword,
        returns=second_factor.Enrolment,
        personal=True,
        refuses=(429,),
    )
    confirm = post(
        "/me/second-factor/confirm",
        second_factor.confirm,
        body=second_factor.Code,
        returns=second_factor.RecoveryCodes,
        personal=True,
        refuses=(429,),
    )
    renew_recovery_codes = post(
        "/me/second-factor/recovery-codes",
        second_factor.renew_recovery_codes,
        body=second_factor.Code,
        returns=second_factor.RecoveryCodes,
        personal=True,
        refuses=(429,),
    )
    remove_second_factor = post(
        "/me/second-factor/remove",
        second_factor.remove,
        body=second_factor.Code,
        personal=True,
        refuses=(429,),
    )
    remove_second_factor_of = delete(
        "/users/{id}/second-factor",
        second_factor.remove_from,
        entity=USER,
        verb="administer",
        personal=True,
    )
    my_sign_ins = get("/me/sign-ins", list_my_sign_ins, query=Listed, returns=SignIns)
    sign_ins_of = get(
        "/users/{id}/sign-ins",
        list_sign_ins,
        entity=USER,
        verb="administer",
        query=Listed,
        returns=SignIns,
    )
    my_sessions = get("/me/sessions", list_my_sessions, query=Listed, returns=SessionPage)
    end_others = post("/me/sessions/end-others", end_my_other_sessions, personal=True)
    end_session = delete("/sessions/{id}", end_session, personal=True)
    sessions_of = get(
        "/users/{id}/sessions",
        list_sessions,
        entity=USER,
        verb="administer",
        query=Listed,
        returns=SessionPage,
    )
    end_sessions = delete(
        "/users/{id}/sessions", end_sessions, entity=USER, verb="administer", personal=True
    )
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

    @route(
        "POST",
        "/access/simulate",
        body=Simulation,
        answer=Rehearsal,
        administering="simulate a change of rights",
    )
    def simulate_access(self, uow: UnitOfWork, call: Call) -> Answer:
        """Try a change of rights, undo it, and say what services would hear of it."""
        return json_answer(simulate(uow, parse_body(Simulation, call.json())).model_dump())


SERVICE = IdentityService
