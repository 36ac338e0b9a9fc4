"""What identity tells the others: people, the role tree, the keys that tokens are signed with."""

from collections.abc import Mapping
from dataclasses import dataclass

USER = "crm.identity.user.*.v1"
ROLE = "crm.identity.role.*.v1"
SIGNING_KEYS = "crm.identity.signing_key.*.v1"
ORGANISATION = "crm.identity.organisation.*.v1"
CURRENCY = "crm.identity.currency.*.v1"
TAX = "crm.identity.tax.*.v1"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """`data["record"]` of `signing_key`: the public half of a key, and whether it still counts.

    `jwk` is the public key in the form of RFC 8037; `kid` is the name that tokens call it by.
    """

    kid: str
    jwk: Mapping[str, str]
    retired: bool
