"""The kit knows how every service does the common thing, and no entity and no service by name.

Counted are identifiers and strings, not what is told to readers in docstrings and comments.
"""

import ast
import json
import re

import pytest

from contracts.services import SERVICE_PORTS
from tests.architecture.sources import ROOT, modules, tree

CATALOGUE = json.loads((ROOT / "contracts/schemas/catalogue.json").read_text())["routes"]

OF_IDENTITY = {
    "identity",
    "user",
    "role",
    "profile",
    "group",
    "sharing_rule",
    "signing_key",
    "currency",
    "organisation",
}
"""Who calls, what may be done, in which money: nothing works without them."""
TERMS = {"email", "tax"}
"""Entities that are called as a kind of field is, and as a step in adding up a document."""


def _forbidden():
    names = set(SERVICE_PORTS)
    for plural, route in CATALOGUE.items():
        if route["entity"] not in OF_IDENTITY | TERMS:
            names |= {route["entity"], plural.replace("-", "_")}
    return sorted(names - OF_IDENTITY)


FORBIDDEN = re.compile(rf"(?<![a-z])(?:{'|'.join(_forbidden())})(?![a-z])")


def words(name):
    """A name as words: `SalesOrder`, `SALES_ORDER` and `sales-orders` are all `sales_order`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).replace("-", "_").lower()


def said(module_tree):
    """(line, name or string) of everything that the machine reads."""
    explanations = {id(n.value) for n in ast.walk(module_tree) if isinstance(n, ast.Expr)}
    for node in ast.walk(module_tree):
        match node:
            case ast.Constant(value=str(value)) if id(node) not in explanations:
                yield node.lineno, value
            case ast.Name(id=name) | ast.Attribute(attr=name):
                yield node.lineno, name
            case ast.arg(arg=name) | ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield node.lineno, name
            case ast.alias(name=name):
                yield node.lineno, name
            case ast.keyword(arg=str(name)):
                yield node.value.lineno, name


def named(module_tree):
    """Where a tree names an entity or a service."""
    return [
        f"line {line}: {name[:60]!r}"
        for line, name in said(module_tree)
        if FORBIDDEN.search(words(name))
    ]


@pytest.mark.parametrize("module", modules("crmkit"), ids=str)
def test_the_kit_names_no_entity_and_no_service(module):
    assert named(tree(module)) == []


@pytest.mark.parametrize(
    "text",
    [
        'f.link("product")',
        "product_id: str",
        "class SalesOrderLine: ...",
        "import services.sales",
        "from contracts.events import inventory",
        'hears("crm.sales.sales_order.*.v1")',
        "def convert_lead(): ...",
        "query(stock_level=1)",
        'get("/purchase-orders")',
        "SHIPMENT",
        "record.invoices",
        'f"the {x} quote"',
    ],
)
def test_naming_one_is_seen(text):
    assert named(ast.parse(text)) != []


@pytest.mark.parametrize(
    "text",
    ['"""A sales order."""', "# a lead", "misleading = production", "user_id", 'x["currency"]'],
)
def test_other_words_are_not(text):
    assert named(ast.parse(text)) == []
