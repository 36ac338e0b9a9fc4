"""Who writes to somebody that wants no mail is told so, and may still send it."""

import uuid

from tests.service.served import record


def person(email, opted_out, version=1, record_id=None):
    about = {"number": "CON1", "first_name": None, "last_name": "Byron", "account_id": None}
    return record(
        "crm.sales.contact.changed.v1",
        record_id or str(uuid.uuid4()),
        version,
        **about,
        email=email,
        secondary_email=None,
        email_opt_out=opted_out,
    )


def test_a_mail_says_whether_a_reader_has_opted_out(messaging, ben):
    address = f"{uuid.uuid4()}@Example.com"
    out = person(address, opted_out=True)
    assert messaging.hear("mail_consents", out) == ["applied"]
    assert messaging.hear("links", out) == ["applied"]
    words = {"subject": "Hello", "body_text": "Hello"}
    mail = ben.create("emails", to=["x@example.com", address.lower()], **words)
    assert mail["opted_out"] is True
    assert ben.create("emails", to=["x@example.com"], **words)["opted_out"] is False
    about = {"related_entity": "contact", "related_id": out.subject}
    assert ben.create("emails", to=["x@example.com"], **about, **words)["opted_out"] is True
    messaging.hear("mail_consents", person(address, False, 2, out.subject))
    assert ben.get(f"/emails/{mail['id']}")["opted_out"] is False
