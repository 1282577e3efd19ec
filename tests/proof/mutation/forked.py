"""One mutant in one forked process: what is not ours is imported already, what is ours comes from the mutant's text.

Nothing is written into the source tree, so a run that is broken off leaves nothing behind.
"""

import gc
import importlib
import importlib.util
import math
import os
import resource
import signal
import sys
import time
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Final

import pytest

from .fates import Fate
from .scope import ROOT

PREPARED: Final = (
    "aws_lambda_powertools.logging",
    "aws_lambda_powertools.metrics",
    "boto3",
    "botocore.session",
    "confluent_kafka",
    "hypothesis",
    "jsonschema",
    "moto",
    "moto.dynamodb.models",
    "moto.events.models",
    "moto.s3.models",
    "moto.sqs.models",
    "pydantic",
    "pynamodb.models",
    "yaml",
)
"""Imported once, before any mutant: they know nothing of the project."""

OPTIONS: Final = (
    *("-x", "-q", "--tb=line", "--assert=plain"),  # one failure is enough, and nobody reads what it compared
    *("-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:hypothesispytest", "-p", "no:unraisableexception"),
)

COLLECTION_FAILED: Final = (2, 3, 4, 5)
"""pytest's exit codes for: interrupted by an error while collecting, internal error, usage error, nothing collected."""


class _MutantLoader(SourceFileLoader):
    def __init__(self, name: str, path: str, text: str) -> None:
        super().__init__(name, path)
        self._text = text

    def get_code(self, fullname: str) -> CodeType:
        return compile(self._text, self.path, "exec", dont_inherit=True)


class _MutantFinder(MetaPathFinder):
    def __init__(self, name: str, path: Path, text: str) -> None:
        self._name, self._path, self._text = name, path, text

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._name:
            return None
        loader = _MutantLoader(fullname, str(self._path), self._text)
        return importlib.util.spec_from_file_location(fullname, self._path, loader=loader)


def prepare() -> None:
    """Import what every child needs.

    Raises:
        RuntimeError: something among it has imported the package under test, so children would not see their mutant.
    """
    for name in PREPARED:
        importlib.import_module(name)
    if any(name.partition(".")[0] == "saga_orchestrator" for name in sys.modules):
        msg = "the package under test was imported before any mutant"
        raise RuntimeError(msg)
    gc.freeze()  # or each child's first collection copies the parent's memory


def run(name: str, path: Path, text: str, tests: Sequence[str], timeout: float, output: Path) -> tuple[Fate, float]:
    """Run `tests` with module `name` made of `text`; pytest's words go to `output`."""
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        # Should the parent be killed, a mutant that never ends still does.
        resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(timeout),) * 2)
        _be_the_mutant(name, path, text, tests, output)
    status = _wait(child, began + timeout)
    return _fate(status), time.monotonic() - began


def _be_the_mutant(name: str, path: Path, text: str, tests: Sequence[str], output: Path) -> None:
    code = COLLECTION_FAILED[1]
    try:
        os.setsid()
        target = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(target, 1)
        os.dup2(target, 2)
        os.chdir(ROOT)
        sys.meta_path.insert(0, _MutantFinder(name, path, text))
        importlib.import_module(name)
        code = int(pytest.main([*tests, *OPTIONS]))
    finally:
        sys.stdout.flush()
        os._exit(code)


def _wait(child: int, until: float) -> int | None:
    """The exit code, or None when time was up."""
    pause = 0.01
    while time.monotonic() < until:
        finished, status = os.waitpid(child, os.WNOHANG)
        if finished:
            return os.waitstatus_to_exitcode(status)
        time.sleep(pause)
        pause = min(pause * 1.3, 0.1)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def _fate(status: int | None) -> Fate:
    if status in {None, -signal.SIGXCPU, -signal.SIGKILL}:
        return Fate.TIMEOUT
    if status == 0:
        return Fate.SURVIVED
    return Fate.BROKEN if status in COLLECTION_FAILED else Fate.KILLED
