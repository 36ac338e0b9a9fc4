"""E-mails as records: what may be written, rewritten and related."""

import pytest

from tests.service.messaging.conftest import letter, work
from tests.service.served import BEN, CLARA, record

ACCOUNT = "01990000-0000-7000-8000-0000000000b1"


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, [("/body_text", "required"), ("/subject", "required"), ("/to", "required")]),
        (letter(to=["nobody"]), [("/to/0", "invalid")]),
        (letter(subject="One\nBcc: two@example.com"), [("/subject", "invalid")]),
        (letter(status="sent"), [("/status", "read_only")]),
        (letter(message_id="<1@x>"), [("/message_id", "read_only")]),
        (letter(related_id=ACCOUNT), [("/related_entity", "required")]),
    ],
)
def test_what_cannot_be_sent_is_refused(ben, body, errors):
    assert sorted(ben.invalid("POST", "/emails", body)) == errors


def test_a_mail_is_about_a_record_that_exists(messaging, ben):
    messaging.hear(
        "links", record("crm.sales.account.created.v1", ACCOUNT, number="ACC1", name="Acme")
    )
    about = {"related_entity": "account", "related_id": ACCOUNT}
    mail = ben.create("emails", **letter(**about))
    assert {name: mail[name] for name in about} == about
    wrong = letter(related_entity="contact", related_id=ACCOUNT)
    assert ben.invalid("POST", "/emails", wrong) == [("/related_id", "dangling_link")]


def test_what_waits_or_was_sent_cannot_be_unsaid(messaging, ben, mailbox):
    path = f"/emails/{ben.create('emails', **letter())['id']}"
    assert ben.refused("PATCH", path, {"subject": "Goodbye"}) == "email_not_failed"
    work(messaging, mailbox.url)
    assert ben.refused("PATCH", path, {"to": ["lee@example.com"]}) == "email_not_failed"
    assert ben.refused("POST", f"{path}/send") == "email_not_failed"


def test_a_failed_mail_is_put_right_and_sent(messaging, ben, mailbox):
    mailbox.refuse_rcpt = {"kin@example.com": "550 No such user"}
    path = f"/emails/{ben.create('emails', **letter(to=['kin@example.com']))['id']}"
    work(messaging, mailbox.url)
    ben("PATCH", path, {"to": ["kim@example.com"]})
    ben("POST", f"{path}/send")
    work(messaging, mailbox.url)
    assert ben.get(path)["status"] == "sent"
    assert mailbox.messages[0]["To"] == "kim@example.com"


def test_a_failed_mail_nobody_would_get_cannot_be_queued(messaging, ben, mailbox):
    mailbox.refuse_rcpt = {"kim@example.com": "550 No such user"}
    path = f"/emails/{ben.create('emails', **letter())['id']}"
    work(messaging, mailbox.url)
    ben("PATCH", path, {"to": []})
    assert ben.invalid("POST", f"{path}/send") == [("/to", "required")]


def test_colleagues_do_not_read_each_other_s_mail(messaging, ben):
    mail = ben.create("emails", **letter())
    assert mail["owner_id"] == BEN
    messaging.as_(CLARA).get(f"/emails/{mail['id']}", status=404)
    messaging.as_(CLARA)("POST", f"/emails/{mail['id']}/send", status=404)
