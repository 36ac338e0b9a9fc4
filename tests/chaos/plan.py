"""What is to be ordered and shipped: the same for the same seed, whoever asks and however often."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

PRODUCTS = 8
"""Few, so that consumers want the same stock at the same time."""
_ORDERS = 20
_FEWEST_SHIPMENTS, _MOST_SHIPMENTS = 10, 100
_LINES = 3
_MOST_AT_ONCE = 5

Part = tuple[int, int]
"""The position of a line of the order, and how much of it."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One order, and the shipments in which it leaves; `lines` are (product, quantity)."""

    name: str
    lines: tuple[tuple[int, int], ...]
    shipments: tuple[tuple[Part, ...], ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """`shipments` shipments of orders each of which leaves in ten to a hundred of them."""

    seed: int
    shipments: int

    @property
    def orders(self) -> int:
        """How many units there are."""
        return -(-self.shipments // self._per_order)

    def unit(self, number: int) -> Unit:
        """The unit with this number, from 0."""
        chance = random.Random(f"{self.seed}/{number}")
        count = min(self._per_order, self.shipments - number * self._per_order)
        products = chance.sample(range(PRODUCTS), min(_LINES, count))
        shipments = []
        for position in range(count):
            lines = {position % len(products), chance.randrange(len(products))}
            shipments.append(
                tuple((line, chance.randint(1, _MOST_AT_ONCE)) for line in sorted(lines))
            )
        ordered = Counter[int]()
        for parts in shipments:
            for line, quantity in parts:
                ordered[line] += quantity
        lines = tuple((product, ordered[line]) for line, product in enumerate(products))
        return Unit(f"chaos {number}", lines, tuple(shipments))

    def units(self, numbers: range) -> Iterator[Unit]:
        """Those units, one after the other."""
        return map(self.unit, numbers)

    def totals(self) -> Counter[int]:
        """How much of each product leaves in the end."""
        total = Counter[int]()
        for unit in self.units(range(self.orders)):
            for product, quantity in unit.lines:
                total[product] += quantity
        return total

    @property
    def _per_order(self) -> int:
        return min(max(self.shipments // _ORDERS, _FEWEST_SHIPMENTS), _MOST_SHIPMENTS)
