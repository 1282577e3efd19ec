"""Which executions ended alike in both processes, and which did not."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from saga_orchestrator.domain.saga import Saga
from sagactl.comparing.outcomes import Outcomes


@dataclass(frozen=True)
class Window:
    """From one instant, inclusive, to another, exclusive; in milliseconds."""

    since: int | None = None
    until: int | None = None

    def holds(self, instant: int | None) -> bool:
        """One that nobody knows may be in it."""
        if instant is None:
            return True
        return (self.since is None or instant >= self.since) and (self.until is None or instant < self.until)


@dataclass
class Comparison:
    """Executions by verdict; each difference says what either side has."""

    agreeing: int = 0
    differing: list[dict[str, Any]] = field(default_factory=list)
    only_here: list[dict[str, Any]] = field(default_factory=list)
    only_there: list[dict[str, Any]] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not (self.differing or self.only_here or self.only_there)


def compared(sagas: Iterable[Saga], theirs: Outcomes, window: Window) -> Comparison:
    """Of executions that either side created within the window. A saga is read once and not kept."""
    result, met = Comparison(), set[str]()
    for saga in sagas:
        other = theirs.of.get(saga.execution_id)
        if other is not None:
            met.add(saga.execution_id)
        if not window.holds(saga.created_at) and (other is None or not window.holds(other.created_at)):
            continue
        here = {"execution_id": saga.execution_id, "here": str(saga.state), "reason": saga.reason}
        if other is None:
            result.only_here.append({**here, "there": None})
        elif other.state == saga.state:
            result.agreeing += 1
        else:
            result.differing.append({**here, "there": other.state})
    result.only_there = [
        {"execution_id": name, "here": None, "reason": None, "there": other.state}
        for name, other in theirs.of.items()
        if name not in met and window.holds(other.created_at)
    ]
    for found in (result.differing, result.only_here, result.only_there):
        found.sort(key=lambda each: str(each["execution_id"]))
    return result
