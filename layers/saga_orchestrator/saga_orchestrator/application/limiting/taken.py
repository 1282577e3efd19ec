"""What is taken of which limit, together: by language as the deployment names it, and how many have no room."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from saga_orchestrator.application.step_metrics import language_named
from saga_orchestrator.domain.counters import Head, Reading
from saga_orchestrator.domain.errors import RetryableError
from saga_orchestrator.domain.policy import Policy, Without

MOST_LANGUAGES: Final = 100
"""Whose counters are read, those that the deployment names first."""


class Counters(Protocol):
    def heads(self) -> Mapping[str, Head | RetryableError]:
        """Of every language that was ever limited."""

    def readings(self, heads: Mapping[str, Head]) -> Mapping[str, Reading | RetryableError]:
        """With the shards of these."""


@dataclass(frozen=True, slots=True)
class Slots:
    """Of one language, or of all that the deployment does not name."""

    used: int = 0
    limit: int = 0
    full: int = 0
    """How many of these languages have no room."""


@dataclass(frozen=True, slots=True)
class Taken:
    """`unreadable`: of counters whose head cannot be read. `more`: there are languages beyond those that were read."""

    by_language: Mapping[str, Slots]
    unreadable: tuple[RetryableError, ...]
    more: bool

    @property
    def full(self) -> int:
        return sum(each.full for each in self.by_language.values())


def taken_slots(counters: Counters, policy: Policy) -> Taken:
    """Those that the deployment does not name are together; what has no limit is not among them.

    Raises:
        RetryableError: a shard of one of them cannot be read.
    """
    found = {name: head for name, head in counters.heads().items() if _limited(name, policy)}
    heads = {name: head for name, head in found.items() if isinstance(head, Head)}
    ranked = sorted(heads, key=lambda language: (language_named(language, policy) != language, language))
    slots: dict[str, Slots] = {}
    for language, reading in counters.readings({name: heads[name] for name in ranked[:MOST_LANGUAGES]}).items():
        if not isinstance(reading, Reading):
            raise reading
        name, limit = language_named(language, policy), reading.head.limit
        known = slots.get(name, Slots())
        full = limit > 0 and reading.taken >= limit
        slots[name] = Slots(known.used + reading.taken, known.limit + limit, known.full + full)
    unreadable = tuple(head for head in found.values() if isinstance(head, RetryableError))
    return Taken(slots, unreadable, len(ranked) > MOST_LANGUAGES)


def _limited(language: str, policy: Policy) -> bool:
    return policy.limit_of(language) is not Without.UNLIMITED
