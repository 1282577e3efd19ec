"""The states of one small counter, of who is at it, and of what may come to it."""

from dataclasses import dataclass, replace
from enum import StrEnum

from saga_orchestrator.domain.counters import Head, Lower, Override, Raise, Shard, opening


class Mutant(StrEnum):
    """Bugs that the protocol would not survive."""

    NO_GEN = "raises without looking at gen"
    LIMIT_WITHOUT_GEN = "new limits leave gen as it is"
    FIRST_SHARD_LAST = "shard 0 is read after the others"
    CAP_UNSEEN = "caps are lowered whatever they are by now"
    SETTLED_UNSEEN = "whoever has nothing to do says settled, whatever came meanwhile"
    OVERRIDE_IN_FORCE = "an override is the limit as soon as it is put there"
    CHECK_UNSEEN = "a check brings a limit whatever gen is by now"
    EXPIRED_STAYS = "an override stays in force after it has expired"


@dataclass(frozen=True, slots=True)
class Settler:
    """One that has begun: what it has read so far, or what it still wants to write."""

    head: Head | None = None
    read: tuple[Shard | None, ...] = ()
    fresh: bool = False
    """`gen` has not moved since it read shard 0."""
    plan: tuple[Lower | Raise, ...] | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """The checker, or that of a release before overrides, has read the head and is about to bring this limit."""

    limit: int
    fresh: bool = True
    """`gen` has not moved since it read the head."""


@dataclass(frozen=True, slots=True)
class State:
    shards: tuple[Shard, ...]
    head: Head | None
    settlers: tuple[Settler | None, ...]
    changes: int
    """How many limits, or overrides, may yet come."""
    override: Override | None = None
    expired: bool = False
    check: Check | None = None

    @property
    def promised(self) -> int:
        return sum(shard.promised for shard in self.shards)

    @property
    def limit(self) -> int:
        return self.head.limit if self.head else 0


@dataclass(frozen=True, slots=True)
class World:
    """A small one. `older`: functions of the release before caps claim beside, until the first change of a limit."""

    limit: int
    shards: int
    limits: tuple[int, ...]
    layouts: tuple[int, ...]
    workers: int
    settlers: int = 2
    changes: int = 2
    older: bool = False
    overrides: tuple[int, ...] = ()
    """Where there are any, limits come by these alone: put there, replaced, expired or taken away, and brought into
    force by a check. One of a release before them brings the setting whenever it likes.
    """
    mutant: Mutant | None = None

    @property
    def span(self) -> int:
        return max(self.shards, *self.layouts)

    def start(self) -> State:
        nobody = (None,) * self.settlers
        if self.older:
            return State((Shard(),) * self.span, None, nobody, self.changes)
        opened = opening(self.limit, self.shards, ())
        empty = (Shard(),) * (self.span - self.shards)
        return State((*opened.shards, *empty), replace(opened.head, gen=0), nobody, self.changes)


class Broken(AssertionError):
    """A promise does not hold."""
