"""A user's saga is one file in `sagas/`, one line in `SAGAS` and one test file, and nothing else changes.

The project is copied, the guide is followed word for word in the copy, and what a user would run is run there.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[3]
GUIDE: Final = "docs/define-your-own-saga.md"
REGISTRY: Final = "layers/saga_orchestrator/sagas/__init__.py"
LEFT_OUT: Final = shutil.ignore_patterns(".*", "__pycache__", "build", "*.egg-info")
SECONDS: Final = 900
ROOMS: Final = ("unit", *(("conformance", "handlers") if "SAGA_EXHAUSTIVE" in os.environ else ()))
"""Whose tests must not notice another saga. Those of the others name theirs: `make nightly` looks at them."""


def code_of_the_guide() -> list[str]:
    """Its Python blocks, in order: `tests/release/docs` holds them to the modules that are tested."""
    blocks = (ROOT / GUIDE).read_text(encoding="utf-8").split("```python\n")[1:]
    return [block.partition("```")[0] for block in blocks]


class Checkout:
    """A copy of the project that another process imports instead of this one."""

    def __init__(self, root: Path) -> None:
        self.root = root
        paths = (root / "layers" / "saga_orchestrator", root / "infra", root)
        self.environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))}

    def write(self, path: str, text: str) -> None:
        (self.root / path).write_text(text, encoding="utf-8")

    def runs(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", *arguments],
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    @contextmanager
    def keeps_up(self, *arguments: str) -> Iterator[None]:
        """The local stack, once its ready file stands; interrupted afterwards, as a person does it."""
        ready, command = self.root / ".local-stack.json", [sys.executable, "-m", "sagactl", "local", "up", *arguments]
        process = subprocess.Popen(
            command, cwd=self.root, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        try:
            until = time.monotonic() + SECONDS
            while not ready.exists() and process.poll() is None and time.monotonic() < until:
                time.sleep(0.2)
            assert ready.exists(), process.stderr and process.stderr.read()
            yield
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=SECONDS)


def copied(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    return Checkout(shutil.copytree(ROOT, tmp_path_factory.mktemp("own") / "saga", ignore=LEFT_OUT))


def register(made: Checkout, module: str, name: str) -> None:
    registry = (made.root / REGISTRY).read_text(encoding="utf-8")
    first = "from .execution import EXECUTION_SAGA\n"
    assert first in registry
    assert registry.count("))\n") == 1
    registry = registry.replace(first, f"{first}from .{module} import {name}\n").replace("))\n", f", {name}))\n")
    made.write(REGISTRY, registry)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """With both sagas of the guide."""
    made = copied(tmp_path_factory)
    _, _, rental, rental_test, workspace, _, workspace_test = code_of_the_guide()
    for module, name, saga, test in (
        ("rental", "RENTAL", rental, rental_test),
        ("workspace_saga", "WORKSPACE_SAGA", workspace, workspace_test),
    ):
        made.write(f"layers/saga_orchestrator/sagas/{module}.py", saga)
        made.write(f"tests/unit/test_{module}.py", test)
        register(made, module, name)
    return made


def test_from_an_empty_file_to_a_proven_saga(tmp_path_factory: pytest.TempPathFactory) -> None:
    made = copied(tmp_path_factory)
    first, registration, rental, test, *_ = code_of_the_guide()
    made.write("layers/saga_orchestrator/sagas/rental.py", first)
    register(made, "rental", "RENTAL")
    assert registration in (made.root / REGISTRY).read_text(encoding="utf-8")
    proven = made.runs("sagactl", "prove", "rental_saga")
    assert (proven.returncode, "rental_saga is proven within these bounds" in proven.stdout) == (0, True), proven.stdout

    made.write("layers/saga_orchestrator/sagas/rental.py", rental)
    made.write("tests/unit/test_rental.py", test)
    told = made.runs("pytest", "-q", "-p", "no:cacheprovider", "tests/unit/test_rental.py")
    assert told.returncode == 0, told.stdout
    drawn = made.runs("sagactl", "graph", "rental_saga")
    assert "point of no return" in drawn.stdout
    proven = made.runs("sagactl", "prove", "rental_saga")
    assert (proven.returncode, "rental_saga is proven within these bounds" in proven.stdout) == (0, True), proven.stdout


def test_the_copy_is_what_runs(checkout: Checkout) -> None:
    told = checkout.runs("sagactl", "graph", "workspace_saga")

    assert told.returncode == 0, told.stderr
    assert "create_workspace" in told.stdout


def test_the_rental_is_played_on_the_local_stack(checkout: Checkout) -> None:
    asked = {"event_type": "RENTAL_ASKED", "rental_id": "r-1", "metadata": {"user_id": "ada"}, "car": "red", "days": 3}
    checkout.write("rental.json", json.dumps(asked))
    up = ("--template", "template.yaml", "--participant", "subprocess", "--parameter", "SagaEventTypes=RENTAL_ASKED")

    with checkout.keeps_up(*up):
        told = checkout.runs("sagactl", "request", "rental.json", "--timeout", "120")

    assert told.returncode == 0, told.stderr
    assert "rental_begun#1" in told.stderr


@pytest.mark.parametrize("room", ROOMS)
def test_every_test_of_a_room_passes(checkout: Checkout, room: str) -> None:
    told = checkout.runs("pytest", "-q", "-x", "-p", "no:cacheprovider", f"tests/{room}")

    assert told.returncode == 0, told.stdout[-4000:]


def test_worlds_are_played_as_before(checkout: Checkout) -> None:
    told = checkout.runs("tests.proof.simulation", "--seeds", "40", "--jobs", "1")

    assert told.returncode == 0, told.stdout[-4000:]
    assert "total: 40 worlds" in told.stdout
    assert " 0 violations" in told.stdout


def test_the_demo_ends_as_expected_and_counts_executions(checkout: Checkout) -> None:
    told = checkout.runs("sagactl", "demo", "--executions", "1", "--template", "template.yaml", "--json")

    assert told.stdout, told.stderr[-4000:]
    facts = json.loads(told.stdout)
    cases = (*facts["cases"], *facts["orders"]["cases"])
    differences = [line for case in cases for line in case["differences"]]
    assert (facts["violations"], differences) == ([], [])
    assert told.returncode == 0, told.stderr[-4000:]
    executions = facts["executions"]
    assert executions["as_expected"] == executions["total"] == sum(executions["by_outcome"].values())
