"""Counts what the stack reports while the demo plays: time in functions, and deliveries that were given up."""

import threading
from collections import Counter, defaultdict

from local_stack import EventKind, StackEvent
from local_worker import PodNews

_LOSSES = (EventKind.REJECTED, EventKind.DROPPED, EventKind.RECORDS_LOST)


class Tally:
    """Fed from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.kinds: Counter[str] = Counter()
        self.seconds: defaultdict[str, float] = defaultdict(float)
        """Time in functions, by function name."""
        self.pods: Counter[str] = Counter()
        self.reports: Counter[str] = Counter()
        """Events that the worker published, by type; those published twice count twice."""
        self.repeated_reports = 0
        self._alive: set[str] = set()

    def happened(self, event: StackEvent) -> None:
        """For LocalStack's `log`."""
        with self._lock:
            self.kinds[event.kind.value] += 1
            if event.function and "seconds" in event.fields:
                self.seconds[event.function] += event.fields["seconds"]

    def pod(self, news: PodNews, *, twice: bool = False) -> None:
        """For the worker's reports; `twice` for a pod whose events are published twice."""
        with self._lock:
            self.pods[news.what] += 1
            if news.what in _REPORTS:
                self.reports[news.what] += 1 + twice
                self.repeated_reports += twice
            if news.what == "created":
                self._alive.add(news.execution_id)
            elif news.what in {"deleted", "finished"} or news.what in _ENDS:
                self._alive.discard(news.execution_id)

    @property
    def pods_alive(self) -> int:
        with self._lock:
            return len(self._alive)

    def losses(self) -> Counter[str]:
        """Deliveries that were given up, by what became of them."""
        with self._lock:
            return Counter({kind.value: self.kinds[kind.value] for kind in _LOSSES if self.kinds[kind.value]})


_ENDS = frozenset({"EXECUTION_COMPLETED", "EXECUTION_FAILED", "EXECUTION_TIMEOUT"})
_REPORTS = _ENDS | {"EXECUTION_STARTED"}
