"""The first start: an administrator who can sign in, roles, a currency, taxes, an organisation."""

import os
import secrets
from decimal import Decimal
from pathlib import Path

from sqlalchemy import func, select

from contracts.caller import system_caller
from crmkit.config import Settings
from crmkit.db import Database
from crmkit.entity import Entity
from crmkit.records import store
from crmkit.records.writing import journal
from crmkit.unit_of_work import UnitOfWork
from services.identity import keys, passwords, projections
from services.identity.entities.currency import CURRENCY
from services.identity.entities.organisation import ORGANISATION
from services.identity.entities.privacy_request import PRIVACY_REQUEST
from services.identity.entities.role import ROLE
from services.identity.entities.tax import TAX
from services.identity.entities.user import USER, User

ENTITIES: tuple[Entity, ...] = (USER, ROLE, CURRENCY, TAX, ORGANISATION, PRIVACY_REQUEST)

# From the top of the tree down, as vtiger ships them; the administrator is the second.
ROLES = ("Organisation", "CEO", "Vice President", "Sales Manager", "Sales Person")
TAXES = (("VAT", "4.5"), ("Sales", "10"), ("Service", "12.5"))

_LOCK = 0x626F6F74  # "boot": processes that start together take turns
_PASSWORD_BYTES = 18


def bootstrap(database: Database, settings: Settings) -> None:
    """Write what a new suite needs, in one transaction; what is there already is left alone.

    Killed at any moment, it starts over next time. Its events wait in the outbox for the others,
    while this service's own doors know keys and people as soon as it is done.
    """
    entities = {entity.name: entity for entity in ENTITIES}
    with journal.unit_of_work(database, system_caller(), entities) as uow:
        uow.session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        keys.ensure(uow)
        if uow.session.scalar(select(User.id).limit(1)) is None:
            _furnish(uow, settings)
        projections.hear_at_once(uow)


def _furnish(uow: UnitOfWork, settings: Settings) -> None:
    above = None
    roles = []
    for name in ROLES:
        above = store.insert(uow, ROLE, {"name": name, "parent_id": above}, source="CRM").id
        roles.append(above)
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
    store.insert(uow, ORGANISATION, {"name": "My Organisation"}, source="CRM")
    password = settings.admin_password or _kept_password(settings.var / "admin-password")
    passwords.keep(uow, user.id, password)


def _kept_password(path: Path) -> str:
    """The password in the file; one is made and safely on disk before the user has it.

    A file left by a start that was killed holds the password of nobody yet, and is used again.
    """
    try:
        kept = path.read_text().strip()
    except FileNotFoundError:
        kept = ""
    if kept:
        return kept
    password = secrets.token_urlsafe(_PASSWORD_BYTES)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(file, "w") as out:
        out.write(password + "\n")
        out.flush()
        os.fsync(file)
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return password
