"""What code compares with, administrators must not be able to rename.

A value of a list that they edit may stand where the list is declared, and nowhere else, unless it
is `protected` there. Rules go by what values carry instead.
"""

import ast
import importlib

import pytest

from crmkit.entity import Entity
from tests.architecture.sources import modules, tree

ORDER_UNTIL_TOLD = {("services/reporting/actions/pipeline.py", "SHIPPED")}
"""Values that nothing is compared with but to show them in their order."""

CODE = [module for module in modules("services") if "migrations" not in module.parts]
ENTITIES = {
    value.name: value
    for module in CODE
    if "entities" in module.parts
    for value in vars(importlib.import_module(".".join(module.with_suffix("").parts))).values()
    if isinstance(value, Entity)
}
LISTS = [
    (f"{entity.name}.{name}", field)
    for entity in ENTITIES.values()
    for name, field in entity.own_fields.items()
    if field.picklist is not None
]
KEPT = {
    value
    for _, field in LISTS
    for value in (field.choices if field.fixed else field.picklist.protected)
}
"""Values that nobody can rename; a list that has one of the same name besides is not told apart."""
FREE = {value: where for where, field in LISTS for value in {*field.choices} - KEPT}
"""Values that may be called something else tomorrow, and the list they are in."""


def declarations(module_tree):
    """The calls that declare picklists, examples for those who only try things out, and views.

    The filter of a view follows a value that is renamed, as every filter does.
    """
    for node in ast.walk(module_tree):
        match node:
            case ast.Call(func=ast.Attribute(attr="picklist" | "multiselect")):
                yield node
            case ast.keyword(arg="examples" | "views"):
                yield node


DECLARING = {
    part.id
    for module in CODE
    for call in declarations(tree(module))
    for part in ast.walk(call)
    if isinstance(part, ast.Name)
}
"""Names of what lists are made of."""


def relied_on(module, module_tree):
    """(line, value) of every free value that code does something with."""
    declared = {id(part) for call in declarations(module_tree) for part in ast.walk(call)}
    constants = {}
    for node in module_tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)]) if (
                name in DECLARING or (str(module), name) in ORDER_UNTIL_TOLD
            ):
                constants[name] = node
                declared |= {id(part) for part in ast.walk(node)}
    for node in ast.walk(module_tree):
        if isinstance(node, ast.Expr) or id(node) in declared:
            continue
        match node:
            case ast.Constant(value=str(value)) if value in FREE:
                yield node.lineno, value
            case ast.Name(id=name, ctx=ast.Load()) if name in constants and name in DECLARING:
                for part in ast.walk(constants[name]):
                    if isinstance(part, ast.Constant) and part.value in FREE:
                        yield node.lineno, part.value


@pytest.mark.parametrize("module", CODE, ids=str)
def test_code_relies_on_no_value_that_may_be_renamed(module):
    found = [
        f"line {line}: {value!r} of {FREE[value]}"
        for line, value in relied_on(module, tree(module))
    ]
    assert found == []
