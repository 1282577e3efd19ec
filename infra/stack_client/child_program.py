"""Starts a program as a child process and follows what it reports: it works beside the stack, not inside its
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

_READY_SECONDS = 30.0
_STOP_SECONDS = 8.0


class NotStartedError(Exception):
    """The process ended, or did not report in time, before it stood."""


class ChildProgram:
    """`python -m MODULE OPTIONS`, which reports one JSON object a line; `stop` leaves nothing of it behind."""

    def __init__(self, module: str, options: str, take: Callable[[dict[str, Any]], None]) -> None:
        """`take` gets every report but those about the start, in the reader's thread."""
        self._module, self._options, self._take_report = module, options, take
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self._ready = threading.Event()
        self._failure: str | None = None

    def start(self) -> None:
        """Returns once the program says that it stands."""
        self._process = process = subprocess.Popen(
            [sys.executable, "-m", self._module, self._options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # a terminal's Ctrl-C is for the stack, which then stops the program in its turn
        )
        self._reader = threading.Thread(target=self._read, args=(process,), name=f"{self._module}-reader")
        self._reader.start()
        if not self._ready.wait(_READY_SECONDS) or self._failure is not None:
            self.stop()
            reason = self._failure or f"it did not report within {_READY_SECONDS:.0f} s"
            msg = f"{self._module} could not be started: {reason}"
            raise NotStartedError(msg)

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """Ask it to end, insist after a while; every report has been taken when this returns. Safe to call twice."""
        process, reader = self._process, self._reader
        if process is None or reader is None:
            return
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

    def _read(self, process: subprocess.Popen[str]) -> None:
        for line in process.stdout or ():
            self._take(json.loads(line))
        if not self._ready.is_set():
            self._failure = self._failure or "it ended at once"
            self._ready.set()

    def _take(self, report: dict[str, Any]) -> None:
        match report["kind"]:
            case "ready":
                self._ready.set()
            case "failed":
                self._failure = report["reason"]
                self._ready.set()
            case _:
                self._take_report(report)
