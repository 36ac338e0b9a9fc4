"""What routes say of themselves becomes the document; what cannot be described is an error."""

import orjson
import pytest
from pydantic import BaseModel

from crmkit.about import About, OwnRecord
from crmkit.schemas import openapi
from crmkit.schemas.catalogue import routes_of
from crmkit.schemas.components import Components
from crmkit.schemas.documents import lines
from services.sales.entities.account import ACCOUNT
from services.support.entities.ticket import TICKET

_PAINT = About(
    method="POST",
    path="/<plural>/<key>/paint/<colour>",
    name="paint_record",
    summary="Paint a record among records",
    answer=OwnRecord,
    places={"colour": "Its new colour."},
)


class Pair(BaseModel):
    left: OwnRecord
    right: OwnRecord | None


class Pairs(BaseModel):
    pairs: list[Pair]
    note: str


def service(*entities, **abouts):
    def verb():
        pass

    members = {"name": "works", "entities": entities}
    for name, about in abouts.items():
        members[name] = type(verb)(verb.__code__, {}, name)
        members[name].about = about
    return type("Works", (), members)


def described(*services):
    return openapi.document(services, (), version="1")


def test_a_route_of_records_is_described_for_each_entity():
    document = described(service(ACCOUNT, TICKET, paint=_PAINT))
    paths, kept = document["paths"], document["components"]
    assert list(paths) == [
        f"/api/v1/{plural}/{{id}}/paint/{{colour}}" for plural in ("accounts", "tickets")
    ]
    item = paths["/api/v1/accounts/{id}/paint/{colour}"]
    operation = item["post"]
    assert operation["operationId"] == "paint_account"
    assert operation["summary"] == "Paint an account among accounts"
    assert item["x-entity"] == "account"
    assert operation["responses"]["200"] == {"$ref": "#/components/responses/Account"}
    assert kept["responses"]["Account"]["content"] == {
        "application/json": {"schema": {"$ref": "#/components/schemas/Account"}}
    }
    assert [told["$ref"].rpartition("/")[2] for told in item["parameters"]] == ["id", "colour"]
    assert kept["parameters"]["colour"]["description"] == "Its new colour."


def test_shapes_that_hold_a_record_are_named_after_its_entity():
    components = Components()
    assert components.of(Pairs, TICKET) == {"$ref": "#/components/schemas/TicketPairs"}
    ticket = {"$ref": "#/components/schemas/Ticket"}
    assert components.schemas["TicketPair"]["properties"] == {
        "left": ticket,
        "right": {"anyOf": [ticket, {"type": "null"}]},
    }
    assert components.schemas["TicketPairs"]["properties"] == {
        "pairs": {"type": "array", "items": {"$ref": "#/components/schemas/TicketPair"}},
        "note": {"type": "string"},
    }


def test_a_silent_route_is_an_error():
    with pytest.raises(TypeError, match="Works: paint, wash do not say what they are about"):
        routes_of(service(ACCOUNT, paint={}, wash={}))


def test_so_is_a_variable_that_nobody_explains():
    about = About(method="GET", path="/<plural>/by/<day>", name="x", summary="X", answer=None)
    with pytest.raises(TypeError, match=r"does not say what \['day'\] are"):
        described(service(ACCOUNT, by_day=about))


def test_so_is_an_address_that_is_answered_twice():
    with pytest.raises(ValueError, match="is answered twice"):
        described(service(ACCOUNT, paint=_PAINT, wash=_PAINT))


def test_so_is_a_record_of_nothing():
    with pytest.raises(TypeError, match="no entity is there"):
        Components().of(OwnRecord)


def test_the_documents_have_a_line_for_each_thing():
    document = {
        "openapi": "3.1.0",
        "paths": {"/a": {"get": {"x": [1, 2]}}, "/b": {}},
        "tags": ["t"],
        "components": {"schemas": {"A": {"type": "object"}, "B": {}}},
    }
    written = lines(document)
    assert orjson.loads(written) == document
    assert written.decode().splitlines() == [
        "{",
        ' "openapi": "3.1.0",',
        ' "paths": {',
        '  "/a": {"get":{"x":[1,2]}},',
        '  "/b": {}',
        " },",
        ' "tags": [',
        '  "t"',
        " ],",
        ' "components": {',
        '  "schemas": {',
        '   "A": {"type":"object"},',
        '   "B": {}',
        "  }",
        " }",
        "}",
    ]
