"""Saved views: columns, filter and order under a name, for oneself, for some, or for everybody."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, true

from contracts.errors import FieldError, Problem, not_found
from crmkit.entity import Entity, per_entity
from crmkit.records import access, filters
from crmkit.records.filters import Tree
from crmkit.records.reading import cursors, paths
from crmkit.records.store import is_id
from crmkit.records.views.tables import saved_view, view_default
from crmkit.saved_view import SavedView
from crmkit.unit_of_work import UnitOfWork

ALL = "all"
"""The view that every entity ships with, and with which lists start."""
DEFAULT = "default"
"""Stands for the caller's own default."""
_MASK = {"field": "(hidden)"}
"""A condition that the caller may not read: no field has this name."""


@dataclass(frozen=True, slots=True)
class View:
    """One view, shipped or saved; `owner_id` is None for a shipped one."""

    id: str
    name: str
    columns: Sequence[str]
    filter: Mapping[str, Any]
    sort: Sequence[str]
    metric: bool
    visibility: str = "public"
    shared_with: Sequence[Mapping[str, str]] = ()
    owner_id: str | None = None
    version: int = 1

    def read(self, uow: UnitOfWork, entity: Entity) -> tuple[Tree, list[FieldError]]:
        """Its tree, and what of it the entity no longer has."""
        tree, errors = filters.read_tree(uow, entity, self.filter)
        cursors.order(uow, entity, ",".join(self.sort), errors)
        errors += unknown_columns(uow, entity, self.columns)
        return tree or filters.EVERYTHING, errors

    def tree(self, uow: UnitOfWork, entity: Entity) -> Tree:
        """Its tree. Raises Problem 409 that names what the entity no longer has."""
        tree, errors = self.read(uow, entity)
        if errors:
            detail = "The view names what is no longer there: change it or choose another."
            raise Problem(409, "view_outdated", detail, errors=errors)
        return tree


def unknown_columns(uow: UnitOfWork, entity: Entity, names: Sequence[str]) -> list[FieldError]:
    """The columns that the entity does not have, or that are named twice."""
    entity = uow.shown(entity)
    known = {*entity.fields, *entity.computed}
    errors = []
    for position, name in enumerate(names):
        pointer = f"/columns/{position}"
        if name not in known and paths.find(uow.seen, entity, name) is None:
            detail = f"{entity.name} has no {name}"
            errors.append(FieldError(pointer, "unknown_field", detail))
        elif name in names[:position]:
            errors.append(FieldError(pointer, "not_unique", "is there already"))
    return errors


@per_entity
def shipped(entity: Entity) -> Mapping[str, View]:
    """The views that come with the entity, by key; first of them all records."""
    columns = dict.fromkeys(
        [
            *(["number"] if entity.prefix else []),
            *entity.label,
            *(["owner_id"] if entity.owned else []),
            "modified_at",
        ]
    )
    everything = SavedView(ALL, "All", tuple(columns))
    return {
        view.key: View(view.key, view.name, view.columns, view.filter, view.sort, view.metric)
        for view in (everything, *entity.views)
    }


def find(uow: UnitOfWork, entity: Entity, key: str) -> View:
    """The view with this id or key, if the caller may use it. Raises Problem 404."""
    access.require(entity, uow.caller, "view")
    if key == DEFAULT:
        return _default(uow, entity)
    if key in shipped(entity):
        return _readable(uow, entity, shipped(entity)[key])
    row = uow.session.execute(_mine(uow, entity, key)).one_or_none() if is_id(key) else None
    if row is None:
        raise no_view()
    return _readable(uow, entity, _view(row))


def every(uow: UnitOfWork, entity: Entity) -> list[View]:
    """Those that the caller may use: shipped ones, then saved ones by name."""
    access.require(entity, uow.caller, "view")
    query = select(*_COLUMNS).where(saved_view.c.entity == entity.name, _usable(uow))
    rows = uow.session.execute(query.order_by(saved_view.c.name, saved_view.c.id))
    found = [*shipped(entity).values(), *(_view(row) for row in rows)]
    return [_readable(uow, entity, view) for view in found]


def _readable(uow: UnitOfWork, entity: Entity, view: View) -> View:
    """The view without columns and order that profiles keep from the caller, nor what of its
    filter names such a field: such a view cannot be used.
    """
    if uow.seen is uow.entities:
        return view

    def kept(name: str) -> bool:
        plain = name.removeprefix("-")
        whole, shown = uow.of(entity), uow.shown(entity)
        if plain in whole.computed:
            return plain not in shown.computed
        found = paths.find(uow.entities, whole, plain)
        return found is not None and paths.find(uow.seen, shown, plain) is None

    columns = tuple(name for name in view.columns if not kept(name))
    sort = tuple(name for name in view.sort if not kept(name))
    return replace(view, columns=columns, sort=sort, filter=_masked(view.filter, kept))


def _masked(node: Any, kept: Callable[[str], bool]) -> Any:
    """The filter, or a node of it, with conditions on what is kept from the caller unreadable."""
    if isinstance(node, list):
        return [_masked(member, kept) for member in node]
    if not isinstance(node, Mapping):
        return node
    if isinstance(node.get("field"), str):
        return _MASK if kept(node["field"]) else node
    return {joint: _masked(members, kept) for joint, members in node.items()}


def metrics(uow: UnitOfWork, entities: Sequence[Entity]) -> list[tuple[Entity, View]]:
    """The key metrics among them, of these entities."""
    by_name = {entity.name: entity for entity in entities}
    query = select(saved_view.c.entity, *_COLUMNS).where(
        saved_view.c.metric, saved_view.c.entity.in_(by_name), _usable(uow)
    )
    saved = uow.session.execute(query.order_by(saved_view.c.name, saved_view.c.id)).all()
    found = [(e, view) for e in entities for view in shipped(e).values() if view.metric]
    found += [(by_name[row.entity], _view(row)) for row in saved]
    return [(entity, _readable(uow, entity, view)) for entity, view in found]


def locked(uow: UnitOfWork, entity: Entity, view_id: str) -> View | None:
    """A saved view the caller may use, locked for the rest of the transaction."""
    row = uow.session.execute(_mine(uow, entity, view_id).with_for_update()).one_or_none()
    return None if row is None else _view(row)


def default_of(uow: UnitOfWork, entity: Entity) -> str:
    """The key of the view with which the caller's list starts."""
    return _default(uow, entity).id


def document(uow: UnitOfWork, entity: Entity, view: View) -> dict[str, Any]:
    """The view as clients read it."""
    _, errors = view.read(uow, entity)
    return {
        **asdict(view),
        "shipped": view.owner_id is None,
        "editable": may_edit(uow, view),
        "problems": [asdict(error) for error in errors],
    }


def _default(uow: UnitOfWork, entity: Entity) -> View:
    chosen = uow.session.scalar(
        select(view_default.c.view).where(
            view_default.c.user_id == uow.caller.user_id, view_default.c.entity == entity.name
        )
    )
    try:
        return find(uow, entity, chosen or ALL)
    except Problem as unseen:
        # It may have been shared with the caller and is so no longer.
        if unseen.status == 404:  # noqa: PLR2004 - "not found"
            return shipped(entity)[ALL]
        raise


def may_edit(uow: UnitOfWork, view: View) -> bool:
    """Whether it is the caller's own, or the caller administers."""
    if view.owner_id is None:
        return False
    return uow.caller.is_admin or view.owner_id == uow.caller.user_id


def _mine(uow: UnitOfWork, entity: Entity, key: str) -> Any:
    return select(*_COLUMNS).where(
        saved_view.c.id == key, saved_view.c.entity == entity.name, _usable(uow)
    )


def _usable(uow: UnitOfWork) -> ColumnElement[bool]:
    """The caller's own, public ones, those shared with the caller; administrators use all."""
    caller = uow.caller
    if caller.is_admin:
        return true()
    roles = caller.role_path.split("/")[:-1]
    shares = [{"kind": "user", "id": caller.user_id}]
    shares += [{"kind": "role", "id": held} for held in roles[-1:]]
    shares += [{"kind": "role_and_below", "id": above} for above in roles]
    shared = or_(*(saved_view.c.shared_with.contains([share]) for share in shares))
    return or_(
        saved_view.c.owner_id == caller.user_id,
        saved_view.c.visibility == "public",
        and_(saved_view.c.visibility == "shared", shared),
    )


_COLUMNS = tuple(saved_view.c[name] for name in View.__slots__)


def _view(row: Any) -> View:
    return View(**{name: getattr(row, name) for name in View.__slots__})


def no_view() -> Problem:
    """404."""
    return not_found("There is no such view, or you may not use it.")
