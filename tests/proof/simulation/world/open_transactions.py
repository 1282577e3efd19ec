"""Transactions take time: whoever writes an item that is in one meets a conflict, as on AWS.

A transaction that was sent is carried out, whatever becomes of the process that sent it. Of two that share an item the
second is cancelled with `TransactionConflict` at that item's position; a plain write of such an item is refused with
`TransactionConflictException` (DynamoDB developer guide, Transaction conflict handling). Reads are not held up.
"""

import random
from collections.abc import Callable
from typing import Any, Final

from saga_testing.aws import errors
from tests.proof.simulation.faults.weather import Met, Weather
from tests.proof.simulation.world.scheduler import Scheduler

LONGEST_MS: Final = 25

_Place = tuple[str, str]


class OpenTransactions:
    """Knows which items are in a transaction at this moment."""

    __slots__ = ("_dice", "_open", "_scheduler", "_weather")

    def __init__(self, scheduler: Scheduler, weather: Weather, dice: random.Random) -> None:
        self._scheduler, self._weather, self._dice = scheduler, weather, dice
        self._open: set[_Place] = set()

    def refuse_write(self, operation: str, request: dict[str, Any]) -> None:
        """Raises when the item of a plain write is in a transaction."""
        if self._open and _place(request) in self._open:
            self._weather.meet(Met.WRITE_CONFLICT)
            raise errors.transaction_conflict(operation)

    def carry_out(self, request: dict[str, Any], commit: Callable[[], None]) -> None:
        """Hold the items for some milliseconds, then `commit`; gives way until that is done."""
        places = [_place(next(iter(action.values()))) for action in request["TransactItems"]]
        if not self._open.isdisjoint(places):
            self._weather.meet(Met.TRANSACTION_CONFLICT)
            codes = ["TransactionConflict" if place in self._open else "None" for place in places]
            raise errors.transaction_cancelled([errors.reason(code) for code in codes])
        self._open.update(places)
        scheduler, task = self._scheduler, self._scheduler.current
        duration = self._dice.randint(1, LONGEST_MS)

        def finish() -> None:
            self._open.difference_update(places)
            commit()
            if task is not None:
                scheduler.wake(task)

        scheduler.after(duration, finish)
        if task is not None:
            if scheduler.now + duration >= task.invocation.deadline:
                scheduler.at(task.invocation.deadline, task.invocation.time_out)
            scheduler.park()


def _place(request: dict[str, Any]) -> _Place:
    key = request.get("Key") or request["Item"]
    partition, sort = ("pk", "sk") if "pk" in key else ("execution_id", "saga_name")
    return key[partition]["S"], key[sort]["S"]
