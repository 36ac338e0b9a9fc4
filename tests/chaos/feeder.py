"""Writes units into sales' own database as sales does, an order and all its shipments at a time.

100,000 shipments through the API take an hour on two cores, most of it in HTTP. This process has
no HTTP: it calls sales' own actions in sales' own units of work, so rows, history and events are
those that requests write. It may be killed at any moment: a unit is one transaction, and one
that is written is known by the subject of its order.
"""

import json
import sys
import time
from dataclasses import asdict, dataclass

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from contracts.caller import Caller
from crmkit.db import Database
from crmkit.entity import Entity
from crmkit.records import store
from crmkit.records.writing import journal
from services.sales.actions.approve_order import approve_order
from services.sales.actions.ship_order import ShipOrder, ship_order
from services.sales.entities.account import ACCOUNT
from services.sales.entities.contact import CONTACT
from services.sales.entities.opportunity import OPPORTUNITY
from services.sales.entities.quote import QUOTE
from services.sales.entities.sales_order import SALES_ORDER, SalesOrder
from services.sales.entities.shipment import SHIPMENT
from tests.chaos.company import Company, order, shipments
from tests.chaos.plan import Plan, Unit

_ENTITIES: dict[str, Entity] = {
    entity.name: entity for entity in (ACCOUNT, CONTACT, OPPORTUNITY, QUOTE, SALES_ORDER, SHIPMENT)
}
_AGAIN_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Task:
    """Write the units of `plan` from number `first` on."""

    database_url: str
    plan: Plan
    first: int
    company: Company

    def to_json(self) -> str:
        """For the command line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Task":
        """What to_json wrote."""
        given = json.loads(text)
        company = {k: tuple(v) if isinstance(v, list) else v for k, v in given["company"].items()}
        return cls(given["database_url"], Plan(**given["plan"]), given["first"], Company(**company))


def feed(task: Task) -> None:
    """Write what is not written yet; an outage is waited for."""
    database = Database(task.database_url, "sales")
    caller = Caller(task.company.admin_id, "admin", is_admin=True)
    while True:
        try:
            written = _written(database)
            for unit in task.plan.units(range(task.first, task.plan.orders)):
                if unit.name not in written:
                    _write(database, caller, task.company, unit)
        except SQLAlchemyError:  # whether the last commit counted, the next look will tell
            time.sleep(_AGAIN_SECONDS)
        else:
            return


def _written(database: Database) -> set[str]:
    with database.transaction() as session:
        return set(session.scalars(select(SalesOrder.subject)))


def _write(database: Database, caller: Caller, company: Company, unit: Unit) -> None:
    with journal.unit_of_work(database, caller, _ENTITIES) as uow:
        made = store.create(uow, SALES_ORDER, order(company, unit))
        approve_order(uow, made)
        for body in shipments([line.id for line in made.lines], unit):
            ship_order(uow, made, ShipOrder.model_validate(body))


if __name__ == "__main__":
    feed(Task.from_json(sys.argv[1]))
