"""Links that set a password are mailed; nobody but the reader of the mail ever sees one."""

from base64 import b64encode
from dataclasses import asdict

import pytest

from contracts.events.identity import PasswordLinkIssued
from crmkit import sealing
from crmkit.config import Settings
from crmkit.unit_of_work import new_id
from tests.service.messaging.conftest import work
from tests.service.served import BOSS, event

SECRET = "the-secret-of-the-link"


@pytest.fixture(autouse=True)
def keys(tmp_path):
    sealing.use_keys(Settings.from_env({"TANDEM_VAR": str(tmp_path)}))


def issued(reason, user_id=None):
    link_id = new_id()
    sealed = b64encode(sealing.seal(SECRET, f"password_link/{link_id}")).decode()
    told = PasswordLinkIssued(
        user_id=user_id or new_id(),
        name="Ada King",
        email="ada@example.com",
        reason=reason,
        sealed=sealed,
        expires_at="2026-01-02T03:04:05+00:00",
    )
    return event("crm.identity.password_link.issued.v1", link_id, **asdict(told))


@pytest.mark.parametrize(
    ("reason", "subject"),
    [
        ("invited", "Set your password for Tandem"),
        ("forgotten", "Set a new password for Tandem"),
    ],
)
def test_the_mail_has_the_link_and_nothing_else_has_it(messaging, mailbox, reason, subject):
    told = issued(reason)
    assert messaging.hear("password_links", told) == ["applied"]
    boss = messaging.as_(BOSS)
    path = f"/emails?filter[owner_id]={told.data['user_id']}"
    [mail] = boss.get(path)["items"]
    assert "[one-time link]" in mail["body_text"]
    assert "secret" not in mail
    work(messaging, mailbox.url)
    message = mailbox.messages[-1]
    assert (message["To"], message["Subject"]) == ("ada@example.com", subject)
    text = message.get_payload(decode=True).decode().replace("\r", "")
    assert f"http://127.0.0.1:8000/set-password#token={SECRET}\n" in text
    assert "2026-01-02 03:04 UTC" in text
    [mail] = boss.get(path)["items"]
    assert (mail["status"], SECRET in str(mail)) == ("sent", False)
    assert messaging.sql("SELECT secret FROM email WHERE id = %s", mail["id"]) == [(None,)]
    for table, column in (("outbox", "convert_from(body, 'UTF8')"), ("history", "changes::text")):
        rows = messaging.sql(f"SELECT {column} FROM {table}")
        assert rows
        assert not [row for (row,) in rows if row and SECRET in row]


def test_what_was_sealed_for_another_mail_or_altered_is_not_opened(messaging):
    one, other = issued("invited"), issued("invited")
    other.data["sealed"] = one.data["sealed"]
    assert messaging.hear("password_links", other) != ["applied"]
