"""Starts the worker as a child process and follows what it reports: scripts run beside the stack, not inside its
interpreter.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

from local_worker.process_options import WorkerOptions
from local_worker.worker import PodNews, WorkerCounts

_READY_SECONDS = 30.0
_STOP_SECONDS = 8.0


class WorkerNotStartedError(Exception):
    """The worker process ended, or did not report in time, before it stood."""


class WorkerProcess:
    """One worker process; `stop` leaves neither it nor its pods behind."""

    def __init__(self, options: WorkerOptions, tell: Callable[[PodNews], None] = lambda _news: None) -> None:
        self._options = options
        self._tell = tell
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self._ready = threading.Event()
        self._failure: str | None = None
        self._counts: WorkerCounts | None = None

    def start(self) -> None:
        """Returns once the worker's subscription stands."""
        self._process = process = subprocess.Popen(
            [sys.executable, "-m", "local_worker", self._options.to_json()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # a terminal's Ctrl-C is for the stack, which then stops the worker in its turn
        )
        self._reader = threading.Thread(target=self._read, args=(process,), name="worker-reader")
        self._reader.start()
        if not self._ready.wait(_READY_SECONDS) or self._failure is not None:
            self.stop()
            reason = self._failure or f"it did not report within {_READY_SECONDS:.0f} s"
            msg = f"the worker could not be started: {reason}"
            raise WorkerNotStartedError(msg)

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def stop(self) -> WorkerCounts | None:
        """Ask it to end, insist after a while; None when it could not say its counts any more."""
        process, reader = self._process, self._reader
        if process is None or reader is None:
            return self._counts
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        reader.join()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        self._process = None
        return self._counts

    def _read(self, process: subprocess.Popen[str]) -> None:
        for line in process.stdout or ():
            self._take(json.loads(line))
        if not self._ready.is_set():
            self._failure = self._failure or "it ended at once"
            self._ready.set()

    def _take(self, message: dict[str, Any]) -> None:
        match message.pop("kind"):
            case "ready":
                self._ready.set()
            case "failed":
                self._failure = message["reason"]
                self._ready.set()
            case "counts":
                self._counts = WorkerCounts(**message)
            case "pod":
                self._tell(PodNews(message["what"], message["execution_id"]))
