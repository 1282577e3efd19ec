"""What goes wrong with calls under load: of each kind of fault a share that is drawn anew for each wave, often none."""

import random
from collections import Counter
from typing import Final

from saga_testing.faults import Fault, possible_at

MOST: Final = 0.08
"""Of all calls, for one kind of fault. Seven kinds can meet at one operation."""


class Trouble:
    """Draws the fault of each call. `everywhere` makes one fault strike all of them."""

    def __init__(self, dice: random.Random, everywhere: Fault | None = None) -> None:
        self.struck: Counter[Fault] = Counter()
        self._dice = dice
        self._everywhere = everywhere
        self._rates: dict[Fault, float] = {}

    def draw(self) -> None:
        """Other weather."""
        self._rates = {fault: self._dice.random() * MOST for fault in Fault if self._dice.random() < 0.5}

    def of(self, operation: str) -> Fault | None:
        point = self._dice.random()
        for fault in possible_at(operation):
            if fault is self._everywhere or point < self._rates.get(fault, 0.0):
                self.struck[fault] += 1
                return fault
            point -= self._rates.get(fault, 0.0)
        return None
