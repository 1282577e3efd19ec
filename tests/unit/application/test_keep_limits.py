"""One run over the counters: what a resource that fails costs the others."""

from typing import Any

from saga_orchestrator.application.keep_limits import LimitKeeper
from saga_orchestrator.domain.counters import Head
from saga_orchestrator.domain.errors import RejectedEvent, RejectReason, RetryableError, SagaError
from saga_orchestrator.domain.policy import Policy


class CountersOf:
    """Heads as they were read; settling `broken` raises."""

    def __init__(self, heads: dict[str, Any], broken: dict[str, Exception]) -> None:
        self._heads = heads
        self._broken = broken
        self.settled: list[str] = []

    def heads(self) -> dict[str, Any]:
        return self._heads

    def change(self, resource: str, _read: Head, _wanted: Head) -> bool:
        if resource in self._broken:
            raise self._broken[resource]
        return True

    def settle(self, resource: str) -> None:
        self.settled.append(resource)


def test_no_counter_keeps_another_from_its_limit() -> None:
    head = Head(limit=1, gen=0, shards=1, span=1)
    counters: Any = CountersOf(
        {"bug": head, "busy": head, "unread": RetryableError("slow"), "python": head},
        {"bug": KeyError("cap"), "busy": RetryableError("slow")},
    )
    left: dict[str, SagaError] = {}

    LimitKeeper(counters, Policy(default_language_limit=7), left.__setitem__, lambda: 0).run()

    assert counters.settled == ["python"]
    assert set(left) == {"bug", "busy", "unread"}
    bug = left["bug"]
    assert isinstance(bug, RejectedEvent)
    assert bug.reason is RejectReason.UNEXPECTED_ERROR
