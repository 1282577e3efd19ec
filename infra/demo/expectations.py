"""What is expected of an execution, and how it is compared with what the table and the bus say."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Pods(StrEnum):
    """Which commands an execution causes."""

    NONE = "none"
    """No command at all."""
    CREATED = "created"
    """One create; a completed run needs no delete."""
    CREATED_AND_DELETED = "created and deleted"
    """One create, and at least one delete."""
    DELETED = "deleted"
    """A pod was reported that nobody has ordered: only deletes."""


@dataclass(frozen=True)
class Expected:
    """How one execution must end."""

    state: str
    reason: str
    pods: Pods
    exit_code: int | None = None
    error_type: str | None = None


@dataclass(frozen=True)
class Actual:
    """How it did end, as far as anybody outside can see."""

    state: str
    reason: str | None
    exit_code: int | None
    error_type: str | None
    creates: int
    """Distinct messages; a repetition carries the same id."""
    deletes: int
    outcomes: tuple[str, ...]
    """Types of the saga's own closing messages: exactly one is right."""

    @property
    def pods(self) -> Pods | None:
        """None for more than one create, which nothing may cause."""
        return {
            (0, False): Pods.NONE,
            (1, False): Pods.CREATED,
            (1, True): Pods.CREATED_AND_DELETED,
            (0, True): Pods.DELETED,
        }.get((self.creates, self.deletes > 0))


def differences(expected: Expected, actual: Actual) -> list[str]:
    """Empty when the execution ended as expected; otherwise one phrase for each difference."""
    facts: Mapping[str, tuple[object, object]] = {
        "state": (expected.state, actual.state),
        "reason": (expected.reason, actual.reason),
        "exit code": (expected.exit_code, actual.exit_code),
        "error type": (expected.error_type, actual.error_type),
        "pod": (expected.pods, actual.pods),
        "outcome messages": ((f"SAGA_{expected.state.upper()}",), actual.outcomes),
    }
    return [f"{name}: expected {_text(want)}, got {_text(got)}" for name, (want, got) in facts.items() if want != got]


def closest_differences(alternatives: tuple[Expected, ...], actual: Actual) -> list[str]:
    """Against several allowed endings: those of the nearest one."""
    return min((differences(expected, actual) for expected in alternatives), key=len)


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return " and ".join(str(item) for item in value) or "none"
    return "none" if value is None else str(value)
