"""The first start: whoever dies or starts twice, the administrator can sign in."""

import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, text

from contracts.caller import system_caller
from contracts.errors import Problem
from crmkit import kept_secrets, sealing, tokens
from crmkit.config import Settings
from crmkit.records import callers, standing
from crmkit.records.writing import journal
from services.identity import bootstrap as first_start
from services.identity.actions.issue_token import Credentials, issue_token
from services.identity.entities import Base
from services.identity.entities.currency import Currency
from services.identity.entities.user import User
from tests.service.identity.conftest import KIT_TABLES


@pytest.fixture
def settings(tmp_path):
    return Settings.from_env({"TANDEM_VAR": str(tmp_path / "var")})


def kept_password(settings):
    return (settings.var / "admin-password").read_text().strip()


def sign_in(database, password):
    with journal.unit_of_work(database, system_caller(), {}) as uow:
        answer = issue_token(uow, Credentials(username="admin", password=password))
        if isinstance(answer, Problem):
            raise answer
        return tokens.verify(answer.access_token, standing.read(uow.session).keys)


def everything(database):
    with database.transaction() as session:
        names = [table.name for table in (*Base.metadata.sorted_tables, *KIT_TABLES)]
        return {
            name: sorted(
                session.scalars(text(f'SELECT row_to_json(t)::text FROM "{name}" t')).all()
            )
            for name in names
        }


def test_the_password_is_in_a_file_only_its_owner_reads(database, settings):
    first_start.bootstrap(database, settings)
    file = settings.var / "admin-password"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert sorted(settings.var.iterdir()) == [file, settings.var / "secret-key"]
    assert stat.S_IMODE((settings.var / "secret-key").stat().st_mode) == 0o600
    assert len(kept_password(settings)) == 24
    assert sign_in(database, kept_password(settings)).user_id


def test_doors_know_people_and_keys_before_any_event_arrives(database, settings):
    first_start.bootstrap(database, settings)
    user_id = sign_in(database, kept_password(settings)).user_id
    with database.transaction() as session:
        row = callers.find(session, user_id)
    assert (row.username, row.is_admin, row.active) == ("admin", True, True)
    assert row.path.count("/") == 2


def test_every_record_and_key_is_told_of(database, settings):
    first_start.bootstrap(database, settings)
    with database.transaction() as session:
        told = session.execute(text("SELECT type, count(*) FROM outbox GROUP BY type")).all()
    assert dict(map(tuple, told)) == {
        "crm.identity.signing_key.created.v1": 1,
        "crm.identity.role.created.v1": 5,
        "crm.identity.user.created.v1": 1,
        "crm.identity.profile.created.v1": 4,
        "crm.identity.group.created.v1": 3,
        "crm.identity.currency.created.v1": 1,
        "crm.identity.tax.created.v1": 3,
        "crm.identity.organisation.created.v1": 1,
    }


def test_no_private_key_is_told_of(database, settings):
    first_start.bootstrap(database, settings)
    with database.transaction() as session:
        bodies = session.scalars(text("SELECT convert_from(body, 'UTF8') FROM outbox")).all()
    (key,) = [body for body in bodies if "signing_key" in body]
    assert '"d"' not in key
    assert '"jwk"' in key


def test_a_second_start_changes_nothing(database, settings):
    first_start.bootstrap(database, settings)
    before = everything(database)
    first_start.bootstrap(database, settings)
    assert everything(database) == before


def test_what_an_administrator_changed_since_stays(database, settings):
    first_start.bootstrap(database, settings)
    with database.transaction() as session:
        session.scalars(select(Currency)).one().code = "EUR"
    first_start.bootstrap(database, settings)
    with database.transaction() as session:
        assert session.scalars(select(Currency.code)).all() == ["EUR"]


def test_killed_after_the_password_was_written_the_next_start_gives_it_to_the_admin(
    database, settings, monkeypatch
):
    def die(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(journal, "write", die)
        with pytest.raises(KeyboardInterrupt):
            first_start.bootstrap(database, settings)
    written = kept_password(settings)
    with database.transaction() as session:
        assert session.scalars(select(User.id)).all() == []
    first_start.bootstrap(database, settings)
    assert kept_password(settings) == written
    assert sign_in(database, written).user_id


def test_killed_while_the_password_was_being_written_a_new_one_is_made(
    database, settings, monkeypatch
):
    def die(_):
        raise KeyboardInterrupt

    sealing.use_keys(settings)
    with monkeypatch.context() as patched:
        patched.setattr(kept_secrets.os, "fsync", die)
        with pytest.raises(KeyboardInterrupt):
            first_start.bootstrap(database, settings)
    assert not (settings.var / "admin-password").exists()
    first_start.bootstrap(database, settings)
    assert sign_in(database, kept_password(settings)).user_id


def test_a_given_password_is_used_and_not_written_down(database, tmp_path):
    var = tmp_path / "var"
    env = {"TANDEM_VAR": str(var), "TANDEM_ADMIN_PASSWORD": "chosen by the operator"}
    first_start.bootstrap(database, Settings.from_env(env))
    assert sign_in(database, "chosen by the operator").user_id
    assert not (var / "admin-password").exists()
    other = Settings.from_env(env | {"TANDEM_ADMIN_PASSWORD": "another one, too late"})
    first_start.bootstrap(database, other)
    with pytest.raises(Problem, match="invalid_credentials"):
        sign_in(database, "another one, too late")


def test_processes_that_start_together_make_one_suite(database, settings):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: first_start.bootstrap(database, settings), range(4)))
    with database.transaction() as session:
        assert session.scalars(select(User.username)).all() == ["admin"]
        assert len(session.scalars(text("SELECT kid FROM signing_key_pair")).all()) == 1
    assert sign_in(database, kept_password(settings)).user_id
