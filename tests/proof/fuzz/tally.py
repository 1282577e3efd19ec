"""What a campaign adds up to: how often what became of an input, and how long an input took."""

import time
from array import array
from collections import Counter
from dataclasses import dataclass, field

from tests.proof.fuzz.targets import Target


@dataclass
class Tally:
    """CPU time of each run is kept: wall-clock time would measure the machine's other work."""

    target: Target
    outcomes: Counter[str] = field(default_factory=Counter)
    taken: "array[float]" = field(default_factory=lambda: array("d"))

    def run(self, content: bytes) -> None:
        started = time.thread_time_ns()
        outcomes = self.target(content)
        self.taken.append((time.thread_time_ns() - started) / 1e6)
        self.outcomes.update(outcomes)

    def percentile(self, share: float) -> float:
        """Milliseconds."""
        ordered = sorted(self.taken)
        return ordered[int((len(ordered) - 1) * share)] if ordered else 0.0
