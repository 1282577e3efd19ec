"""The table of what was measured is whole whatever fails."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from tests.release.benchmarks.report import Report


def after(report: Report, body: Callable[[], Any], **told: bool) -> None:
    """As a run tells of one test."""
    report.before()
    try:
        body()
    except BaseException:  # noqa: BLE001 - pytest's own outcomes are no exceptions of the ordinary kind
        broken: pytest.ExceptionInfo[BaseException] | None = pytest.ExceptionInfo.from_current()
    else:
        broken = None
    outcome: Any = SimpleNamespace(**{"passed": False, "failed": False, **told})
    report.after("test_of_it", outcome, broken)


def test_a_measurement_that_breaks_or_is_left_out_has_a_row() -> None:
    report = Report()

    after(report, lambda: int("ten"), failed=True)
    after(report, lambda: pytest.skip("no tool here"))

    assert report.rows == [
        ("test_of_it", "measured", "ValueError: invalid literal for int() with base 10: 'ten'", "NO"),
        ("test_of_it", "measured", "Skipped: no tool here", "-"),
    ]
    assert report.table().count("\n") == len(report.rows) + 1


def test_what_has_said_its_figure_gets_no_second_row() -> None:
    report = Report()

    def missed() -> None:
        assert report.at_most("calls", 1, 2)

    after(report, missed, failed=True)
    after(report, lambda: report.exactly("units", 5, 5), passed=True)

    assert report.rows == [("calls", "<= 1", "2", "NO"), ("units", "= 5", "5", "yes")]


def test_a_figure_that_does_not_decide_says_whether_it_is_over() -> None:
    report = Report()

    assert report.beside("CPU", 1.3, 1.4)
    assert report.beside("CPU", 1.3, 1.3)

    assert [row[1:] for row in report.rows] == [
        ("<= 1.3", "1.40", "no, instructions decide"),
        ("<= 1.3", "1.30", "yes"),
    ]
