"""One suite for all modules of a test process, and the people and goods that tests trade with."""

import uuid
from contextlib import closing, contextmanager

import pytest

from tandem.postgres import EmbeddedPostgres
from tandem.provision import connect
from tests.e2e.running import PASSWORD, PATIENCE, Suite
from tests.eventually import eventually

EVERY_SERVICE = ("/roles", "/leads", "/products", "/tickets", "/emails", "/reports/sales")


@contextmanager
def running():
    """A new suite until the end of the block."""
    begun = Suite()
    begun.start()
    yield begun
    begun.stop()


@pytest.fixture(scope="session")
def suite():
    with running() as begun:
        yield begun


@pytest.fixture
def without_database(suite):
    """Inside the block, the service of this name does not reach its database."""

    @contextmanager
    def away(service):
        name = f"tandem_{service}"
        with closing(connect(EmbeddedPostgres(suite.var).url)) as connection:
            connection.autocommit = True
            cursor = connection.cursor()
            cursor.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
            cursor.execute(ended, (name,))
            try:
                yield
            finally:
                cursor.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")

    return away


@pytest.fixture(scope="module")
def admin(suite):
    return suite.sign_in("admin")


def _close(admin, roles):
    """Let the roles' people do everything, each to what is theirs or below them."""
    [mine] = admin.get("/organisations")["items"]
    admin("PATCH", f"/organisations/{mine['id']}", {"sharing": {}})
    everything = admin.create("profiles", name="Everything", others={"verbs": ["*"]})
    for name in ("Sales Manager", "Sales Person"):
        admin("PATCH", f"/roles/{roles[name]}", {"profile_ids": [everything["id"]]})


@pytest.fixture(scope="module")
def people(suite, admin):
    """Anna, a sales manager, and Ben and Clara, who report to her: each signed in, with an id."""
    roles = {role["name"]: role["id"] for role in admin.get("/roles")["items"]}
    known = {user["username"] for user in admin.get("/users?limit=200")["items"]}
    signed_in = {}
    if "anna" not in known:
        _close(admin, roles)
    for name, role in (
        ("anna", "Sales Manager"),
        ("ben", "Sales Person"),
        ("clara", "Sales Person"),
    ):
        if name not in known:
            user = admin.create(
                "users",
                username=name,
                last_name=name.title(),
                email=f"{name}@example.com",
                role_id=roles[role],
            )
            admin("POST", f"/users/{user['id']}/password", {"password": PASSWORD}, status=204)
        signed_in[name] = suite.sign_in(name)
        signed_in[name].id = signed_in[name].get("/me")["id"]
        for path in EVERY_SERVICE:
            eventually(
                lambda path=path, name=name: signed_in[name].ask("GET", path).status_code,
                200,
                within=PATIENCE,
            )
    return signed_in


@pytest.fixture
def ben(people):
    return people["ben"]


@pytest.fixture(scope="module")
def make_products(people):
    """Goods of Ben's that lie in the warehouse in these quantities, and that sales knows."""

    def make(*on_hand, **values):
        ben = people["ben"]
        products = [ben.create("products", name=f"Goods {uuid.uuid4()}", **values) for _ in on_hand]
        for product, quantity in zip(products, on_hand, strict=True):
            opening = {"product_id": product["id"], "quantity": quantity, "reason": "opening"}
            ben.create("stock-movements", **opening)
        lines = [line(product, 1, 1) for product in products]
        eventually(lambda: _known(ben, lines), within=PATIENCE)
        return products

    return make


def _known(ben, lines):
    """An offer of them to nobody is refused, and by then for no other reason."""
    problem = ben.ask("POST", "/quotes", {"subject": "x", "lines": lines}).json()
    return [error["pointer"] for error in problem.get("errors", ())] == ["/account_id"]


def line(product, quantity, price, **more):
    return {"product_id": product["id"], "quantity": quantity, "list_price": price} | more


def stock(api, product):
    """On hand, reserved, available, on order."""
    held = api.get(f"/products/{product['id']}")["stock"]
    return tuple(held[name] for name in ("on_hand", "reserved", "available", "on_order"))


@pytest.fixture
def stocked(ben):
    """Wait until a product's stock is (on hand, reserved, available, on order)."""

    def wait(product, *figures):
        eventually(lambda: stock(ben, product), tuple(map(str, figures)), within=PATIENCE)

    return wait


@pytest.fixture
def becomes(ben):
    """Wait until a record's field has this value; the record."""

    def wait(plural, record, field, value):
        path = f"/{plural}/{record['id']}"
        eventually(lambda: ben.get(path)[field], value, within=PATIENCE)
        return ben.get(path)

    return wait


@pytest.fixture
def approved(ben):
    """An approved order of (product, quantity, price)."""

    def make(*lines):
        account = ben.create("accounts", name=f"Account {uuid.uuid4()}")
        order = ben.create(
            "sales-orders",
            subject="Goods",
            account_id=account["id"],
            lines=[line(*each) for each in lines],
        )
        return ben("POST", f"/sales-orders/{order['id']}/approve")

    return make
