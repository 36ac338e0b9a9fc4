"""The views that entities ship with name only what is there."""

import importlib
import pkgutil

import pytest

import services
from contracts.caller import system_caller
from crmkit.entity import Entity
from crmkit.records.views.reading import shipped
from crmkit.records.views.shapes import MOST_COLUMNS
from crmkit.unit_of_work import UnitOfWork


def _entities():
    """Every service's entities, by name."""
    found = {}
    for module in pkgutil.walk_packages(services.__path__, "services."):
        _, service, *rest = module.name.split(".")
        if rest[:1] == ["entities"]:
            values = vars(importlib.import_module(module.name)).values()
            own = {one.name: one for one in values if isinstance(one, Entity)}
            found.setdefault(service, {}).update(own)
    return found


ENTITIES = _entities()


@pytest.mark.parametrize("service", ENTITIES)
def test_every_shipped_view_can_be_used(service):
    uow = UnitOfWork(None, system_caller(), service, ENTITIES[service])
    for entity in ENTITIES[service].values():
        views = shipped(entity)
        assert len(views) == 1 + len(entity.views), entity.name
        for view in views.values():
            assert view.read(uow, entity)[1] == [], (entity.name, view.name)
            assert 1 <= len(view.columns) <= MOST_COLUMNS


def test_the_shipped_key_metrics_are_those_of_vtiger():
    metrics = {
        view.name
        for entities in ENTITIES.values()
        for entity in entities.values()
        for view in entity.views
        if view.metric
    }
    assert metrics == {
        *("Hot Leads", "Prospect Accounts", "Potentials Won", "Open Tickets", "Open Quotes"),
    }
