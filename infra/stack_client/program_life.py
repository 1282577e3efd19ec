"""The life of a program that a `ChildProgram` starts: it ends on a signal, and when its standard input closes, so that
one whose starter was killed does not stay behind. Its standard output carries one JSON object a line.
"""

import json
import os
import signal
import sys
import threading
from typing import Any

_WRITING = threading.Lock()
_GLANCE_SECONDS = 0.25


def told_to_stop() -> threading.Event:
    """Set once the program is to end."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    threading.Thread(target=_watch_starter, args=(stopping,), daemon=True).start()
    return stopping


def wait_for(stopping: threading.Event) -> None:
    """Until it is set, by a signal too.

    The system may hand a signal to any thread, and only a main thread that wakes up runs its handler: one that waits
    without an end stays as it is.
    """
    while not stopping.wait(_GLANCE_SECONDS):
        pass


def tell_starter(report: dict[str, Any]) -> None:
    """One report, from any thread. `kind` says what it is: `ready` or `failed` at the start, then the program's own."""
    try:
        with _WRITING:
            sys.stdout.write(json.dumps(report) + "\n")
            sys.stdout.flush()
    except BrokenPipeError:
        return  # the starter is gone; the end of standard input says so too


def _watch_starter(stopping: threading.Event) -> None:
    # Not through sys.stdin: at the interpreter's end its lock would still be held here.
    while os.read(0, 4096):
        pass
    stopping.set()
