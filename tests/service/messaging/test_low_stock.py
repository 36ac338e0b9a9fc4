"""Low stock: whoever handles the product hears of it, once for each crossing."""

from dataclasses import asdict, replace
from datetime import timedelta

import pytest

from contracts.events.inventory import StockLow
from crmkit.unit_of_work import new_id
from tests.service.messaging.conftest import work
from tests.service.served import BEN, BOSS, event, person, profile, role


@pytest.fixture(autouse=True)
def everybody_without_an_address(messaging):
    tell(messaging, BOSS)
    tell(messaging, BEN)


def tell(messaging, user_id, **values):
    known = messaging.sql("SELECT version FROM principal WHERE user_id = %s", user_id)
    messaging.hear("people", person(user_id, int(known[0][0]) + 1, **values))


def low(product_id, owner_id=BEN):
    crossing = StockLow(product_id, "PRO1", "Chai", owner_id, "9", "10")
    return event("crm.inventory.stock.low.v1", product_id, **asdict(crossing))


def mails(messaging, product_id):
    found = messaging.as_(BOSS).get(f"/emails?filter[related_id]={product_id}")
    return found["items"]


def test_the_handler_gets_one_mail_for_each_crossing(messaging, mailbox):
    tell(messaging, BEN, email="ben@tandem.example")
    product_id = new_id()
    crossing = low(product_id)
    assert messaging.hear("low_stock", crossing) == ["applied"]
    assert messaging.hear("low_stock", crossing) == ["duplicate"]
    assert messaging.hear("low_stock", low(product_id)) == ["applied"]
    assert len(mails(messaging, product_id)) == 2
    work(messaging, mailbox.url)
    message = mailbox.messages[0]
    assert (message["To"], message["Subject"]) == ("ben@tandem.example", "Low stock: Chai")
    assert message["From"] == "tandem@localhost"
    words = message.get_payload()
    assert "Dear Ben," in words
    assert "PRO1 Chai has fallen below its reorder level." in words
    assert "Available: 9" in words
    assert "Reorder level: 10" in words


def test_a_field_that_the_handler_does_not_see_is_not_merged(messaging):
    kept, their_role, handler = new_id(), new_id(), new_id()
    fields = {"stock": "hidden", "reorder_level": "read_only"}
    products = {"active": True, "verbs": ["*"], "fields": fields}
    told = person(handler, role_id=their_role, email="sam@tandem.example")
    of_role = role(their_role, f"{their_role}/", profile_ids=[kept])
    messaging.hear("people", profile(kept, modules={"product": products}), of_role, told)
    product_id = new_id()
    messaging.hear("low_stock", low(product_id, owner_id=handler))
    (mail,) = mails(messaging, product_id)
    assert mail["merge"]["product"] == {
        "number": "PRO1",
        "name": "Chai",
        "available": None,
        "reorder_level": "10",
    }
    assert "Available: \nReorder level: 10\n" in mail["body_text"]


@pytest.mark.parametrize("handler", [{}, {"email": "ben@tandem.example", "active": False}])
def test_administrators_get_it_if_the_handler_cannot(messaging, handler):
    tell(messaging, BEN, **handler)
    tell(messaging, BOSS, email="boss@tandem.example")
    product_id = new_id()
    messaging.hear("low_stock", low(product_id))
    (mail,) = mails(messaging, product_id)
    assert (mail["to"], mail["status"]) == (["boss@tandem.example"], "queued")
    assert mail["body_text"].startswith("Dear administrator,")


def test_with_nobody_to_tell_the_mail_is_kept_with_the_reason(messaging):
    product_id = new_id()
    messaging.hear("low_stock", low(product_id))
    (mail,) = mails(messaging, product_id)
    assert (mail["to"], mail["status"], mail["subject"]) == ([], "failed", "Low stock: Chai")
    assert mail["last_error"] == (
        "Nobody to send it to: the product's handler has no e-mail address, "
        "and no active administrator can be reached by mail."
    )


def test_a_handler_not_heard_of_yet_is_waited_for_but_not_for_ever(messaging):
    tell(messaging, BOSS, email="boss@tandem.example")
    product_id = new_id()
    crossing = low(product_id, owner_id=new_id())
    assert messaging.hear("low_stock", crossing) == ["retry"]
    assert mails(messaging, product_id) == []
    old = replace(crossing, time=crossing.time - timedelta(minutes=3))
    assert messaging.hear("low_stock", old) == ["applied"]
    (mail,) = mails(messaging, product_id)
    assert mail["to"] == ["boss@tandem.example"]
