"""Sending: every mail leaves, once to its readers, or is visibly failed with the reason."""

import email
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from email import policy

import pytest

from services.messaging import outlets
from services.messaging.sending import RETRY_AFTER
from tests.service.messaging.conftest import free_port, hurry, letter, work
from tests.service.served import BEN, person


def again(ben, mail: dict) -> dict:
    return ben.get(f"/emails/{mail['id']}")


def test_a_mail_is_queued_then_sent_over_smtp(messaging, ben, mailbox):
    mail = ben.create("emails", **letter(cc=["lee@example.com"], bcc=["sam@example.com"]))
    assert (mail["status"], mail["attempts"], mail["sent_at"]) == ("queued", 0, None)
    work(messaging, mailbox.url)
    sent = again(ben, mail)
    assert (sent["status"], sent["attempts"], sent["last_error"]) == ("sent", 1, None)
    assert sent["sent_at"] is not None
    assert sent["next_attempt_at"] is None
    (message,) = mailbox.messages
    headers = {n: message[n] for n in ("Message-ID", "To", "Cc", "Bcc", "Subject", "From")}
    assert headers == {
        "Message-ID": mail["message_id"],
        "To": "kim@example.com",
        "Cc": "lee@example.com",
        "Bcc": None,
        "Subject": "Hello",
        "From": "tandem@localhost",
    }
    assert message["X-RcptTo"] == "kim@example.com, lee@example.com, sam@example.com"
    assert message.get_payload().strip() == "Good morning."
    work(messaging, mailbox.url)
    assert len(mailbox.messages) == 1


def test_text_and_html_travel_together(messaging, ben, mailbox):
    ben.create("emails", **letter(body_html="<b>Good</b> morning — Grüße"))
    work(messaging, mailbox.url)
    (message,) = mailbox.messages
    assert message.get_content_type() == "multipart/alternative"
    plain, html = message.get_payload()
    assert plain.get_content_type() == "text/plain"
    assert html.get_payload(decode=True).decode().strip() == "<b>Good</b> morning — Grüße"


def test_it_comes_from_whoever_wrote_it_or_answers_go_there(messaging, ben, mailbox):
    version = int(messaging.sql("SELECT version FROM principal WHERE user_id = %s", BEN)[0][0])
    messaging.hear("people", person(BEN, version + 1, email="ben@tandem.example"))
    ben.create("emails", **letter())
    work(messaging, mailbox.url)
    ben.create("emails", **letter())
    work(messaging, f"{mailbox.url}?from=office@tandem.example")
    found = [(message["From"], message["Reply-To"]) for message in mailbox.messages]
    assert found == [
        ("ben@tandem.example", None),
        ("office@tandem.example", "ben@tandem.example"),
    ]


def test_a_temporary_refusal_is_tried_again_with_the_same_message_id(messaging, ben, mailbox):
    mailbox.refuse_data = ["451 Try later"]
    mail = ben.create("emails", **letter())
    work(messaging, mailbox.url)
    waiting = again(ben, mail)
    assert (waiting["status"], waiting["attempts"]) == ("queued", 1)
    assert waiting["last_error"] == "451 Try later"
    wait = datetime.fromisoformat(waiting["next_attempt_at"]) - datetime.fromisoformat(
        waiting["modified_at"]
    )
    assert abs(wait - RETRY_AFTER[0]) < timedelta(seconds=5)
    work(messaging, mailbox.url)
    assert mailbox.messages == []
    hurry(messaging, mail)
    work(messaging, mailbox.url)
    assert [message["Message-ID"] for message in mailbox.messages] == [mail["message_id"]]
    sent = again(ben, mail)
    assert (sent["status"], sent["attempts"], sent["last_error"]) == ("sent", 2, None)
    assert messaging.told(mail["id"]) == [
        "crm.messaging.email.created.v1",
        "crm.messaging.email.deferred.v1",
        "crm.messaging.email.sent.v1",
    ]


def test_after_the_last_try_it_has_failed_and_can_be_sent_again_by_hand(messaging, ben, mailbox):
    nobody = f"smtp://127.0.0.1:{free_port()}"
    mail = ben.create("emails", **letter())
    for tried in range(1, len(RETRY_AFTER) + 2):
        hurry(messaging, mail)
        work(messaging, nobody)
        assert again(ben, mail)["attempts"] == tried
    failed = again(ben, mail)
    assert (failed["status"], failed["next_attempt_at"]) == ("failed", None)
    assert "Connection refused" in failed["last_error"]
    queued = ben("POST", f"/emails/{mail['id']}/send")
    assert (queued["status"], queued["attempts"]) == ("queued", 0)
    work(messaging, mailbox.url)
    assert again(ben, mail)["status"] == "sent"
    assert mailbox.messages[0]["Message-ID"] == mail["message_id"]


def test_a_final_refusal_fails_at_once(messaging, ben, mailbox):
    mailbox.refuse_rcpt = {"kim@example.com": "550 No such user"}
    mail = ben.create("emails", **letter())
    work(messaging, mailbox.url)
    failed = again(ben, mail)
    assert (failed["status"], failed["attempts"]) == ("failed", 1)
    assert failed["last_error"] == "kim@example.com: 550 No such user"
    assert messaging.told(mail["id"])[-1] == "crm.messaging.email.failed.v1"


def test_one_refused_recipient_of_two_is_noted(messaging, ben, mailbox):
    mailbox.refuse_rcpt = {"lee@example.com": "550 No such user"}
    mail = ben.create("emails", **letter(to=["kim@example.com", "lee@example.com"]))
    work(messaging, mailbox.url)
    sent = again(ben, mail)
    assert sent["status"] == "sent"
    assert sent["last_error"] == "lee@example.com: 550 No such user"


def test_one_bad_mail_does_not_hold_up_the_next(messaging, ben, mailbox):
    mailbox.refuse_rcpt = {"bad@example.com": "451 Greylisted"}
    ben.create("emails", **letter(to=["bad@example.com"]))
    good = ben.create("emails", **letter())
    work(messaging, mailbox.url)
    assert again(ben, good)["status"] == "sent"


def test_an_unreachable_server_is_asked_once_a_turn(messaging, ben):
    first, second = ben.create("emails", **letter()), ben.create("emails", **letter())
    work(messaging, f"smtp://127.0.0.1:{free_port()}")
    assert [again(ben, mail)["attempts"] for mail in (first, second)] == [1, 0]


def test_several_workers_send_each_mail_once(messaging, ben, mailbox):
    mails = [ben.create("emails", **letter()) for _ in range(12)]
    with ThreadPoolExecutor(4) as workers:
        list(workers.map(lambda _: work(messaging, mailbox.url), range(4)))
    ids = sorted(message["Message-ID"] for message in mailbox.messages)
    assert ids == sorted(mail["message_id"] for mail in mails)


def test_a_mail_whose_worker_died_is_sent_by_another_when_the_lease_is_over(
    messaging, ben, mailbox
):
    mail = ben.create("emails", **letter())
    claim = "UPDATE email SET claimed_until = now() + interval '%s s' WHERE id = %s"
    messaging.sql(claim, 60, mail["id"])
    work(messaging, mailbox.url)
    assert again(ben, mail)["status"] == "queued"
    messaging.sql(claim, -1, mail["id"])
    work(messaging, mailbox.url)
    assert again(ben, mail)["status"] == "sent"


def test_a_mail_in_the_recycle_bin_stays_there(messaging, ben, mailbox):
    mail = ben.create("emails", **letter())
    ben("DELETE", f"/emails/{mail['id']}", status=204)
    work(messaging, mailbox.url)
    assert mailbox.messages == []


def test_the_file_outbox_holds_one_whole_file_for_each_mail(messaging, ben, tmp_path):
    mail = ben.create("emails", **letter(bcc=["sam@example.com"]))
    work(messaging, f"file:{tmp_path / 'outbox'}")
    (file,) = (tmp_path / "outbox").iterdir()
    message = email.message_from_bytes(file.read_bytes(), policy=policy.default)
    assert message["Message-ID"] == mail["message_id"]
    assert message["X-Envelope-To"] == "kim@example.com, sam@example.com"
    assert message.get_content().strip() == "Good morning."
    assert again(ben, mail)["status"] == "sent"


def test_an_unwritable_outbox_defers_the_mail(messaging, ben, tmp_path):
    (tmp_path / "outbox").write_text("a file where the directory should be")
    mail = ben.create("emails", **letter())
    work(messaging, f"file:{tmp_path / 'outbox'}")
    waiting = again(ben, mail)
    assert (waiting["status"], waiting["attempts"]) == ("queued", 1)
    assert "File exists" in waiting["last_error"]


@pytest.mark.parametrize("url", ["http://mail", "smtp://", "file:", "mail.example.com"])
def test_an_address_that_is_no_way_out_is_refused_at_the_start(url):
    with pytest.raises(ValueError, match="TANDEM_SMTP_URL"):
        outlets.from_url(url)


def test_a_password_is_never_sent_in_the_clear(messaging, ben, mailbox):
    mail = ben.create("emails", **letter())
    work(messaging, mailbox.url.replace("smtp://", "smtp://user:secret@"))
    assert mailbox.messages == []
    assert "STARTTLS" in again(ben, mail)["last_error"]
