"""Saving, changing and deleting views, and choosing the one a list starts with."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects import postgresql

from contracts.errors import FieldError, Problem, forbidden, invalid, refused
from crmkit.entity import Entity
from crmkit.records import access
from crmkit.records.principals import principal, role
from crmkit.records.store import is_id
from crmkit.records.views.reading import ALL, View, find, locked, may_edit, no_view, shipped
from crmkit.records.views.shapes import NewView, ViewChanges
from crmkit.records.views.tables import saved_view, view_default
from crmkit.unit_of_work import UnitOfWork, new_id

_MOST_OWN = 100


def create(uow: UnitOfWork, entity: Entity, wish: NewView) -> View:
    """Save a view of the caller's own. Raises Problem 422 that names every bad field, 409."""
    access.require(entity, uow.caller, "view")
    own = select(func.count()).where(
        saved_view.c.entity == entity.name, saved_view.c.owner_id == uow.caller.user_id
    )
    if (uow.session.scalar(own) or 0) >= _MOST_OWN:
        raise refused("too_many_views", f"You have {_MOST_OWN} views of this already.")
    view = View(id=new_id(), owner_id=uow.caller.user_id, **wish.model_dump())
    _check(uow, entity, view)
    uow.session.execute(insert(saved_view).values(_row(uow, entity, view)))
    return view


def change(
    uow: UnitOfWork, entity: Entity, key: str, wish: ViewChanges, *, if_match: int | None
) -> View:
    """Change a view one may edit. Raises Problem 403, 404, 412, 422."""
    held = _editable(uow, entity, key)
    if if_match is not None and if_match != held.version:
        raise Problem(412, "precondition_failed", "The view has changed since you read it.")
    changes = wish.model_dump(include=wish.model_fields_set)
    if changes.get("visibility", held.visibility) != "shared" and "shared_with" not in changes:
        changes["shared_with"] = []
    view = View(**{**asdict(held), **changes, "version": held.version + 1})
    _check(uow, entity, view)
    uow.session.execute(
        update(saved_view).where(saved_view.c.id == view.id).values(_row(uow, entity, view))
    )
    return view


def remove(uow: UnitOfWork, entity: Entity, key: str) -> None:
    """Delete a view one may edit; it is nobody's default any more. Raises Problem 403, 404."""
    held = _editable(uow, entity, key)
    uow.session.execute(delete(view_default).where(view_default.c.view == held.id))
    uow.session.execute(delete(saved_view).where(saved_view.c.id == held.id))


def choose(uow: UnitOfWork, entity: Entity, key: str | None) -> str:
    """Make a view the caller's default, or none; the key of that which is it now."""
    access.require(entity, uow.caller, "view")
    chosen = ALL if key is None else find(uow, entity, key).id
    row = {"user_id": uow.caller.user_id, "entity": entity.name, "view": chosen}
    new = postgresql.insert(view_default).values(row)
    uow.session.execute(
        new.on_conflict_do_update(index_elements=["user_id", "entity"], set_={"view": chosen})
    )
    return chosen


def _editable(uow: UnitOfWork, entity: Entity, key: str) -> View:
    access.require(entity, uow.caller, "view")
    if key in shipped(entity):
        raise forbidden("Views that come with the suite are not changed: save a copy.")
    view = locked(uow, entity, key) if is_id(key) else None
    if view is None:
        raise no_view()
    if not may_edit(uow, view):
        raise forbidden("Only its owner and administrators may change this view.")
    return view


def _check(uow: UnitOfWork, entity: Entity, view: View) -> None:
    _, errors = view.read(uow, entity)
    if view.visibility == "shared" and not view.shared_with:
        errors.append(FieldError("/shared_with", "required", "says with whom it is shared"))
    if view.visibility != "shared" and view.shared_with:
        detail = f"a {view.visibility} view is shared with nobody by name"
        errors.append(FieldError("/shared_with", "unexpected_value", detail))
    errors += _strangers(uow, view.shared_with)
    same = select(saved_view.c.id).where(
        saved_view.c.entity == entity.name,
        saved_view.c.owner_id == view.owner_id,
        saved_view.c.name == view.name,
        saved_view.c.id != view.id,
    )
    if uow.session.scalar(same) is not None:
        errors.append(FieldError("/name", "not_unique", "another view has this name already"))
    if errors:
        raise invalid(errors)


def _strangers(uow: UnitOfWork, shares: Sequence[Mapping[str, str]]) -> list[FieldError]:
    people = [share["id"] for share in shares if share["kind"] == "user"]
    roles = [share["id"] for share in shares if share["kind"] != "user"]
    known = select(principal.c.user_id).where(principal.c.user_id.in_(people), principal.c.active)
    there = select(role.c.role_id).where(role.c.role_id.in_(roles), role.c.path != "")
    found = set(uow.session.scalars(known.union_all(there))) if shares else set()
    return [
        FieldError(f"/shared_with/{position}/id", "dangling_link", f"there is no such {noun}")
        for position, share in enumerate(shares)
        if share["id"] not in found
        for noun in (share["kind"].partition("_")[0],)
    ]


def _row(uow: UnitOfWork, entity: Entity, view: View) -> dict[str, Any]:
    return {**asdict(view), "entity": entity.name, "modified_at": uow.at}
