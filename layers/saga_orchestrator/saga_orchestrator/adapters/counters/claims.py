"""Taking a unit of a limited resource: which shard, and what to do when it is full."""

import random
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from saga_orchestrator.application.ports import LostRace, NoRoom, Stored
from saga_orchestrator.domain.counters import raised, shard_limits
from saga_orchestrator.domain.errors import RetryableError
from saga_orchestrator.domain.policy import Policy
from saga_orchestrator.domain.saga import Claim

from .counter_table import CounterTable

CLAIM_ATTEMPTS = 8

Turns = Callable[[str, int], AbstractContextManager[Any]]
"""Makes claims of one process on one shard go one after the other: transactions on one item do not queue in DynamoDB,
they cancel each other."""


@dataclass(frozen=True, slots=True)
class LockTurns:
    """Turns of threads."""

    _locks: dict[tuple[str, int], threading.Lock] = field(default_factory=dict)

    def __call__(self, resource: str, shard: int) -> AbstractContextManager[Any]:
        return self._locks.setdefault((resource, shard), threading.Lock())


@dataclass(frozen=True, slots=True)
class Claims:
    """The first shard is drawn by the settings, as a guess; whether there is room, the counter alone says."""

    counters: CounterTable
    policy: Policy
    rng: random.Random
    turns: Turns

    def take(self, resource: str, attempt: Callable[[Claim], Stored | LostRace | NoRoom]) -> Stored | LostRace | NoRoom:
        """`attempt` with a shard that has room, until it is anything else than full."""
        limit = self._limit(resource)
        shares = shard_limits(limit, self.policy.counter_shards)
        shard = self.rng.choice([place for place, share in enumerate(shares) if share > 0])
        for _ in range(CLAIM_ATTEMPTS):
            with self.turns(resource, shard):
                outcome = attempt(Claim(resource, shard))
            if not isinstance(outcome, NoRoom):
                return outcome
            full = self._look(resource, limit)
            if isinstance(full, NoRoom):
                return full
            shard = full
        msg = f"counter shards of {resource} filled up faster than they could be read"
        raise RetryableError(msg)

    def _look(self, resource: str, limit: int) -> int | NoRoom:
        """A shard with room, one that was just given some, or that there is none: only where all is promised."""
        for _ in range(CLAIM_ATTEMPTS):
            reading = self.counters.read(resource)
            if reading is None:
                # Its first claim ever, or the first one since it has caps: this costs more, once.
                with self.turns(resource, 0):
                    self.counters.open(resource, limit, self.policy.counter_shards)
                continue
            if reading.with_room:
                return self.rng.choice(reading.with_room)
            steps = raised(reading)
            if not steps:
                return NoRoom(closed=reading.head.limit == 0)
            if self.counters.apply(resource, steps[0]):
                return steps[0].shard
        msg = f"the counter of {resource} was written by others all the time"
        raise RetryableError(msg)

    def _limit(self, resource: str) -> int:
        limit = self.policy.limit_of(resource)
        if not isinstance(limit, int):
            msg = f"{resource} is {limit}: nothing is claimed of it"
            raise TypeError(msg)
        return limit
