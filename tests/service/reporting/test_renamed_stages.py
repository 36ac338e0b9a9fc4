"""A stage that was renamed or taken out: the pipeline follows, in whatever order it hears of it."""

import itertools
import random

import pytest

from contracts.events.base import Event
from crmkit.unit_of_work import new_id
from services.reporting.actions.pipeline import PipelineQuery, pipeline
from tests.service.reporting.conftest import BEN, BOSS, CLARA, event, opportunity

ONE, TWO, THREE, FOUR = (f"01990000-0000-7000-8000-0000000000e{n}" for n in range(4))


def hours(number):
    return f"2026-03-01T{number:02}:00:00+00:00"


def replaced(old, new, at, until=None):
    return {"old": old, "new": new, "at": hours(at), "until": until and hours(until)}


def stages(version, *values, gone=(), entity="opportunity", field="stage") -> Event:
    """What sales tells of a picklist."""
    told = event(entity, field, version, {})
    data = {
        "entity": entity,
        "field": field,
        "values": [{"value": value, "colour": None, "traits": None} for value in values],
        "replaced": list(gone),
    }
    kind = f"crm.sales.{entity}.picklist_renamed.v1"
    return Event(new_id(), kind, "/sales", field, told.time, data, version, BOSS)


def rows(reporting):
    report = reporting.ask(pipeline, PipelineQuery())
    return [(row["key"], row["opportunities"], str(row["amount"])) for row in report["rows"]]


def test_sums_move_to_the_new_name_and_stand_in_the_new_order(reporting):
    reporting.hear(
        event("opportunity", ONE, 1, opportunity("Prospecting", BEN, "1.00"), hour=1),
        event("opportunity", TWO, 1, opportunity("Prospecting", CLARA, "2.00"), hour=1),
        event("opportunity", THREE, 1, opportunity("Qualification", BEN, "4.00"), hour=1),
    )
    gone = [replaced("Prospecting", "Hunting", 2)]
    reporting.hear(stages(1, "Qualification", "Hunting", gone=gone))
    assert rows(reporting) == [("Qualification", 1, "4.00"), ("Hunting", 2, "3.00")]
    # What was told before, but arrives after; and what follows from a state kept under that name.
    reporting.hear(event("opportunity", FOUR, 1, opportunity("Prospecting", BEN, "8.00"), hour=1))
    reporting.hear(event("opportunity", ONE, 3, opportunity("Qualification", BEN, "1.00"), hour=3))
    assert rows(reporting) == [("Qualification", 2, "5.00"), ("Hunting", 2, "10.00")]
    gone.append(replaced("Hunting", "Qualification", 4))
    reporting.hear(stages(2, "Qualification", gone=gone))
    assert rows(reporting) == [("Qualification", 4, "15.00")]


def test_other_picklists_move_nothing(reporting):
    reporting.hear(event("opportunity", ONE, 1, opportunity("Prospecting", BEN, "1.00")))
    gone = [replaced("Prospecting", "Hunting", 2)]
    reporting.hear(stages(1, "Hunting", gone=gone, field="type"))
    reporting.hear(stages(1, "Hunting", gone=gone, entity="lead"))
    assert rows(reporting) == [("Prospecting", 1, "1.00")]


HISTORY = (
    event("opportunity", ONE, 1, opportunity("A", BEN, "1.00"), hour=1),
    event("opportunity", TWO, 1, opportunity("A", CLARA, "2.00"), hour=1),
    stages(1, "B", gone=[replaced("A", "B", 2)]),
    event("opportunity", TWO, 3, opportunity("B", CLARA, "4.00"), hour=3),
    stages(2, "B", "A", gone=[replaced("A", "B", 2, 4)]),
    event("opportunity", THREE, 1, opportunity("A", BEN, "8.00"), hour=5),
    stages(3, "C", "A", gone=[replaced("A", "B", 2, 4), replaced("B", "C", 6)]),
    event("opportunity", FOUR, 1, opportunity("C", BEN, "16.00"), hour=7),
)
ORDERS = random.Random(1).sample(list(itertools.permutations(HISTORY)), 40)


@pytest.mark.parametrize("together", [1, 3])
def test_the_order_of_hearing_does_not_matter(reporting, together):
    for order in ORDERS:
        reporting.forget()
        for start in range(0, len(order), together):
            reporting.hear(*order[start : start + together], *order[:1])
        assert rows(reporting) == [("C", 3, "21.00"), ("A", 1, "8.00")]
