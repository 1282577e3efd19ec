"""What is taken of which limit, and by whom: pages of languages, and the holders of one."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from saga_orchestrator.application.counts import MAX_COUNTED
from saga_orchestrator.application.listing import Lists, Order, standing_at
from saga_orchestrator.application.merging import stretches_of
from saga_orchestrator.application.moments import moment
from saga_orchestrator.application.paging import MAX_KEYS_READ
from saga_orchestrator.domain.counters import Head, Override, Reading
from saga_orchestrator.domain.errors import RetryableError
from saga_orchestrator.domain.policy import Policy
from saga_orchestrator.domain.saga import Saga

from .overriding import Standing

MAX_OWNERS: Final = 100

_SHARDS_A_PAGE: Final = MAX_KEYS_READ - 100


class SlotReads(Protocol):
    def languages(self) -> tuple[Sequence[str], Standing]:
        """Every one that was ever limited, in order, and what stands over all."""

    def heads(self, languages: Sequence[str], over_all: Override | None) -> Mapping[str, Head | RetryableError]: ...

    def readings(self, heads: Mapping[str, Head]) -> Mapping[str, Reading | RetryableError]: ...


@dataclass(frozen=True, slots=True)
class SlotsPage:
    """By language, in order; an error where its counter cannot be read."""

    readings: Mapping[str, Reading | RetryableError]
    over_all: Standing
    next: str | None
    """Behind which language it goes on."""


@dataclass(frozen=True, slots=True)
class Holders:
    """By owner, the most first: how many slots, and an execution that holds one."""

    by_owner: tuple[tuple[str | None, int, str], ...]
    counted: int
    more: bool


def page_of_slots(reads: SlotReads, behind: str | None, size: int) -> SlotsPage:
    """So many languages as have few enough shards to be read for one page, and one at least."""
    names, over_all = reads.languages()
    left = [name for name in names if behind is None or name > behind]
    heads = reads.heads(left[:size], over_all.override)
    taken: dict[str, Head] = {}
    last, room = None, _SHARDS_A_PAGE
    for name in left[:size]:
        head = heads.get(name)
        span = head.span if isinstance(head, Head) else 0
        if last is not None and span > room:
            break
        last, room = name, room - span
        if isinstance(head, Head):
            taken[name] = head
    readings = reads.readings(taken)
    shown = {
        name: readings[name] if name in readings else heads[name]
        for name in left
        if last is not None and name <= last and name in heads
    }
    found = {name: each for name, each in shown.items() if not isinstance(each, Head)}
    return SlotsPage(found, over_all, last if last is not None and last != left[-1] else None)


def holders_of(lists: Lists, language: str) -> Holders:
    """Found in the lists that are served, a thousand of each at most: what runs by its deadline, and what is parked."""
    owners: Counter[str | None] = Counter()
    samples: dict[str | None, str] = {}
    seen: set[tuple[str, str]] = set()
    more = False
    for order in (Order.DEADLINES, Order.PARKED):
        for stretch in stretches_of(lists, order, most=MAX_COUNTED):
            more = more or stretch.more
            for place, saga in standing_at(lists, order, stretch.places):
                if place.key in seen or not isinstance(saga, Saga) or not _holds(saga, language):
                    continue
                seen.add(place.key)
                owners[saga.owner] += 1
                samples.setdefault(saga.owner, saga.execution_id)
    ranked = [(owner, number, samples[owner]) for owner, number in owners.most_common(MAX_OWNERS)]
    return Holders(tuple(ranked), sum(owners.values()), more or len(owners) > MAX_OWNERS)


def slot_facts(language: str, reading: Reading, policy: Policy, now: int) -> dict[str, Any]:
    """`limit` is the one in force; `settled` says whether the shards have come to it."""
    head = reading.head
    return {
        "language": language,
        "used": reading.taken,
        "limit": head.limit,
        "setting": policy.limit_of(language),
        "closed": head.limit == 0,
        "full": reading.taken >= head.limit,
        "settled": not head.unsettled,
        "override": override_facts(head.override, now),
        "shards": [{"used": shard.n, "cap": shard.cap or 0} for shard in reading.shards],
    }


def override_facts(override: Override | None, now: int) -> dict[str, Any] | None:
    """One that has expired is shown until another takes its place: somebody may wonder why it ended."""
    if override is None:
        return None
    return {
        "limit": override.limit,
        "at": moment(override.at),
        "until": moment(override.until),
        "by": override.by,
        "reason": override.reason,
        "stands": override.stands(now),
    }


def _holds(saga: Saga, language: str) -> bool:
    return saga.claim is not None and saga.claim.resource == language
