"""One trial after the other, over all subjects, until one finds something, all are through, or time is up."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from saga_testing.proving.searching import Finding
from saga_testing.proving.stored.way import Disagreement
from saga_testing.proving.subject import Subject

Trial = Callable[[], Finding | None]


@dataclass
class Trials(ABC):
    """All of them for `subjects`, until `until` (seconds of the processor)."""

    subjects: tuple[Subject, ...]
    until: float | None = None
    on_progress: Callable[[int], None] = lambda _run: None
    run_so_far: int = 0
    is_complete: bool = False

    @abstractmethod
    def trials_of(self, subject: Subject) -> Iterator[Trial]:
        """Each is made when its turn has come.

        Raises:
            Disagreement: already the way to the next one goes wrong.
        """

    def run(self) -> Finding | None:
        for subject in self.subjects:
            try:
                finding = self._run_of(subject)
            except Disagreement as wrong:
                return Finding(str(wrong), wrong.moves, subject)
            if finding is not None or self._is_over():
                return finding
        self.is_complete = True
        return None

    def _run_of(self, subject: Subject) -> Finding | None:
        for trial in self.trials_of(subject):
            if self._is_over():
                return None
            if (finding := trial()) is not None:
                return finding
            self.run_so_far += 1
            self.on_progress(self.run_so_far)
        return None

    def _is_over(self) -> bool:
        return self.until is not None and time.process_time() > self.until
