"""What functions write, their own lines and the runtime's: the last ones in memory, all of them in files when somebody
wants them."""

import threading
from collections import deque
from pathlib import Path
from typing import TextIO

_LINES_KEPT = 400


class FunctionLogs:
    """One file per function in `directory`, appended to, if there is one. Thread-safe."""

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory
        if directory is not None:
            directory.mkdir(parents=True, exist_ok=True)
        self._lines: dict[str, deque[str]] = {}
        self._files: dict[str, TextIO] = {}
        self._lock = threading.Lock()

    def write(self, function: str, line: str) -> None:
        with self._lock:
            self._lines.setdefault(function, deque(maxlen=_LINES_KEPT)).append(line)
            if self._directory is None:
                return
            if function not in self._files:
                path = self._directory / f"{function}.log"
                self._files[function] = path.open("a", buffering=1, encoding="utf-8")
            self._files[function].write(line + "\n")

    def last_lines(self, function: str) -> list[str]:
        with self._lock:
            return list(self._lines.get(function, ()))

    def close(self) -> None:
        """Lines that come later are kept in memory only."""
        with self._lock:
            self._directory = None
            for file in self._files.values():
                file.close()
            self._files.clear()
