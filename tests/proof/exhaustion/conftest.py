"""How much is run, and the figures of it: how many cases, schedules and states there were."""

import os
from collections.abc import Callable
from typing import Final

import pytest

Figures = Callable[[str], None]

_FIGURES: Final = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def exhaustive() -> bool:
    """The nightly run sets SAGA_EXHAUSTIVE=1 and takes everything; `make test` takes a fixed share."""
    return os.environ.get("SAGA_EXHAUSTIVE") == "1"


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Figures:
    """Say what was covered: one line under the run's results, whether output is captured or not."""
    return request.config.stash.setdefault(_FIGURES, []).append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if lines := config.stash.get(_FIGURES, []):
        terminalreporter.section("exhaustion: what was covered")
        for line in lines:
            terminalreporter.write_line(line)
