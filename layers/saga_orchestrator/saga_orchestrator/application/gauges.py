"""How much of what waits for time or for people there is, and since when: read from indexes, and never guessed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from saga_orchestrator.domain.errors import RejectedEvent, RetryableError, SagaError
from saga_orchestrator.domain.policy import Policy

from .counts import Count, count_of, count_on
from .limiting.taken import Counters, taken_slots
from .listing import Lists, Order
from .paging import Shelf
from .ports import Clock, Reporting
from .rejected_events import unexpected


@dataclass(frozen=True, slots=True)
class Gauges:
    """Tells them. What cannot be read is told as that, and as no number: a nought would say that all is well."""

    lists: Lists
    rejected: Shelf[Any]
    """Rejected events that nobody has settled."""
    counters: Counters
    clock: Clock
    policy: Policy
    telemetry: Reporting
    mend_marks: Callable[[], None]
    """Of what is counted as parked, and is not. Only where there is something: nothing parked costs nothing."""

    def tell(self) -> None:
        for what, tell in (
            ("open sagas", self._open),
            ("parked sagas", self._parked),
            ("rejected events", self._rejected),
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
        self.telemetry.gauge("OpenSagas", count_of(self.lists, Order.DEADLINES).count)

    def _parked(self) -> None:
        counted = count_of(self.lists, Order.PARKED)
        self._waiting(counted, "ParkedSagas", "OldestParkedSeconds")
        if counted.count:
            self.mend_marks()

    def _rejected(self) -> None:
        self._waiting(count_on(self.rejected), "OpenRejectedEvents", "OldestRejectedSeconds")

    def _waiting(self, counted: Count, number: str, oldest: str) -> None:
        since = 0 if counted.oldest is None else max(0, self.clock() - counted.oldest)
        self.telemetry.gauge(number, counted.count)
        self.telemetry.gauge(oldest, since // 1000)

    def _slots(self) -> None:
        found = taken_slots(self.counters, self.policy)
        for language, each in found.by_language.items():
            self.telemetry.measure("SlotsUsed", each.used, language=language)
            self.telemetry.measure("SlotLimit", each.limit, language=language)
        self.telemetry.gauge("FullLanguages", found.full)
