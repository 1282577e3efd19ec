"""Answers that are kept back: until a time, or until another attempt has been answered."""

from collections import defaultdict
from dataclasses import dataclass, field

from stack_client import OutgoingEvent


@dataclass
class Postponed:
    """Times are those of a monotonic clock, in seconds."""

    _until: list[tuple[float, OutgoingEvent]] = field(default_factory=list)
    _behind: defaultdict[tuple[str, int], list[OutgoingEvent]] = field(default_factory=lambda: defaultdict(list))

    def until(self, moment: float, event: OutgoingEvent) -> None:
        self._until.append((moment, event))

    def behind(self, operation_id: str, attempt: int, event: OutgoingEvent) -> None:
        """`event` comes after the answer to that attempt."""
        self._behind[operation_id, attempt].append(event)

    def after(self, operation_id: str, attempt: int) -> list[OutgoingEvent]:
        """What waited for the answer that has just been given."""
        return self._behind.pop((operation_id, attempt), [])

    def due(self, now: float) -> list[OutgoingEvent]:
        """What waited for a time that has come, in the order of the times."""
        ripe = sorted((each for each in self._until if each[0] <= now), key=lambda each: each[0])
        self._until = [each for each in self._until if each[0] > now]
        return [event for _, event in ripe]
