"""What identity tells the others: people, the role tree, the keys that tokens are signed with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

USER = "crm.identity.user.*.v1"
PASSWORD_LINK = "crm.identity.password_link.issued.v1"  # noqa: S105 - a type of event
ROLE = "crm.identity.role.*.v1"
PROFILE = "crm.identity.profile.*.v1"
GROUP = "crm.identity.group.*.v1"
SHARING_RULE = "crm.identity.sharing_rule.*.v1"
SIGNING_KEYS = "crm.identity.signing_key.*.v1"
ORGANISATION = "crm.identity.organisation.*.v1"
CURRENCY = "crm.identity.currency.*.v1"
SESSION_ENDED = "crm.identity.session.ended.v1"
TAX = "crm.identity.tax.*.v1"


SecurityKind = Literal[
    "api_key_made",
    "api_key_revoked",
    "attempts_delayed",
    "identity_provider_changed",
    "password_changed",
    "password_link_sent",
    "password_set",
    "recovery_codes_renewed",
    "refresh_token_reused",
    "second_factor_enrolled",
    "second_factor_removed",
    "session_revoked",
    "sessions_revoked",
    "signing_key_rotated",
    "sso_linked",
]
"""What can happen to somebody's way in."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """`data["record"]` of `signing_key`: the public half of a key, and whether it still counts.

    `jwk` is the public key in the form of RFC 8037; `kid` is the name that tokens call it by.
    """

    kid: str
    jwk: Mapping[str, str]
    retired: bool


@dataclass(frozen=True, slots=True)
class SecurityNoted:
    """`noted`, subject the note's id, version 1: something was done about a person's way in.

    `user_id` is None where nobody has the username that was typed.
    """

    kind: SecurityKind
    user_id: str | None


@dataclass(frozen=True, slots=True)
class SessionEnded:
    """`ended`, subject the session's id (`sid` of its tokens), version 1.

    Its access tokens count no more; `until` (RFC 3339) is when the last of them expires anyway.
    """

    user_id: str
    until: str


@dataclass(frozen=True, slots=True)
class PasswordLinkIssued:
    """`issued`, subject the link's id, version 1: mail the user a link that sets a password once.

    `reason` is `invited` or `forgotten`. `sealed` is the secret of the link in base64, encrypted
    (`crmkit/sealing.py`) so that whoever else reads the stream learns nothing from it.
    """

    user_id: str
    name: str
    email: str
    reason: str
    sealed: str
    expires_at: str


IDENTITY_FACTS: Mapping[str, type] = {
    "password_link.issued": PasswordLinkIssued,
    "security.noted": SecurityNoted,
    "session.ended": SessionEnded,
}
"""What identity tells besides its records, by subject and fact."""
