"""How a limit lives in a language's counter: decisions only, shared by the adapter and the proof by exhaustion.

A counter is split over items, its *shards*. Each holds `n`, the units taken, and `cap`: a unit is taken while
`n < cap`, so no claim depends on a setting. Shard 0 also holds the *head*: the limit that the caps add up to, and a
generation, `gen`.

What a language can come to use is the *promise*: the sum of max(n, cap). Claims, releases and lowered caps never raise
it. Only raising a cap does, so every raise and every new limit also raises `gen`, and is refused unless `gen` is what
it was when a reading began. A reading begins with shard 0: what it finds on the others may have become less since, and
never more. So no raise brings the promise above the limit; above it is only what was promised before it was lowered.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Shard:
    """One item of a counter. `cap` is None where none was ever written: then nothing is taken from it."""

    n: int = 0
    cap: int | None = None

    @property
    def promised(self) -> int:
        return max(self.n, self.cap or 0)

    @property
    def has_room(self) -> bool:
        return self.n < (self.cap or 0)


@dataclass(frozen=True, slots=True)
class Override:
    """What an operator has put in the place of the setting. It takes nothing by itself: a check brings it into force,
    as it does a setting, and the setting again once it has expired or is taken away.

    Args:
        at: when it was put there, in epoch milliseconds.
        until: when it expires; None: when somebody takes it away.
    """

    limit: int
    at: int
    until: int | None = None
    by: str = ""
    reason: str = ""

    def stands(self, now: int) -> bool:
        return self.until is None or now < self.until


@dataclass(frozen=True, slots=True)
class Head:
    """What shard 0 says about all.

    Args:
        limit: what the caps add up to; 0 takes nothing.
        gen: raised with every raised cap and every new limit.
        shards: how many shards the limit is spread over now.
        span: how many there ever were: what is out of use drains, and counts until it has.
        unsettled: the limit or the shards have changed, and no settler has come to an end since.
        override, over_all: of this language, and of all; neither is part of the limit before a check says so.
        version: raised with every override that is put there or taken away.
    """

    limit: int
    gen: int
    shards: int
    span: int
    unsettled: bool = False
    override: Override | None = None
    over_all: Override | None = None
    version: int = 0

    def changed(self, limit: int, shards: int) -> "Head":
        return replace(self, limit=limit, gen=self.gen + 1, shards=shards, span=max(self.span, shards), unsettled=True)

    def limit_for(self, setting: int, now: int) -> int:
        """What is to be in force: by the later of the overrides that have not expired, else as the deployment says."""
        standing = [each for each in (self.override, self.over_all) if each is not None and each.stands(now)]
        latest = max(standing, key=lambda each: each.at, default=None)
        return setting if latest is None else latest.limit

    @property
    def shares(self) -> tuple[int, ...]:
        """What each shard is to have, those out of use included."""
        return (*shard_limits(self.limit, self.shards), *(0,) * (self.span - self.shards))


@dataclass(frozen=True, slots=True)
class Reading:
    """A counter as it was read: shard 0 first, then the others in any order."""

    head: Head
    shards: tuple[Shard, ...]

    @property
    def taken(self) -> int:
        return sum(shard.n for shard in self.shards)

    @property
    def promised(self) -> int:
        return sum(shard.promised for shard in self.shards)

    @property
    def with_room(self) -> tuple[int, ...]:
        return tuple(place for place, shard in enumerate(self.shards) if shard.has_room)


@dataclass(frozen=True, slots=True)
class Lower:
    """Always safe. Refused only if the cap is no longer what was read."""

    shard: int
    read: int
    cap: int


@dataclass(frozen=True, slots=True)
class Raise:
    """Refused unless the cap and `gen` are what was read; raises `gen`."""

    shard: int
    read: int | None
    cap: int
    gen: int


def settle(reading: Reading) -> tuple[Lower | Raise, ...]:
    """What brings the caps closer to the limit; empty when nothing can until a unit is given back.

    Lowered caps in any order, or one raised one: after that, `gen` has moved and the counter is read again.
    """
    return lowered(reading) or raised(reading)


def lowered(reading: Reading) -> tuple[Lower, ...]:
    """Every cap down to its share; further, if more is promised than the limit; to nothing, if all of it is taken."""
    return tuple(
        Lower(place, shard.cap, cap)
        for place, (shard, cap) in enumerate(zip(reading.shards, _targets(reading), strict=True))
        if shard.cap is not None and cap < shard.cap
    )


def raised(reading: Reading) -> tuple[Raise, ...]:
    """One cap up, by what is not promised yet, on the shard that is furthest below its share."""
    missing = reading.head.limit - reading.promised
    if missing <= 0:
        return ()
    below = [share - shard.promised for share, shard in zip(reading.head.shares, reading.shards, strict=True)]
    place = max(range(len(below)), key=below.__getitem__)
    shard = reading.shards[place]
    return (Raise(place, shard.cap, shard.promised + min(missing, below[place]), reading.head.gen),)


def opening(limit: int, shards: int, found: Sequence[Shard]) -> Reading:
    """A counter as its first use makes it, each share a cap, from what releases before caps have left.

    Those releases go by the same shares: while neither limit nor shards change, both kinds agree on every claim.
    """
    used = max((place + 1 for place, shard in enumerate(found) if shard != Shard()), default=0)
    head = Head(limit, 1, shards, max(shards, used), unsettled=any(shard.cap is not None for shard in found))
    kept = [*found, *[Shard()] * head.span][: head.span]
    full = tuple(replace(shard, cap=share) for shard, share in zip(kept, head.shares, strict=True))
    reading = Reading(head, full)
    return replace(
        reading,
        shards=tuple(replace(shard, cap=cap) for shard, cap in zip(full, _targets(reading), strict=True)),
    )


def shard_limits(limit: int, shards: int) -> tuple[int, ...]:
    """`limit` split as evenly as whole numbers allow; a shard may get 0. The sum is exactly `limit`."""
    share, rest = divmod(limit, shards)
    return tuple(share + (1 if shard < rest else 0) for shard in range(shards))


def _targets(reading: Reading) -> list[int]:
    """The most that each cap may be."""
    caps = [min(shard.cap or 0, share) for shard, share in zip(reading.shards, reading.head.shares, strict=True)]
    surplus = sum(max(shard.n, cap) for shard, cap in zip(reading.shards, caps, strict=True)) - reading.head.limit
    if surplus <= 0:
        return caps
    if reading.taken >= reading.head.limit:
        return [0] * len(caps)
    for place in reversed(range(len(caps))):
        cut = min(surplus, max(0, caps[place] - reading.shards[place].n))
        caps[place], surplus = caps[place] - cut, surplus - cut
    return caps
