"""Starts child processes that cannot outlive the stack."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from local_stack.errors import StackClosedError


class ChildProcesses:
    """One long-lived thread starts every child: Linux sends a child its parent-death signal when the *thread* that
    started it ends (prctl(2), PR_SET_PDEATHSIG), so threads that come and go with requests must not do it."""

    def __init__(self) -> None:
        self._starter = ThreadPoolExecutor(1, thread_name_prefix="child-starter")

    def start(self, command: Sequence[str], env: Mapping[str, str], cwd: Path) -> subprocess.Popen[bytes]:
        """A child in a process group of its own (so that a terminal's Ctrl-C reaches the stack alone), stdout and
        stderr in one pipe."""
        try:
            return self._starter.submit(_start, command, env, cwd).result()
        except RuntimeError as exc:  # the executor has been shut down
            raise StackClosedError from exc

    def close(self) -> None:
        """Call after the children have ended: it ends the thread that they are tied to."""
        self._starter.shutdown()


def _start(command: Sequence[str], env: Mapping[str, str], cwd: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        env=env,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Lambda ends a sandbox without warning; so does this, with everything the sandbox started. Returns when the
    process is reaped."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        process.poll()
    process.wait()
