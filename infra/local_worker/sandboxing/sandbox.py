"""Runs one script as one process group with the limits asked for.

Not a security boundary: it stands in for a pod on a developer's machine. A script that leaves its process group on
purpose escapes it.
"""

import os
import resource
import selectors
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, cast

OUTPUT_CAP_BYTES = 1024 * 1024
"""Kept of each stream; the rest is read and counted, so that a script that prints gigabytes neither blocks nor fills
memory.
"""

_TICK_SECONDS = 0.05
_CLOSED_TICK_SECONDS = 0.005
"""Once both streams are closed the exit follows within milliseconds, and nothing else announces it."""
_DRAIN_SECONDS = 1.0
_CHUNK_BYTES = 64 * 1024
_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONIOENCODING": "utf-8"}
"""All that a script sees: credentials and endpoints of the stack stay outside."""


@dataclass(frozen=True)
class Limits:
    """What the request asked for, in the units of the operating system."""

    wall_seconds: float
    memory_bytes: int
    niceness: int


@dataclass
class Capture:
    """The beginning of a stream, and how long it was."""

    kept: bytearray = field(default_factory=bytearray)
    total: int = 0

    def add(self, chunk: bytes) -> None:
        """Count everything, keep up to the cap."""
        self.total += len(chunk)
        room = OUTPUT_CAP_BYTES - len(self.kept)
        if room > 0:
            self.kept += chunk[:room]


@dataclass(frozen=True)
class RunResult:
    """How a run ended. `exit_code` is 128 + signal for a killed process, as a container runtime reports it."""

    exit_code: int
    timed_out: bool = False
    killed: bool = False
    stdout: Capture = field(default_factory=Capture)
    stderr: Capture = field(default_factory=Capture)
    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_memory_bytes: int = 0


class Sandbox:
    """One script in its own directory and process group; `kill` may come from any thread at any time, also before
    `run`.
    """

    def __init__(self, script: bytes, filename: str, limits: Limits) -> None:
        self._script = script
        self._filename = filename
        self._limits = limits
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._killed = False

    def run(self, argv: Sequence[str]) -> RunResult:
        """Run to the end, to the time limit, or to `kill`. OSError when the program cannot be started at all."""
        with tempfile.TemporaryDirectory(prefix="saga-pod-", ignore_cleanup_errors=True) as directory:
            (Path(directory) / self._filename).write_bytes(self._script)
            begin = time.monotonic()
            with self._lock:
                if self._killed:
                    return RunResult(exit_code=128 + signal.SIGKILL, killed=True)
                process = self._process = _start(argv, directory, self._limits)
            streams = _Streams(process)
            try:
                timed_out = self._wait(process, streams, begin + self._limits.wall_seconds)
            finally:
                # Children that the script left behind end with it, as they do when a pod's first process ends.
                self._signal_group()
                streams.drain(_DRAIN_SECONDS)
                usage = self._reap(process)
            code = process.returncode
            return RunResult(
                exit_code=code if code >= 0 else 128 - code,
                timed_out=timed_out,
                killed=self._killed,
                stdout=streams.stdout,
                stderr=streams.stderr,
                wall_seconds=time.monotonic() - begin,
                cpu_seconds=usage.ru_utime + usage.ru_stime,
                peak_memory_bytes=usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
            )

    def kill(self) -> None:
        """End the whole process group now; a sandbox not yet started never starts."""
        with self._lock:
            self._killed = True
        self._signal_group()

    @property
    def alive(self) -> bool:
        """A process was started and has not been reaped."""
        with self._lock:
            return self._process is not None and self._process.returncode is None

    def _signal_group(self) -> None:
        # Under the lock, and only until the leader is reaped: afterwards its number may belong to somebody else.
        with self._lock:
            if self._process is not None and self._process.returncode is None:
                try:
                    os.killpg(self._process.pid, signal.SIGKILL)
                except (ProcessLookupError, PermissionError):
                    return  # macOS answers EPERM for a group that consists of a zombie

    def _wait(self, process: subprocess.Popen[bytes], streams: "_Streams", deadline: float) -> bool:
        """Collect output until the leader has exited; True when the time limit had to end it."""
        timed_out = False
        while not _has_exited(process.pid):
            streams.read(_TICK_SECONDS if streams.open else _CLOSED_TICK_SECONDS)
            if not timed_out and time.monotonic() >= deadline:
                timed_out = not _has_exited(process.pid)
                self._signal_group()
        return timed_out

    def _reap(self, process: subprocess.Popen[bytes]) -> resource.struct_rusage:
        with self._lock:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        return usage


class _Streams:
    """Both output pipes of a process, read without ever blocking on either."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.stdout = Capture()
        self.stderr = Capture()
        self._selector = selectors.DefaultSelector()
        for stream, capture in ((process.stdout, self.stdout), (process.stderr, self.stderr)):
            # Popen was given PIPE for both, so neither is None.
            self._selector.register(cast("IO[bytes]", stream), selectors.EVENT_READ, capture)

    @property
    def open(self) -> bool:
        return bool(self._selector.get_map())

    def read(self, timeout: float) -> None:
        """Take what is there, waiting at most `timeout` for the first of it."""
        if not self.open:
            time.sleep(timeout)
            return
        for key, _ in self._selector.select(timeout):
            chunk = os.read(key.fd, _CHUNK_BYTES)
            key.data.add(chunk)
            if not chunk:
                self._close(cast("IO[bytes]", key.fileobj))

    def drain(self, seconds: float) -> None:
        """Read the rest; a process that escaped its group may hold a pipe open, so not for ever. Closes everything."""
        deadline = time.monotonic() + seconds
        while self.open and time.monotonic() < deadline:
            self.read(_TICK_SECONDS)
        for key in list(self._selector.get_map().values()):
            self._close(cast("IO[bytes]", key.fileobj))
        self._selector.close()

    def _close(self, stream: IO[bytes]) -> None:
        self._selector.unregister(stream)
        stream.close()


def _has_exited(pid: int) -> bool:
    """Look without reaping: while the leader is a zombie, its number and its group's cannot be given to another
    process.
    """
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _start(argv: Sequence[str], directory: str, limits: Limits) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        list(argv),
        cwd=directory,
        env={**_ENVIRONMENT, "HOME": directory, "TMPDIR": directory},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    # Set from outside, right after the start: a function between fork and exec is unsafe in a process with threads,
    # and the interpreter needs longer to reach the script's first line than this takes.
    try:
        os.setpriority(os.PRIO_PROCESS, process.pid, limits.niceness)
        if sys.platform == "linux":
            resource.prlimit(process.pid, resource.RLIMIT_CORE, (0, 0))
            _, hard = resource.prlimit(process.pid, resource.RLIMIT_AS)
            ceiling = limits.memory_bytes if hard == resource.RLIM_INFINITY else min(limits.memory_bytes, hard)
            resource.prlimit(process.pid, resource.RLIMIT_AS, (ceiling, ceiling))
    except ProcessLookupError:
        pass  # it has ended already
    return process
