"""Who may see and do what: one SQL clause over sets of owners, for lists and single reads alike.

The thirteen steps of spec 1.27, in their order, are numbered where they are taken.
"""

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    CompoundSelect,
    Select,
    Subquery,
    Text,
    Uuid,
    any_,
    cast,
    false,
    func,
    literal,
    or_,
    select,
    true,
)

from contracts.caller import Caller
from contracts.errors import Problem, forbidden, method_not_allowed
from contracts.rights import (
    NOT_SHARED,
    PRIVATE,
    PUBLIC_EDIT,
    PUBLIC_FULL,
    PUBLIC_READ,
    Owners,
    Rights,
    Shared,
)
from crmkit.db import KIT, TABLES
from crmkit.entity import Access, Entity
from crmkit.records import scopes
from crmkit.records.principals import principal
from crmkit.verbs import NEEDS, TOOLS

MODULE_OFF = "module_off"

READ, WRITE, DELETE = "read", "write", "delete"
"""What a verb does to a record, as far as sharing is asked."""

RECORDLESS = frozenset({"create", "import"})
"""Verbs of no record: step 7."""

_METHODS = {"view": "GET", "create": "POST", "edit": "PATCH", "delete": "DELETE"}
_ADMINISTRATORS = frozenset({"purge"})
"""What cannot be undone."""
_DELETING = frozenset({"delete", "merge", "purge"})
_EDIT_ALL = frozenset({"view", "create", "edit"})
OPEN = {
    READ: frozenset({PUBLIC_READ, PUBLIC_EDIT, PUBLIC_FULL}),
    WRITE: frozenset({PUBLIC_EDIT, PUBLIC_FULL}),
    DELETE: frozenset({PUBLIC_FULL}),
}
"""Which defaults of the organisation let everybody do what."""
_IDS = ARRAY(Uuid(as_uuid=False))


def require(entity: Entity, caller: Caller, verb: str) -> None:
    """Refuse an entity switched off (404), a verb nobody has here (405) or this caller (403)."""
    words = entity.plural.replace("-", " ")
    if not entity.tailoring.active:
        raise Problem(404, MODULE_OFF, f"{words.capitalize()} are switched off.")
    if not entity.allows(verb):
        raise method_not_allowed(_methods_beside(entity, verb))
    scopes.require(entity, caller, verb)
    if not may_ever(entity, caller, verb):
        wish = f"{verb.replace('_', ' ')} {words}"
        if of_administrators(entity, verb):
            raise forbidden(f"Only administrators may {wish}.")
        raise forbidden(f"Your profile does not let you {wish}.")


def require_administrator(caller: Caller, wish: str) -> None:
    """Raise Problem 403 for everybody else; `wish` is what only administrators may do."""
    if not caller.is_admin:
        raise forbidden(f"Only administrators may {wish}.")


def _methods_beside(entity: Entity, verb: str) -> list[str]:
    """What the address of a closed verb does take."""
    verbs = ("view", "create") if verb == "create" else ("view", "edit", "delete")
    return [_METHODS[verb] for verb in verbs if entity.allows(verb)]


def of_profiles(entity: Entity) -> bool:
    """Whether profiles say who does what with its records."""
    return entity.access in {Access.OWNED, Access.SHARED}


def of_administrators(entity: Entity, verb: str) -> bool:
    """Step 1: whether only administrators may have the verb, whatever profiles grant."""
    if verb in _ADMINISTRATORS or entity.access is Access.ADMIN_ONLY:
        return True
    return entity.access is Access.ADMIN_WRITES and verb != "view"


def may_ever(entity: Entity, caller: Caller, verb: str) -> bool:
    """Whether the caller may have `verb` on at least some record of the entity: steps 1 to 7."""
    if not entity.tailoring.active or not entity.allows(verb):
        return False
    if not scopes.permits(entity, caller, verb):
        return False
    if caller.is_admin:
        return True
    if of_administrators(entity, verb):
        return False
    return not of_profiles(entity) or granted(entity.name, caller.rights, verb)


def granted(module: str, rights: Rights, verb: str) -> bool:
    """Whether the profiles let the verb be done in the module: steps 4 to 6."""
    if everywhere(rights, verb):
        return True
    return not ungranted(module, rights, verb)


def ungranted(module: str, rights: Rights, verb: str) -> list[str]:
    """Of the verbs that this one takes, those that no profile grants in the module."""
    grants = rights.of(module).grants
    needed = sorted(NEEDS.get(verb, frozenset()) | {verb})
    return [one for one in needed if not (everywhere(rights, one) or grants(one))]


def everywhere(rights: Rights, verb: str) -> bool:
    """Step 4: whether a profile views or edits whatever there is."""
    return (rights.view_all and verb == "view") or (rights.edit_all and verb in _EDIT_ALL)


def way_of(verb: str) -> str:
    """What the verb does to a record: READ, WRITE or DELETE."""
    if verb in _DELETING:
        return DELETE
    return READ if verb == "view" or verb in TOOLS - {"mass_edit"} else WRITE


def visible(entity: Entity, caller: Caller, verb: str = "view") -> ColumnElement[bool]:
    """The clause that is true for the records on which `caller` has `verb`."""
    reached = reach(entity, caller, verb)
    if not reached:
        return true() if reached is None else false()
    owner = entity.model.__table__.c.owner_id
    return or_(*(_belongs(entity, owner, one) for one in reached))


def reach(entity: Entity, caller: Caller, verb: str) -> tuple[Shared, ...] | None:
    """Whose records those are: nobody's if it is empty; None if everybody's."""
    if not may_ever(entity, caller, verb):
        return ()
    if caller.is_admin or everywhere(caller.rights, verb) or entity.access is not Access.OWNED:
        return None
    return _shared(caller.rights, entity.follows or entity.name, way_of(verb))


def visible_of(
    module: str,
    caller: Caller,
    owner: ColumnElement[Any],
    verb: str = "view",
    *,
    follows: str = "",
) -> ColumnElement[bool]:
    """The same of a module of which only the owners are known: another service's, or what was.

    What rules share by way of a parent is not in it: that is `shared_below`.
    """
    if caller.is_admin:
        return true()
    if not granted(module, caller.rights, verb):
        return false()
    shared = _shared(caller.rights, follows or module, way_of(verb))
    if shared is None or everywhere(caller.rights, verb):
        return true()
    return or_(*(owned_by(owner, one.owners) for one in shared if not one.parent))


def shared_below(module: str, caller: Caller, *, follows: str = "") -> tuple[Shared, ...]:
    """What the caller views of such a module only because it lies below a record that is shared."""
    rights = caller.rights
    if caller.is_admin or not granted(module, rights, "view") or everywhere(rights, "view"):
        return ()
    shared = _shared(rights, follows or module, READ)
    return tuple(one for one in shared or () if one.parent)


def visible_below(
    entity: Entity, caller: Caller, link: Callable[[str], ColumnElement[Any]]
) -> ColumnElement[bool]:
    """The clause for what is viewed so, where `link` is what a link field held, by its name."""
    held = (
        link(name).in_(_above(entity, one))
        for one in shared_below(entity.name, caller, follows=entity.follows)
        for parent, name in entity.parents
        if parent == one.parent
    )
    return or_(false(), *held)


def visible_owners(caller: Caller, owner: ColumnElement[Any]) -> ColumnElement[bool]:
    """The clause that is true where `owner` is someone whose records are the caller's by place."""
    return true() if caller.is_admin else owned_by(owner, caller.rights.own)


def _shared(rights: Rights, module: str, way: str) -> tuple[Shared, ...] | None:
    """Steps 9 to 13: whose records of the module; None if everybody's."""
    if rights.defaults.get(module, PRIVATE) in OPEN[way]:
        return None
    own = (Shared(rights.own),)
    if way == DELETE:
        return own
    sharing = rights.sharing.get(module, NOT_SHARED)
    return (sharing.read if way == READ else sharing.write) or own


def owned_by(owner: ColumnElement[Any], owners: Owners) -> ColumnElement[bool]:
    """The clause that is true where `owner` is one of them.

    Few are named one by one: PostgreSQL then knows how rare their records are and chooses between
    the index by owner and the one by id. Of many, it is told their roles.
    """
    named = cast(literal(owners.ids, Text), _IDS)
    if owners.role_ids == "{}":
        return owner == any_(named)
    return owner.in_(each_of(named, cast(literal(owners.role_ids, Text), _IDS)))


def each_of(
    named: ColumnElement[Any], roles: ColumnElement[Any] | None
) -> Select[Any] | CompoundSelect[Any]:
    """The ids of these owners, and of who has one of the roles, row by row as `owner_id`.

    How many these are PostgreSQL does not know.
    """
    ids = select(func.unnest(named).label("owner_id"))
    if roles is None:
        return ids
    held = select(principal.c.user_id.label("owner_id")).where(principal.c.role_id == any_(roles))
    return held.union_all(ids)


def _belongs(entity: Entity, owner: ColumnElement[Any], shared: Shared) -> ColumnElement[bool]:
    """Whether a record is of the owners shared, or lies below one that is."""
    if not shared.parent:
        return owned_by(owner, shared.owners)
    return or_(false(), *below(entity, shared))


def _above(entity: Entity, shared: Shared) -> Select[Any]:
    """The ids of the records below which others are shared, be they of this service or another."""
    known = owners_of(entity, shared.parent)
    return select(known.c.id).where(owned_by(known.c.owner_id, shared.owners))


def below(entity: Entity, shared: Shared) -> Iterable[ColumnElement[bool]]:
    """The clauses for the records below one that is of these owners, link by link."""
    for parent, link, held in links_upwards(entity):
        if parent == shared.parent:
            yield link.in_(_above(entity, shared)) & held


def links_upwards(
    entity: Entity,
) -> Iterable[tuple[str, ColumnElement[Any], ColumnElement[bool]]]:
    """The modules with owners that records may lie below: each link, and when it is of that one."""
    table, tables = entity.model.__table__, entity.model.metadata.info[TABLES]
    for parent, name in entity.parents:
        if parent in tables and "owner_id" not in tables[parent].c:
            continue
        said = entity.declared(name).target_in
        yield parent, table.c[name], table.c[said] == parent if said else true()


def owners_of(entity: Entity, module: str) -> Subquery:
    """`id` and `owner_id` of a module's records, be they of the entity's service or another's."""
    local = entity.model.metadata.info[TABLES].get(module)
    if local is not None:
        return select(local.c.id, local.c.owner_id).subquery()
    known = KIT.tables["linked_record"].c
    of_module = known.entity == module
    return select(known.record_id.label("id"), known.owner_id).where(of_module).subquery()
