"""Who may see and do what: one SQL clause over sets of owners, for lists and single reads alike."""

from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, select, true

from contracts.caller import Caller
from contracts.errors import Problem, forbidden, method_not_allowed
from crmkit.entity import Access, Entity
from crmkit.records import scopes
from crmkit.records.principals import principal, role

MODULE_OFF = "module_off"

_METHODS = {"view": "GET", "create": "POST", "edit": "PATCH", "delete": "DELETE"}
_ADMINISTRATORS = frozenset({"purge"})
"""What cannot be undone."""


def require(entity: Entity, caller: Caller, verb: str) -> None:
    """Refuse an entity switched off (404), a verb nobody has here (405) or this caller (403)."""
    if not entity.tailoring.active:
        words = entity.plural.replace("-", " ").capitalize()
        raise Problem(404, MODULE_OFF, f"{words} are switched off.")
    if not entity.allows(verb):
        raise method_not_allowed(_methods_beside(entity, verb))
    scopes.require(entity, caller, verb)
    if not may_ever(entity, caller, verb):
        raise forbidden(f"Only administrators may {verb} {entity.plural.replace('-', ' ')}.")


def require_administrator(caller: Caller, wish: str) -> None:
    """Raise Problem 403 for everybody else; `wish` is what only administrators may do."""
    if not caller.is_admin:
        raise forbidden(f"Only administrators may {wish}.")


def _methods_beside(entity: Entity, verb: str) -> list[str]:
    """What the address of a closed verb does take."""
    verbs = ("view", "create") if verb == "create" else ("view", "edit", "delete")
    return [_METHODS[verb] for verb in verbs if entity.allows(verb)]


def may_ever(entity: Entity, caller: Caller, verb: str) -> bool:
    """Whether the caller may have `verb` on at least some record of the entity."""
    if not entity.tailoring.active or not entity.allows(verb):
        return False
    if not scopes.permits(entity, caller, verb):
        return False
    if verb in _ADMINISTRATORS and not caller.is_admin:
        return False
    if caller.is_admin or entity.access in {Access.OWNED, Access.SHARED}:
        return True
    return entity.access is Access.ADMIN_WRITES and verb == "view"


def visible(entity: Entity, caller: Caller, verb: str = "view") -> ColumnElement[bool]:
    """The clause that is true for the records on which `caller` has `verb`.

    The order is that of spec 1.27: administrators (3), entities without ownership (8), own
    records (9), records of owners in a role below the caller's (10).
    """
    if not may_ever(entity, caller, verb):
        return false()
    if entity.access is not Access.OWNED:
        return true()
    return visible_owners(caller, entity.columns["owner_id"])


def visible_owners(caller: Caller, owner: ColumnElement[Any]) -> ColumnElement[bool]:
    """The clause that is true where `owner` is someone whose records `caller` sees."""
    if caller.is_admin:
        return true()
    own: ColumnElement[bool] = owner == caller.user_id
    if not caller.role_path:
        return own
    below = (
        select(principal.c.user_id)
        .join(role, role.c.role_id == principal.c.role_id)
        .where(
            and_(
                role.c.path.startswith(caller.role_path, autoescape=True),
                role.c.path != caller.role_path,
            )
        )
    )
    return or_(own, owner.in_(below))
