"""Tickets: taken up, worked on, closed, and linked to what they are about."""

import pytest

from tests.service.served import ANNA, BEN, CLARA, record

ACCOUNT = "01990000-0000-7000-8000-0000000000b1"
CONTACT = "01990000-0000-7000-8000-0000000000b2"
PRODUCT = "01990000-0000-7000-8000-0000000000b3"


@pytest.fixture
def ben(support):
    return support.as_(BEN)


def test_a_ticket_begins_open_normal_and_minor_and_belongs_to_whoever_took_it(ben):
    ticket = ben.create("tickets", title="It does not start")
    assert ticket["number"].startswith("TT")
    expected = {
        "status": "Open",
        "priority": "Normal",
        "severity": "Minor",
        "category": None,
        "closed_at": None,
        "owner_id": BEN,
        "source": "API",
    }
    assert {name: ticket[name] for name in expected} == expected


def test_closing_notes_when_and_opening_again_forgets_it(ben):
    path = f"/tickets/{ben.create('tickets', title='Noise')['id']}"
    closed = ben("PATCH", path, {"status": "Closed", "solution": "Oil"})
    assert closed["closed_at"] == closed["modified_at"]
    later = ben("PATCH", path, {"solution": "More oil"})
    assert later["closed_at"] == closed["closed_at"]
    assert ben("PATCH", path, {"status": "In Progress"})["closed_at"] is None


def test_a_ticket_is_linked_to_records_of_other_services(support, ben):
    support.hear(
        "links",
        record("crm.sales.account.created.v1", ACCOUNT, number="ACC1", name="Acme"),
        record("crm.sales.contact.created.v1", CONTACT, number="CON1", last_name="Doe"),
        record("crm.inventory.product.created.v1", PRODUCT, number="PRO1", name="Chai"),
    )
    links = {"account_id": ACCOUNT, "contact_id": CONTACT, "product_id": PRODUCT}
    ticket = ben.create("tickets", title="Broken", **links)
    assert {name: ticket[name] for name in links} == links


def test_every_bad_field_is_named(ben):
    body = {"title": " ", "status": "New", "hours": "-1", "closed_at": "2026-01-01T00:00:00Z"}
    assert sorted(ben.invalid("POST", "/tickets", body)) == [
        ("/closed_at", "read_only"),
        ("/hours", "greater_than_equal"),
        ("/status", "unknown_value"),
        ("/title", "required"),
    ]


def test_a_link_to_another_entity_s_record_dangles(support, ben):
    support.hear("links", record("crm.sales.account.created.v1", ACCOUNT, number="A", name="Acme"))
    body = {"title": "Broken", "contact_id": ACCOUNT}
    assert ben.invalid("POST", "/tickets", body) == [("/contact_id", "dangling_link")]


def test_superiors_see_it_and_colleagues_do_not(support, ben):
    path = f"/tickets/{ben.create('tickets', title='Mine')['id']}"
    assert support.as_(ANNA).get(path)["title"] == "Mine"
    support.as_(CLARA).get(path, status=404)
    support.as_(None).get(path, status=401)


def test_each_write_is_told_once(support, ben):
    ticket = ben.create("tickets", title="Told")
    ben("PATCH", f"/tickets/{ticket['id']}", {"priority": "High"})
    ben("PATCH", f"/tickets/{ticket['id']}", {"priority": "High"})
    assert support.told(ticket["id"]) == [
        "crm.support.ticket.created.v1",
        "crm.support.ticket.changed.v1",
    ]


def test_people_are_known_by_their_whole_name(support):
    for version, first in ((1, None), (2, "Ada")):
        state = {"number": "CON9", "first_name": first, "last_name": "Lovelace"}
        contact = CONTACT[:-1] + "9"
        support.hear("links", record("crm.sales.contact.changed.v1", contact, version, **state))
        [(label,)] = support.sql("SELECT label FROM linked_record WHERE record_id = %s", contact)
        assert label == ("Ada Lovelace" if first else "Lovelace")
