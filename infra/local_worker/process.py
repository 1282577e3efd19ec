"""The worker as a child process of whoever runs the stack: scripts run beside it, not inside its interpreter."""

from collections.abc import Callable
from typing import Any

from local_worker.process_options import WorkerOptions
from local_worker.worker import PodNews, WorkerCounts
from stack_client import ChildProgram


class WorkerProcess:
    """One worker process; `stop` leaves neither it nor its pods behind."""

    def __init__(self, options: WorkerOptions, tell: Callable[[PodNews], None] = lambda _news: None) -> None:
        self._tell = tell
        self._counts: WorkerCounts | None = None
        self._program = ChildProgram("local_worker", options.to_json(), self._take)

    def start(self) -> None:
        """Returns once the worker's subscription stands."""
        self._program.start()

    @property
    def running(self) -> bool:
        return self._program.running

    def stop(self) -> WorkerCounts | None:
        """None when it could not say its counts any more."""
        self._program.stop()
        return self._counts

    def _take(self, report: dict[str, Any]) -> None:
        match report.pop("kind"):
            case "counts":
                self._counts = WorkerCounts(**report)
            case "pod":
                self._tell(PodNews(report["what"], report["execution_id"]))
