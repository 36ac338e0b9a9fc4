"""What is merged or purged in one service follows in all the others."""

import uuid

import pytest

from tests.e2e.conftest import line
from tests.e2e.running import PATIENCE
from tests.eventually import eventually


@pytest.fixture
def tag():
    return f"t{uuid.uuid4().hex[:12]}"


def becomes(api, path, field, value):
    eventually(lambda: api.get(path)[field], value, within=PATIENCE)


def sold(api, tag):
    """Orders by account, as reporting counts them."""
    rows = api.get("/reports/sales?group_by=account")["rows"]
    return {row["label"]: row["orders"] for row in rows if tag in (row["label"] or "")}


def test_a_merged_account_takes_its_tickets_and_orders_along(ben, make_products, tag):
    [goods] = make_products("10")
    keeps, goes = (ben.create("accounts", name=f"{tag} {n}", billing_city=n) for n in ("A", "B"))
    ticket = ben.create("tickets", title=tag, account_id=goes["id"])
    orders = [
        ben.create(
            "sales-orders", subject=tag, account_id=account["id"], lines=[line(goods, "1", "9")]
        )
        for account in (keeps, goes)
    ]
    for order in orders:
        ben("POST", f"/sales-orders/{order['id']}/approve")
    eventually(lambda: sold(ben, tag), {f"{tag} A": 1, f"{tag} B": 1}, within=PATIENCE)
    wish = {"losers": [goes["id"]], "take": {"billing_city": goes["id"]}}
    merged = ben("POST", f"/accounts/{keeps['id']}/merge", wish)
    assert merged["billing_city"] == "B"
    moved = ben.get(f"/sales-orders/{orders[1]['id']}")
    assert (moved["account_id"], moved["total"]) == (keeps["id"], orders[1]["total"])
    becomes(ben, f"/tickets/{ticket['id']}", "account_id", keeps["id"])
    eventually(lambda: sold(ben, tag), {f"{tag} A": 2}, within=PATIENCE)
    answer = ben.ask("GET", f"/accounts/{goes['id']}")
    assert answer.status_code == 308
    assert answer.headers["Location"] == f"/api/v1/accounts/{keeps['id']}"
    ben("POST", f"/accounts/{keeps['id']}/unmerge")
    becomes(ben, f"/tickets/{ticket['id']}", "account_id", goes["id"])
    eventually(lambda: sold(ben, tag), {f"{tag} A": 1, f"{tag} B": 1}, within=PATIENCE)


def test_nothing_is_left_of_what_is_purged(admin, ben, tag):
    account = ben.create("accounts", name=tag)
    ticket = ben.create("tickets", title=f"Where is {tag}?", account_id=account["id"])
    mail = ben.create(
        "emails",
        to=["x@example.com"],
        subject=tag,
        body_text="x",
        related_entity="account",
        related_id=account["id"],
    )
    ben("DELETE", f"/accounts/{account['id']}", status=204)
    [binned] = ben.get(f"/recycle-bin?q={tag}")["items"]
    assert (binned["service"], binned["label"]) == ("sales", tag)
    assert ben.get(f"/tickets/{ticket['id']}")["account_id"] == account["id"]
    purged = admin("POST", "/accounts/bin/purge", {"ids": [account["id"]]})
    assert purged == {"purged": 1, "in_use": []}
    becomes(ben, f"/tickets/{ticket['id']}", "account_id", None)
    becomes(ben, f"/emails/{mail['id']}", "related_id", None)
    assert ben.get(f"/recycle-bin?q={tag}")["items"] == []
