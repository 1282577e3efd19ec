"""Benchmarks. Exact counts are ordinary tests; timings need a quiet machine and run under `--benchmarks` only."""

import contextlib
import os
from collections.abc import Generator, Iterator

import pytest

from saga_testing.moto_world import World
from tests.release.benchmarks.report import Report
from tests.release.benchmarks.scenes import SILENCE, QuietWorld

_REPORT = pytest.StashKey[Report]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--benchmarks", action="store_true", help="run the timing benchmarks too, and print the table")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "timing: compares durations; deselected without --benchmarks")
    config.stash[_REPORT] = Report()


def _wanted(config: pytest.Config) -> bool:
    """pytest knows the option only when this folder is named on the command line; the variable works without."""
    return bool(config.getoption("--benchmarks", default=False)) or os.environ.get("SAGA_BENCHMARKS") == "1"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if _wanted(config):
        return
    timings = [item for item in items if item.get_closest_marker("timing")]
    config.hook.pytest_deselected(items=timings)
    items[:] = [item for item in items if item not in timings]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    item.config.stash[_REPORT].before()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    told = yield
    item.config.stash[_REPORT].after(item.name, told, call.excinfo)
    return told


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if _wanted(config):
        terminalreporter.write_line("\n" + config.stash[_REPORT].table())


@pytest.fixture
def report(pytestconfig: pytest.Config) -> Report:
    return pytestconfig.stash[_REPORT]


@pytest.fixture
def quiet() -> Iterator[None]:
    """Log and metric lines are written, and paid for, but not shown."""
    with contextlib.redirect_stdout(SILENCE):
        yield


@pytest.fixture
def deployment(world: World, quiet: None) -> QuietWorld:
    return QuietWorld(world.settings)
