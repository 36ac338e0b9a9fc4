"""What is merged or purged in one service follows in all the others."""

import uuid

import pytest

from tests.e2e.conftest import line
from tests.e2e.running import PATIENCE
from tests.eventually import eventually
from tests.kit.importing.importer import Importer


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


def test_what_an_import_made_and_is_purged_at_once_stays_purged(admin, tag):
    """What an import tells goes last, what a purge tells does not."""
    importer = Importer(admin, "accounts")
    rows = "\n".join(f"{tag} {n}" for n in range(1000))
    started = importer.start("run", importer.send(f"Name\n{rows}\n", header="true"))
    job = f"/accounts/jobs/{started['id']}"
    eventually(lambda: admin.get(job)["state"], "done", within=PATIENCE)
    made = [row["id"] for row in admin.get(f"{job}/rows?limit=200")["items"]]
    gone, kept = made[-3:], made[0]
    for account_id in gone:
        admin("DELETE", f"/accounts/{account_id}", status=204)
    assert admin("POST", "/accounts/bin/purge", {"ids": gone})["purged"] == 3

    def all_heard():
        last = admin.get(f"/accounts?q={tag}&sort=-id&limit=1")["items"][0]["id"]
        answers = [
            admin.ask("POST", "/tickets", {"title": tag, "account_id": one}).status_code
            for one in (kept, last)
        ]
        return answers == [201, 201]

    eventually(all_heard, within=PATIENCE)
    for account_id in gone:
        wish = {"title": tag, "account_id": account_id}
        assert admin.invalid("POST", "/tickets", wish) == [("/account_id", "dangling_link")]
    assert admin.get("/parked-events")["items"] == []
