"""The first start: an administrator who can sign in, roles and rights, a currency, taxes."""

import secrets
from decimal import Decimal

from sqlalchemy import func, select

from contracts.caller import system_caller
from crmkit import sealing
from crmkit.config import Settings
from crmkit.db import Database
from crmkit.entity import Entity
from crmkit.kept_secrets import kept
from crmkit.records import store
from crmkit.records.writing import journal
from crmkit.unit_of_work import UnitOfWork
from services.identity import keys, passwords, projections, shipped_rights
from services.identity.entities.currency import CURRENCY
from services.identity.entities.group import GROUP
from services.identity.entities.organisation import ORGANISATION
from services.identity.entities.ownership_transfer import OWNERSHIP_TRANSFER
from services.identity.entities.privacy_request import PRIVACY_REQUEST
from services.identity.entities.profile import PROFILE
from services.identity.entities.role import ROLE
from services.identity.entities.sharing_rule import SHARING_RULE
from services.identity.entities.tax import TAX
from services.identity.entities.user import USER, User
from services.identity.settings_of_now import use_settings

ENTITIES: tuple[Entity, ...] = (
    USER,
    ROLE,
    PROFILE,
    GROUP,
    SHARING_RULE,
    CURRENCY,
    TAX,
    ORGANISATION,
    PRIVACY_REQUEST,
    OWNERSHIP_TRANSFER,
)

# From the top of the tree down, as spec 1.27 has them; the administrator is the second.
ROLES = (
    ("Organisation", "Administrator"),
    ("CEO", "Administrator"),
    ("Vice President", "Sales"),
    ("Sales Manager", "Sales"),
    ("Sales Person", "Sales"),
)
"""Each with its profile, which the spec leaves open, and free to assign records to everybody."""
TAXES = (("VAT", "4.5"), ("Sales", "10"), ("Service", "12.5"))

_LOCK = 0x626F6F74  # "boot": processes that start together take turns
_PASSWORD_BYTES = 18


def bootstrap(database: Database, settings: Settings) -> None:
    """Write what a new suite needs, in one transaction; what is there already is left alone.

    Killed at any moment, it starts over next time. Its events wait in the outbox for the others,
    while this service's own doors know keys and people as soon as it is done.
    """
    sealing.use_keys(settings)
    use_settings(settings)
    entities = {entity.name: entity for entity in ENTITIES}
    with journal.unit_of_work(database, system_caller(), entities) as uow:
        uow.session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        keys.ensure(uow)
        if uow.session.scalar(select(User.id).limit(1)) is None:
            _furnish(uow, settings)
        shipped_rights.keep_what_was(uow)
        shipped_rights.tell_names(uow)
        projections.hear_at_once(uow)


def _furnish(uow: UnitOfWork, settings: Settings) -> None:
    profiles = shipped_rights.profiles(uow)
    above = None
    roles = []
    for name, profile in ROLES:
        values = {"name": name, "parent_id": above, "profile_ids": [profiles[profile]]}
        above = store.insert(uow, ROLE, values, source="CRM").id
        roles.append(above)
    shipped_rights.groups(uow, {name: role for (name, _), role in zip(ROLES, roles, strict=True)})
    administrator = {
        "username": "admin",
        "last_name": "Administrator",
        "email": "admin@example.com",
        "role_id": roles[1],
        "is_admin": True,
    }
    user = store.insert(uow, USER, administrator, source="CRM")
    dollar = {"code": "USD", "name": "US Dollar", "symbol": "$", "conversion_rate": Decimal(1)}
    store.insert(uow, CURRENCY, {**dollar, "is_base": True}, source="CRM")
    for name, rate in TAXES:
        store.insert(uow, TAX, {"name": name, "rate": Decimal(rate)}, source="CRM")
    mine = {"name": "My Organisation", "sharing": shipped_rights.sharing()}
    store.insert(uow, ORGANISATION, mine, source="CRM")
    password = settings.admin_password or kept(
        settings.var / "admin-password", lambda: secrets.token_urlsafe(_PASSWORD_BYTES)
    )
    passwords.keep(uow, user.id, password)
