"""What belongs together over services: lists, links, tags, and who is told, through the gateway."""

import uuid

import pytest

from tests.e2e.running import PATIENCE
from tests.eventually import eventually


@pytest.fixture
def account(ben):
    return ben.create("accounts", name=f"Account {uuid.uuid4()}")


@pytest.fixture
def ticket(ben, account):
    """Of a contact at the account; support may still have to hear of the contact."""
    contact = ben.create("contacts", last_name="King", account_id=account["id"])
    eventually(
        lambda: (
            ben.ask(
                "POST", "/tickets", {"title": "Broken", "contact_id": contact["id"]}
            ).status_code
        ),
        201,
        within=PATIENCE,
    )
    [found] = ben.get(f"/tickets?filter[contact_id]={contact['id']}")["items"]
    return found


def ids(page):
    return [item["id"] for item in page["items"]]


def test_lists_and_links_over_services(ben, people, account, ticket):
    at = f"/accounts/{account['number']}/related"
    eventually(lambda: ids(ben.get(f"{at}/tickets")), [ticket["id"]], within=PATIENCE)
    product = ben.create("products", name=f"Goods {uuid.uuid4()}")
    path = f"{at}/products/{product['number']}"
    eventually(lambda: ben.ask("PUT", path).status_code, 204, within=PATIENCE)
    there = f"/products/{product['id']}/related/accounts"
    eventually(lambda: ids(ben.get(there)), [account["id"]], within=PATIENCE)
    counts = {each["name"]: each["count"] for each in ben.get(at)["items"]}
    assert (counts["contacts"], counts["tickets"], counts["products"]) == (1, 1, 1)
    assert ben.get(at)["unavailable"] == []
    clara = people["clara"]
    clara.get(f"{at}/products", status=404)
    clara("PUT", path, status=404)
    assert ids(clara.get(there)) == []
    ben("DELETE", f"{there}/{account['id']}", status=204)
    eventually(lambda: ids(ben.get(f"{at}/products")), [], within=PATIENCE)
    facts = [row["fact"] for row in ben.get(f"/products/{product['id']}/history")["items"]]
    assert facts == ["unlinked", "linked", "created"]


def test_tags_of_all_services(ben, admin, account, ticket):
    word = f"C/{uuid.uuid4().hex[:8]}"
    quoted = word.replace("/", "%2F")
    for plural, record in (("accounts", account), ("tickets", ticket)):
        path = f"/{plural}/{record['id']}/tags/{quoted}"
        ben("PUT", path, {"visibility": "shared"}, status=204)
    [tag] = [tag for tag in ben.get("/tags")["items"] if tag["name"] == word]
    assert tag == {"name": word, "visibility": "shared", "count": 2}
    found = ben.get(f"/tags/{quoted}/records")["items"]
    assert {(each["service"], each["id"]) for each in found} == {
        ("sales", account["id"]),
        ("support", ticket["id"]),
    }
    change = admin("PATCH", f"/tags/{quoted}?visibility=shared", {"name": f"{word}+"}, status=202)

    def applied_by():
        changes = admin.get("/tags/changes")["items"]
        return {
            service
            for each in changes
            if each["id"] == change["id"]
            for service in each["applied_by"]
        }

    everybody = {"identity", "sales", "inventory", "support", "messaging", "reporting"}
    eventually(applied_by, everybody, within=PATIENCE)
    assert len(ben.get(f"/tags/{quoted}+/records")["items"]) == 2
    assert ben.get(f"/tags/{quoted}/records")["items"] == []


def test_whoever_is_mentioned_gets_a_mail(suite, ben, people, account):
    anna = people["anna"]
    path = f"/accounts/{account['id']}"
    account = ben("PATCH", path, {"name": uuid.uuid4().hex[:12]})
    anna("PUT", f"{path}/follow", status=204)
    ben("POST", f"{path}/comments", {"body": "Look here, @anna!"}, status=201)
    subject = f"Ben mentions you: Account {account['number']} {account['name']}"
    eventually(lambda: len(suite.mails(subject)), 1, within=PATIENCE)
    assert "Look here, @anna!" in suite.mails(subject)[0]
    assert account["id"] in ids(anna.get("/followed"))
    anna.get(path)
    eventually(lambda: ids(anna.get("/recent"))[:1], [account["id"]], within=PATIENCE)
