"""The gateway answers as the services do: one entity of each kind, every operation."""

import pytest

from services.identity.entities.profile import PROFILE
from services.inventory.entities.vendor import VENDOR
from services.inventory.entities.warehouse import WAREHOUSE
from services.sales.entities.lead import LEAD
from tests.eventually import eventually
from tests.service.matrix.expected import expected
from tests.service.matrix.operations import ACTIONS, BESIDE, NOWHERE, VERBS

ENTITIES = {
    "owned": (LEAD, {"last_name": "Matrix", "company": "Matrix"}),
    "shared": (VENDOR, {"name": "Matrix"}),
    "admin_writes": (WAREHOUSE, {"name": "Matrix"}),
    "admin_only": (PROFILE, {"name": "Matrix"}),
}
WHO = {"owner": "ben", "superior": "anna", "colleague": "clara"}


@pytest.fixture(scope="module")
def callers(suite, admin, people):
    """Each by what they are to the records of Ben."""
    known = {who: people[name] for who, name in WHO.items()}
    return {"anonymous": suite.with_token(None), "administrator": admin, **known}


@pytest.mark.parametrize("kind", ENTITIES)
def test_through_the_gateway_everybody_may_do_what_is_theirs(callers, kind):
    entity, body = ENTITIES[kind]
    maker = callers["administrator" if kind.startswith("admin") else "owner"]
    record = maker.create(entity.plural, **body)
    wrong = []
    for operation in (*VERBS, *ACTIONS.get(entity.name, ()), *BESIDE):
        for who, api in callers.items():
            path = operation.path.format(
                plural=entity.plural,
                name=who if "/mappings/" in operation.path else entity.name,
                id=record["id"],
                tag="blue",
                field="no_such_field",
                value="none",
                source="elsewhere",
                key=NOWHERE,
                comment=NOWHERE,
            )
            headers = {name.replace("-", "_"): text for name, text in operation.headers.items()}
            body = None if operation.body == b"" else operation.body
            got = api.ask(operation.method, path, body, **headers).status_code
            wanted = expected(entity, operation, who)
            if got not in wanted:
                wrong.append(f"{operation.method} {path} by {who}: {got} and not {wanted}")
    assert not wrong, "\n" + "\n".join(wrong)
    assert maker.get(f"/{entity.plural}/{record['id']}")["version"] == record["version"]


def test_what_is_simulated_comes_true(admin, people):
    """Over all services: Clara becomes a manager, above whoever sells."""
    ben, clara = people["ben"], people["clara"]
    manager = {role["name"]: role["id"] for role in admin.get("/roles")["items"]}["Sales Manager"]
    ben.create("leads", last_name="Simulated", company="Simulated")
    ben.create("tickets", title="Simulated")

    def seen():
        asked = ("leads", "tickets")
        return {p: clara.get(f"/{p}?count=exact&limit=1")["count"] for p in asked}

    before = seen()
    here = f"/users/{clara.id}"
    change = {"method": "PATCH", "path": here, "body": {"role_id": manager}}
    told = admin("POST", "/access/simulate", {"changes": [change], "users": [clara.id]})
    assert told["unavailable"] == []
    [user] = told["users"]
    assert user["name"] == admin.get(here)["display_name"]
    views = {
        f"{one['entity']}s": one["records"]["view"]
        for one in user["modules"]
        if one["entity"] in {"lead", "ticket"}
    }
    assert {plural: one["before"] for plural, one in views.items()} == before
    assert all(one["gained"] > 0 and one["lost"] == 0 for one in views.values())
    assert seen() == before
    role = admin.get(here)["role_id"]
    admin("PATCH", here, {"role_id": manager})
    try:
        eventually(seen, {plural: one["after"] for plural, one in views.items()})
    finally:
        admin("PATCH", here, {"role_id": role})
        eventually(seen, before)
