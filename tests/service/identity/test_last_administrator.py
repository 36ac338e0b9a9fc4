"""However administrators remove each other, one is left."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlalchemy import select

from contracts.caller import system_caller
from contracts.errors import Problem
from crmkit.config import Settings
from crmkit.records import store
from crmkit.records.writing import journal
from services.identity.bootstrap import ENTITIES, bootstrap
from services.identity.entities.user import USER, User

BY_NAME = {entity.name: entity for entity in ENTITIES}


def test_two_administrators_cannot_remove_each_other_at_once(database, tmp_path):
    bootstrap(database, Settings.from_env({"TANDEM_VAR": str(tmp_path)}))
    with journal.unit_of_work(database, system_caller(), BY_NAME) as uow:
        second = {"username": "second", "last_name": "Second", "is_admin": True}
        store.create(uow, USER, second)
    with database.transaction() as session:
        administrators = session.scalars(select(User.id)).all()
    together = Barrier(2)

    def step_down(user_id):
        try:
            with journal.unit_of_work(database, system_caller(), BY_NAME) as uow:
                together.wait(10)
                store.patch(uow, USER, user_id, {"active": False})
        except Problem as problem:
            return problem.code
        return "done"

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(step_down, administrators))
    assert sorted(outcomes) == ["done", "last_administrator"]
    with database.transaction() as session:
        assert len(session.scalars(select(User.id).where(User.active)).all()) == 1
