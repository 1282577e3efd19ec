"""How much of what waits for time or for people there is, and since when: read from indexes, and never guessed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from saga_orchestrator.domain.counters import Head, Reading
from saga_orchestrator.domain.errors import RejectedEvent, RetryableError, SagaError
from saga_orchestrator.domain.policy import Policy, Without

from .ports import Clock, Reporting
from .rejected_events import unexpected
from .step_metrics import language_named

MOST_COUNTED: Final = 1_000
"""Of each kind: whoever has so many has enough to do, and a count costs what it reads."""
MOST_LANGUAGES: Final = 100
"""Whose counters are read, those that the deployment names first."""


class Crowd(StrEnum):
    """What is counted, each by the index that keeps it in order."""

    OPEN = "open"
    """Running, or being taken back: what is due next first."""
    PARKED = "parked"
    REJECTED = "rejected"
    """Rejected events that nobody has settled."""


@dataclass(frozen=True, slots=True)
class Counted:
    """How many, and the first one's place in the order in epoch milliseconds. `more`: there are more than that."""

    number: int = 0
    first: int | None = None
    more: bool = False


class Crowds(Protocol):
    """Reads. Each may raise `RetryableError`, and `RejectedEvent` where an index is not there to be read."""

    def partitions(self, crowd: Crowd) -> Sequence[str]: ...

    def count(self, crowd: Crowd, partition: str, most: int) -> tuple[int, int | None]:
        """How many there are, counted up to `most`, and the first one's place in the order."""

    def heads(self) -> Mapping[str, Head | RetryableError]: ...

    def readings(self, heads: Mapping[str, Head]) -> Mapping[str, Reading]:
        """The shards of these counters."""


def count(crowds: Crowds, crowd: Crowd) -> Counted:
    """Over all partitions, `MOST_COUNTED` at most; the first of all of them, however many there are."""
    number = 0
    firsts: list[int] = []
    for partition in crowds.partitions(crowd):
        # One at least: the oldest of all may stand in the last one. And one too many, to know that there are more.
        keys, first = crowds.count(crowd, partition, max(1, MOST_COUNTED + 1 - number))
        number += keys
        firsts += [] if first is None else [first]
    return Counted(min(number, MOST_COUNTED), min(firsts, default=None), number > MOST_COUNTED)


@dataclass(frozen=True, slots=True)
class Slots:
    """Of one language, or of all that the deployment does not name."""

    used: int = 0
    limit: int = 0
    full: int = 0
    """How many of these languages have no room."""


def slots(crowds: Crowds, policy: Policy) -> dict[str, Slots]:
    """By language as the deployment names it, the others together; what has no limit is not among them."""
    heads = {name: head for name, head in crowds.heads().items() if isinstance(head, Head) and _limited(name, policy)}
    named = sorted(heads, key=lambda language: (language_named(language, policy) != language, language))
    found: dict[str, Slots] = {}
    for language, reading in crowds.readings({name: heads[name] for name in named[:MOST_LANGUAGES]}).items():
        name, limit = language_named(language, policy), reading.head.limit
        known = found.get(name, Slots())
        full = limit > 0 and reading.taken >= limit
        found[name] = Slots(known.used + reading.taken, known.limit + limit, known.full + full)
    return found


def _limited(language: str, policy: Policy) -> bool:
    return policy.limit_of(language) is not Without.UNLIMITED


@dataclass(frozen=True, slots=True)
class Gauges:
    """Tells them. What cannot be read is told as that, and as no number: a nought would say that all is well."""

    crowds: Crowds
    clock: Clock
    policy: Policy
    telemetry: Reporting

    def tell(self) -> None:
        for what, tell in (
            ("open sagas", self._open),
            ("parked sagas", lambda: self._waiting(Crowd.PARKED, "ParkedSagas", "OldestParkedSeconds")),
            ("rejected events", lambda: self._waiting(Crowd.REJECTED, "OpenRejectedEvents", "OldestRejectedSeconds")),
            ("slots", self._slots),
        ):
            self._apart(what, tell)

    def _apart(self, what: str, tell: Callable[[], None]) -> None:
        try:
            tell()
        except (RetryableError, RejectedEvent) as failure:
            self._untold(what, failure)
        except Exception as bug:  # noqa: BLE001 - the boundary: no gauge is worth a run of the checker
            self._untold(what, unexpected(bug))

    def _untold(self, what: str, failure: SagaError) -> None:
        self.telemetry.count("GaugesUnread")
        self.telemetry.warn("a gauge could not be read", gauge=what, error=str(failure))

    def _open(self) -> None:
        self.telemetry.gauge("OpenSagas", count(self.crowds, Crowd.OPEN).number)

    def _waiting(self, crowd: Crowd, number: str, oldest: str) -> None:
        counted = count(self.crowds, crowd)
        since = 0 if counted.first is None else max(0, self.clock() - counted.first)
        self.telemetry.gauge(number, counted.number)
        self.telemetry.gauge(oldest, since // 1000)

    def _slots(self) -> None:
        found = slots(self.crowds, self.policy)
        for language, each in found.items():
            self.telemetry.measure("SlotsUsed", each.used, language=language)
            self.telemetry.measure("SlotLimit", each.limit, language=language)
        self.telemetry.gauge("FullLanguages", sum(each.full for each in found.values()))
