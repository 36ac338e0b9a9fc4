"""Keys that sign tokens: two are live while they change, and each goes when its time is over."""

from datetime import timedelta

import jwt
import pytest
from sqlalchemy import func, update

from contracts.caller import system_caller
from crmkit import tokens
from crmkit.config import Settings
from crmkit.records import standing
from crmkit.records.writing import journal
from services.identity import keys, projections
from services.identity.bootstrap import bootstrap


@pytest.fixture
def settings(tmp_path):
    return Settings.from_env({"TANDEM_VAR": str(tmp_path / "var")})


@pytest.fixture
def old_token(database, settings):
    """A token of the first key, while the next one is published and does not sign yet."""
    bootstrap(database, settings)
    with journal.unit_of_work(database, system_caller(), {}) as uow:
        first = key_of(keys.sign(uow, "1", "1"))
        keys.rotate(uow)
        token = keys.sign(uow, "1", "1")
        projections.hear_at_once(uow)
    assert key_of(token) == first
    return token


def key_of(token):
    return jwt.get_unverified_header(token)["kid"]


def live_keys(database):
    with database.transaction() as session:
        return standing.read(session).keys


@pytest.mark.parametrize("late", [-1, 1])
def test_the_old_key_counts_until_its_last_token_has_run_out(database, settings, old_token, late):
    assert tokens.verify(old_token, live_keys(database)).user_id == "1"
    signed = timedelta(minutes=12, seconds=late * 45)
    newer = keys.key_pair.c.kid != key_of(old_token)
    with database.transaction() as session:
        moved = update(keys.key_pair).where(newer)
        session.execute(moved.values(signs_from=func.now() - signed))
        older = update(keys.key_pair).where(~newer)
        session.execute(older.values(signs_from=func.now() - timedelta(days=1)))
    keys.tend(database, settings)
    left = live_keys(database)
    if late < 0:
        assert len(left) == 2
        assert tokens.verify(old_token, left).user_id == "1"
    else:
        assert len(left) == 1
        with pytest.raises(tokens.UnknownKey):
            tokens.verify(old_token, left)
    with journal.unit_of_work(database, system_caller(), {}) as uow:
        assert key_of(keys.sign(uow, "1", "1")) != key_of(old_token)
