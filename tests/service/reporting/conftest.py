"""Reporting's database, what it is told, and the answers it gives to whoever asks."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from contracts.events.base import Event
from crmkit.db import KIT, Database
from crmkit.records import currencies, hearing, principals
from crmkit.records.callers import as_caller
from crmkit.records.rights.tables import profile
from crmkit.unit_of_work import UnitOfWork, new_id
from services.reporting.entities import Base
from services.reporting.subscriptions import SUBSCRIPTIONS
from tests import cluster

BOSS = "01990000-0000-7000-8000-000000000001"
ANNA = "01990000-0000-7000-8000-000000000002"
BEN = "01990000-0000-7000-8000-000000000003"
CLARA = "01990000-0000-7000-8000-000000000004"
HEAD = "01990000-0000-7000-8000-0000000000a1"
DESK = "01990000-0000-7000-8000-0000000000a2"
SALES = "01990000-0000-7000-8000-0000000000b1"
PATHS = {HEAD: f"{HEAD}/", DESK: f"{HEAD}/{DESK}/"}
ROLES = {BOSS: None, ANNA: HEAD, BEN: DESK, CLARA: DESK}


(FACTS,) = (
    hearing.subscription(heard, "reporting", lambda _: {})
    for heard in SUBSCRIPTIONS
    if heard.name == "facts"
)


def event(
    entity: str, record_id: str, version: int, record: dict, *, deleted=False, hour=0
) -> Event:
    service = {"product": "inventory", "ticket": "support"}.get(entity, "sales")
    return Event(
        id=new_id(),
        type=f"crm.{service}.{entity}.changed.v1",
        source=f"/{service}",
        subject=record_id,
        time=datetime(2026, 3, 1, hour, tzinfo=UTC),
        data={"record": record, "changes": {}, "deleted": deleted},
        version=version,
        actor=BOSS,
    )


def opportunity(stage="Prospecting", owner=BEN, amount="100.00", forecast="10.00", **more) -> dict:
    stage_class = {"Closed Won": "won", "Closed Lost": "lost"}.get(stage, "open")
    return {
        "number": "POT1",
        "name": "Sale",
        "owner_id": owner,
        "stage": stage,
        "stage_class": stage_class,
        "amount": amount,
        "forecast_amount": forecast,
    } | more


def line(product: str, quantity="1", after_discount="10.00", shipped="0") -> dict:
    return {
        "id": new_id(),
        "product_id": product,
        "quantity": quantity,
        "shipped_quantity": shipped,
        "after_discount": after_discount,
    }


def order(lines: list[dict], status="Approved", owner=BEN, account=None, **more) -> dict:
    return {
        "number": "SO1",
        "subject": "Order",
        "owner_id": owner,
        "account_id": account or new_id(),
        "status": status,
        "currency": "USD",
        "conversion_rate": "1",
        "order_date": "2026-02-14",
        "created_at": "2026-03-01T12:00:00Z",
        "lines": lines,
    } | more


class Reporting:
    """The service behind its doors."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def hear(self, *events: Event) -> None:
        with self.database.transaction() as session:
            FACTS.handle(session, events)

    def forget(self) -> None:
        with self.database.engine.begin() as connection:
            tables = ", ".join(table.name for table in Base.metadata.sorted_tables)
            connection.exec_driver_sql(f"TRUNCATE {tables}")

    def ask(self, question, *query, user_id=BOSS) -> dict:
        with self.database.reading() as session:
            caller = as_caller(session, user_id)
            return question(UnitOfWork(session, caller, "reporting"), *query).model_dump()


def _introduce(database: Database) -> None:
    people = {BOSS: "Bo", ANNA: "Anna", BEN: "Ben", CLARA: "Clara"}
    with database.transaction() as session:
        session.execute(
            principals.role.insert(),
            [
                {"role_id": role, "path": path, "profile_ids": [SALES], "version": 1}
                for role, path in PATHS.items()
            ],
        )
        session.execute(
            profile.insert(),
            {
                "profile_id": SALES,
                "view_all": False,
                "edit_all": False,
                "modules": {},
                "others": {"verbs": ["*"]},
                "deleted": False,
                "version": 1,
            },
        )
        session.execute(
            principals.principal.insert(),
            [
                {
                    "user_id": user_id,
                    "username": name.lower(),
                    "display_name": name,
                    "role_id": ROLES[user_id],
                    "is_admin": user_id == BOSS,
                    "active": True,
                    "version": 1,
                }
                for user_id, name in people.items()
            ],
        )
        session.execute(
            currencies.currency.insert(),
            {
                "currency_id": new_id(),
                "code": "USD",
                "decimals": 2,
                "conversion_rate": 1,
                "is_base": True,
                "active": True,
                "version": 1,
            },
        )


def _build(url: str) -> None:
    database = Database(url, "reporting")
    KIT.create_all(database.engine)
    Base.metadata.create_all(database.engine)
    _introduce(database)
    database.close()


@pytest.fixture
def reporting() -> Iterator[Reporting]:
    database = Database(cluster.copy_of("reporting_told", _build), "reporting")
    yield Reporting(database)
    database.close()
