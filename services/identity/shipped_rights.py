"""The profiles, groups and defaults that a new suite starts with, named as vtiger's are.

Spec 1.27 gives the names of profiles and groups, and what everybody may do at first.
"""

from collections.abc import Mapping

from sqlalchemy import select

from contracts.rights import EVERY_VERB, PUBLIC_FULL
from crmkit.records import principals, recycle, store
from crmkit.records.rights import tables
from crmkit.unit_of_work import UnitOfWork
from services.identity import modules
from services.identity.entities.group import GROUP
from services.identity.entities.profile import PROFILE, Profile
from services.identity.entities.role import ROLE, Role
from services.identity.entities.user import User

_EVERYTHING = {"active": True, "verbs": [EVERY_VERB]}
_LOOK = {"active": True, "verbs": ["view", "export"]}

# Spec 1.27 names these four and says no more of them: what each grants is this suite's own choice.
PROFILES: tuple[Mapping[str, object], ...] = (
    {
        "name": "Administrator",
        "description": "Everything in every module",
        "view_all": True,
        "edit_all": True,
        "others": _EVERYTHING,
    },
    {
        "name": "Sales",
        "description": "Everything but other people's tickets",
        "others": _EVERYTHING,
        "modules": {"ticket": {**_LOOK, "fields": {}}},
    },
    {
        "name": "Support",
        "description": "Everything but other people's opportunities",
        "others": _EVERYTHING,
        "modules": {"opportunity": {**_LOOK, "fields": {}}},
    },
    {
        "name": "Guest",
        "description": "Looks, and changes nothing",
        "others": {"active": True, "verbs": ["view"]},
    },
)

# Of these it has the names; who is a member is this suite's own choice.
GROUPS = (
    ("Team Selling", (("role", "Sales Manager"), ("role_and_below", "Sales Person"))),
    ("Marketing", (("role", "CEO"), ("role_and_below", "Vice President"))),
    ("Support", (("role", "Vice President"), ("role_and_below", "Vice President"))),
)


def profiles(uow: UnitOfWork) -> dict[str, str]:
    """The ids of the shipped profiles by name."""
    return {
        str(values["name"]): store.insert(uow, PROFILE, values, source="CRM").id
        for values in PROFILES
    }


def groups(uow: UnitOfWork, roles: Mapping[str, str]) -> None:
    """The shipped groups; `roles` are the ids of the shipped roles by name."""
    for name, parties in GROUPS:
        members = [{"kind": kind, "id": roles[role]} for kind, role in parties]
        store.insert(uow, GROUP, {"name": name, "members": members}, source="CRM")


def sharing() -> dict[str, str]:
    """What a new organisation lets everybody do: with each module's records, everything.

    Contacts and e-mails follow accounts. The one module that starts private in spec 1.27, the
    calendar, is none of this suite's yet.
    """
    return dict.fromkeys(sorted(modules.shareable()), PUBLIC_FULL)


def tell_names(uow: UnitOfWork) -> None:
    """Tell roles and profiles once more whose names no service kept before it explained rights.

    This service's own copy stands for those of all: once told, its names are there.
    """
    copies = (
        (ROLE, principals.role.c.role_id, principals.role.c.name),
        (PROFILE, tables.profile.c.profile_id, tables.profile.c.name),
    )
    for entity, key, name in copies:
        nameless = uow.session.scalars(select(key).where(name.is_(None))).all()
        for record in store.lock(uow, entity, nameless).values():
            if record.deleted_at is None:
                recycle.tell(uow, entity, record, "changed")


def keep_what_was(uow: UnitOfWork) -> None:
    """Give the roles of a suite from before there were profiles one that takes nothing away.

    Its modules stay private, as they were. Nothing happens in a suite that has a profile.
    """
    if uow.session.scalar(select(Profile.id).limit(1)) is not None:
        return
    if uow.session.scalar(select(User.id).limit(1)) is None:
        return
    values = {
        "name": "As before profiles",
        "description": "Every verb of every module, on one's own records and those below",
        "others": _EVERYTHING,
    }
    profile = store.insert(uow, PROFILE, values, source="CRM")
    uow.session.flush()
    for role in uow.session.scalars(select(Role).order_by(Role.id).with_for_update()).all():
        store.update(uow, ROLE, role, {"profile_ids": [profile.id]})
