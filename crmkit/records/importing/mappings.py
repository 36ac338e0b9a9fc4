"""Plans of imports kept under a name, for everybody who imports records of the entity."""

from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from contracts.errors import forbidden, not_found
from crmkit.entity import Entity
from crmkit.records import access
from crmkit.records.importing.shapes import Plan
from crmkit.records.importing.tables import import_mapping
from crmkit.unit_of_work import UnitOfWork


def every(uow: UnitOfWork, entity: Entity) -> list[dict[str, Any]]:
    """Those of the entity in the order of their names. Raises Problem 403, 405."""
    access.require(entity, uow.caller, "import")
    held = import_mapping.c
    query = select(import_mapping).where(held.entity == entity.name).order_by(held.name)
    return [_document(row) for row in uow.session.execute(query)]


def find(uow: UnitOfWork, entity: Entity, name: str) -> Any:
    """One of them. Raises Problem 404."""
    row = uow.session.execute(select(import_mapping).where(*_named(entity, name))).one_or_none()
    if row is None:
        raise not_found("There is no mapping of this name.")
    return row


def put(uow: UnitOfWork, entity: Entity, name: str, plan: Plan) -> dict[str, Any]:
    """Keep a plan under the name. Raises Problem 403 for what somebody else keeps under it."""
    access.require(entity, uow.caller, "import")
    row = {
        "entity": entity.name,
        "name": name,
        "actor_id": uow.caller.user_id,
        "plan": plan.model_dump(mode="json"),
        "modified_at": uow.at,
    }
    stored = insert(import_mapping).values(row)
    mine = None if uow.caller.is_admin else import_mapping.c.actor_id == uow.caller.user_id
    stored = stored.on_conflict_do_update(
        index_elements=["entity", "name"],
        set_={"plan": stored.excluded.plan, "modified_at": stored.excluded.modified_at},
        where=mine,
    )
    kept = uow.session.execute(stored.returning(import_mapping)).one_or_none()
    if kept is None:
        raise forbidden("Somebody else keeps a mapping under this name.")
    return _document(kept)


def remove(uow: UnitOfWork, entity: Entity, name: str) -> None:
    """Keep it no longer. Raises Problem 403 for somebody else's, 404."""
    access.require(entity, uow.caller, "import")
    row = find(uow, entity, name)
    if not uow.caller.is_admin and row.actor_id != uow.caller.user_id:
        raise forbidden("Somebody else keeps this mapping.")
    uow.session.execute(delete(import_mapping).where(*_named(entity, name)))


def _named(entity: Entity, name: str) -> tuple[Any, Any]:
    return import_mapping.c.entity == entity.name, import_mapping.c.name == name


def _document(row: Any) -> dict[str, Any]:
    return {
        "name": row.name,
        "plan": row.plan,
        "created_by": row.actor_id,
        "modified_at": row.modified_at,
    }
