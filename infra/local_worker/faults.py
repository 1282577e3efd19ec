"""Fault injection, by the beginning of an execution's id: faults to survive can be had for real."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Faults:
    """A prefix of execution ids for each fault; None for a worker that behaves."""

    never_start: str | None = None
    """Admitted but never started, as with an image that cannot be pulled."""
    never_report_end: str | None = None
    """Runs to its end and says nothing, as when a node is lost."""
    report_twice: str | None = None
    """Every event is published twice, as after a reply that got lost."""

    def stops_start_of(self, execution_id: str) -> bool:
        return _begins(execution_id, self.never_start)

    def swallows_end_of(self, execution_id: str) -> bool:
        return _begins(execution_id, self.never_report_end)

    def repeats_events_of(self, execution_id: str) -> bool:
        return _begins(execution_id, self.report_twice)


def _begins(execution_id: str, prefix: str | None) -> bool:
    return prefix is not None and execution_id.startswith(prefix)


NO_FAULTS = Faults()
