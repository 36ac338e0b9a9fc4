"""Each word on mass mail is kept, and what a person's record says is the latest of them."""

import pytest

from tests.service.served import ANNA


def timeline(api, contact):
    found = api.get(f"/consents?filter[contact_id]={contact['id']}&sort=given_at,id")["items"]
    return [(each["status"], each["way"], each["proof"]) for each in found]


def opted_out(api, contact):
    return api.get(f"/contacts/{contact['id']}")["email_opt_out"]


@pytest.fixture
def contact(ben):
    return ben.create("contacts", last_name="Byron")


def test_the_latest_word_counts_whichever_way_it_came(ben, anna, contact):
    told = {"contact_id": contact["id"], "way": "Form", "proof": "newsletter form, 192.0.2.1"}
    ben("PATCH", f"/contacts/{contact['id']}", {"email_opt_out": True})
    ben.create("consents", status="opt_in", obtained_from="web", **told)
    assert opted_out(ben, contact) is False
    ben.create("consents", status="opt_out", given_at="2020-01-01T00:00:00Z", **told)
    assert opted_out(ben, contact) is False
    anna("PATCH", f"/contacts/{contact['id']}", {"email_opt_out": True})
    assert timeline(ben, contact) == [
        ("opt_out", "Form", told["proof"]),
        ("opt_out", "Edited", None),
        ("opt_in", "Form", told["proof"]),
        ("opt_out", "Edited", None),
    ]
    latest = ben.get(f"/consents?filter[contact_id]={contact['id']}&sort=-given_at")["items"][0]
    assert (latest["owner_id"], latest["created_by"]) == (contact["owner_id"], ANNA)


def test_what_is_no_consent_is_refused(ben, contact):
    named = {"contact_id": contact["id"], "status": "opt_in", "way": "Phone"}
    later = "2999-01-01T00:00:00Z"
    assert ben.invalid("POST", "/consents", {**named, "given_at": later}) == [
        ("/given_at", "out_of_range")
    ]
    assert ben.invalid("POST", "/consents", {"status": "opt_in", "way": "Phone"}) == [
        ("/contact_id", "required")
    ]
    given = ben.create("consents", **named)
    for method in ("PATCH", "DELETE"):
        ben(method, f"/consents/{given['id']}", {} if method == "PATCH" else None, status=405)


def test_a_lead_that_wants_no_mail_becomes_a_contact_that_wants_none(ben):
    lead = ben.create("leads", last_name="Byron", company="Engines", email_opt_out=True)
    made = ben("POST", f"/leads/{lead['id']}/convert", {})
    assert timeline(ben, {"id": made["contact_id"]}) == [("opt_out", "Edited", None)]


def test_a_consent_goes_with_the_person_who_is_purged(sales, boss, contact):
    given = boss.create("consents", contact_id=contact["id"], status="opt_in", way="Phone")
    boss("DELETE", f"/contacts/{contact['id']}", status=204)
    assert boss.get(f"/consents/{given['id']}")["contact_id"] == contact["id"]
    boss("POST", "/contacts/bin/purge", {"ids": [contact["id"]]})
    boss.get(f"/consents/{given['id']}", status=404)
    assert sales.told(given["id"])[-1] == "crm.sales.consent.purged.v1"
