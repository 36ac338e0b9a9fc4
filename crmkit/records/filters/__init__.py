"""Which records: a tree of conditions, read from JSON or a query string, decided in SQL or here."""

from collections.abc import Iterable
from typing import Any

from contracts.errors import FieldError, invalid
from crmkit.entity import Entity
from crmkit.records.filters.dates import PERIODS, Viewpoint, viewpoint
from crmkit.records.filters.operators import OPERATORS, TEXTS, Takes, operators, read_value
from crmkit.records.filters.parsing import EVERYTHING, Reader
from crmkit.records.filters.tree import Tree
from crmkit.unit_of_work import UnitOfWork


def parse_tree(
    uow: UnitOfWork, entity: Entity, document: Any, *, at: tuple[str, ...] = ("filter",)
) -> Tree:
    """The tree in a JSON document; `at` are the steps of the pointer to where it was sent.

    Raises Problem 422 that names every bad node.
    """
    tree, errors = read_tree(uow, entity, document, at=at)
    if tree is None:
        raise invalid(errors)
    return tree


def read_tree(
    uow: UnitOfWork, entity: Entity, document: Any, *, at: tuple[str, ...] = ("filter",)
) -> tuple[Tree | None, list[FieldError]]:
    """The same for whoever has more to find fault with: the tree, or what is wrong with it."""
    reader = Reader(uow.seen, uow.shown(entity))
    return reader.tree(document, at), reader.errors


def read_texts(
    uow: UnitOfWork,
    entity: Entity,
    conditions: Iterable[tuple[str, str, str]],
    *,
    whole: bool = False,
) -> tuple[Tree, list[FieldError]]:
    """The tree of a query string's `(field, operator, text)`, all of which must hold.

    Of the `whole` entity, what the caller does not see of it too, for conditions of our own.
    """
    reader = Reader(uow.seen, uow.of(entity) if whole else uow.shown(entity))
    return reader.texts(conditions), reader.errors


__all__ = [
    "EVERYTHING",
    "OPERATORS",
    "PERIODS",
    "TEXTS",
    "Takes",
    "Tree",
    "Viewpoint",
    "operators",
    "parse_tree",
    "read_texts",
    "read_tree",
    "read_value",
    "viewpoint",
]
