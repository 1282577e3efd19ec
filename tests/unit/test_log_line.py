"""Our lines are Powertools' lines, character by character, and so are our metrics."""

import io
import json
import logging
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from saga_orchestrator.adapters.log_line import LogLine, PlainRecord
from saga_orchestrator.adapters.telemetry import MOST_HELD, Telemetry, telemetry
from saga_orchestrator.domain.decide import Verdict


class Anything:
    def __str__(self) -> str:
        return "any thing"


FIELDS: list[dict[str, Any]] = [
    {},
    {"verdict": Verdict.APPLIED, "saga_id": "execution_saga:e-1", "reason": None, "messages": ("a#1", "b#1")},
    {"detail": 'ключ \u2028 "quoted" \\ \n', "exit_code": -9, "ratio": 0.5, "trusted": True, "anything": Anything()},
    {"service": "another", "position": {"partition": "t-0", "offset": 7}},
]


def lines(log: Callable[[Logger], None], monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """What our logger and Powertools' own write, at one and the same moment."""
    monkeypatch.setattr("time.time_ns", lambda: 1_790_000_000_123_456_789)
    monkeypatch.setattr("time.time", lambda: 1_790_000_000.123456)
    written = []
    for name in ("ours", "theirs"):
        stream = io.StringIO()
        service = f"{name}-{id(stream)}"
        logger = (
            telemetry("Tests", service=service, stream=stream).logger
            if name == "ours"
            else Logger(service=service, stream=stream, location=None)
        )
        log(logger)
        written.append(stream.getvalue().replace(service, "service"))
    return written[0], written[1]


@pytest.mark.parametrize("fields", FIELDS)
@pytest.mark.parametrize("message", ["event applied", '{"a": 1}', "true", "NaN", "12", "", "100 % sure"])
def test_a_line_is_that_of_powertools(monkeypatch: pytest.MonkeyPatch, message: str, fields: dict[str, Any]) -> None:
    ours, theirs = lines(lambda logger: logger.info(message, extra=fields), monkeypatch)

    assert ours == theirs
    assert json.loads(ours)["level"] == "INFO"


@pytest.mark.parametrize("fields", FIELDS)
def test_what_happened_is_told_in_a_line_of_powertools(monkeypatch: pytest.MonkeyPatch, fields: dict[str, Any]) -> None:
    def log(logger: Logger) -> None:
        if isinstance(logger.registered_formatter, LogLine):
            Telemetry(logger, Metrics(namespace="Tests")).info("event applied", **fields)
        else:
            logger.info("event applied", extra=fields)

    ours, theirs = lines(log, monkeypatch)

    assert ours == theirs


def test_what_happened_is_not_told_below_the_level_that_was_chosen() -> None:
    stream = io.StringIO()
    ours = telemetry("Tests", service=f"quiet-{id(stream)}", stream=stream)
    ours.logger.setLevel("WARNING")

    ours.info("event applied")
    ours.warn("record will be delivered again")

    assert [json.loads(line)["level"] for line in stream.getvalue().splitlines()] == ["WARNING"]


def test_lines_told_together_are_written_at_the_end_with_the_time_of_each(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    tell = telemetry("Tests", service="together", stream=stream)

    with tell.together():
        for moment in (1_790_000_000.5, 1_790_000_007.25):
            monkeypatch.setattr("time.time", lambda moment=moment: moment)
            tell.info("event applied", at=moment)
        assert stream.getvalue() == ""
        tell.warn("record will be delivered again")
        assert "again" in stream.getvalue()
        monkeypatch.setattr("time.time", lambda: 1_790_000_100.0)

    _warning, *held = map(json.loads, stream.getvalue().splitlines())
    assert [line["at"] for line in held] == [1_790_000_000.5, 1_790_000_007.25]
    assert [line["timestamp"][-8:-5] for line in held] == ["500", "250"]
    tell.info("event applied")
    assert len(stream.getvalue().splitlines()) == 4


def test_lines_told_together_are_written_whatever_ends_it() -> None:
    stream = io.StringIO()
    tell = telemetry("Tests", service="ended", stream=stream)

    def work() -> None:
        with tell.together():
            tell.info("event applied")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()

    assert "event applied" in stream.getvalue()


def test_no_more_than_a_hundred_lines_are_held_back() -> None:
    stream = io.StringIO()
    tell = telemetry("Tests", service="many", stream=stream)

    with tell.together():
        for number in range(MOST_HELD - 1):
            tell.info("event applied", number=number)
        assert stream.getvalue() == ""
        tell.info("event applied", number=MOST_HELD - 1)
        assert [json.loads(line)["number"] for line in stream.getvalue().splitlines()] == [*range(MOST_HELD)]


def test_a_line_of_a_thread_that_was_late_is_written_with_the_metrics() -> None:
    stream = io.StringIO()
    tell = telemetry("Tests", service="late", stream=stream)

    with tell.together():
        tell._held.append(PlainRecord("late", logging.INFO, "event applied", {}))
    assert "event applied" in stream.getvalue()
    tell._held.append(PlainRecord("late", logging.INFO, "the last one", {}))
    tell.flush()

    assert "the last one" in stream.getvalue()


def test_lines_of_many_threads_are_each_written_once() -> None:
    stream = io.StringIO()
    tell = telemetry("Tests", service="threads", stream=stream)

    def work(thread: int) -> None:
        for number in range(150):
            tell.info("event applied", number=thread * 150 + number)

    with ThreadPoolExecutor(8) as pool, tell.together():
        list(pool.map(work, range(8)))

    assert sorted(json.loads(line)["number"] for line in stream.getvalue().splitlines()) == [*range(1_200)]


def test_a_line_that_cannot_be_written_stops_nobody() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")

    telemetry("Tests", service=f"ascii-{id(stream)}", stream=stream).info("event applied", detail="\u043a")


@pytest.mark.parametrize("trace", ["Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1", ""])
def test_a_line_names_the_trace(monkeypatch: pytest.MonkeyPatch, trace: str) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", trace)

    ours, theirs = lines(lambda logger: logger.warning("record will be delivered again"), monkeypatch)

    assert ours == theirs
    assert ("1-5759e988-bd862e3fe1be46a994272793" in ours) is bool(trace)


def test_an_exception_and_arguments_are_left_to_powertools(monkeypatch: pytest.MonkeyPatch) -> None:
    def log(logger: Logger) -> None:
        try:
            int("x")
        except ValueError:
            logger.exception("a bug")
        logger.info("%s of %d", "one", 2)
        logger.info({"a": "dictionary"})

    ours, theirs = lines(log, monkeypatch)

    assert ours == theirs
    assert "ValueError" in ours


def test_each_second_has_its_own_stamp() -> None:
    stream = io.StringIO()
    logger = telemetry("Tests", service=f"stamps-{id(stream)}", stream=stream).logger
    handler = logger.handlers[0]
    powertools = Logger(service=f"powertools-{id(stream)}", stream=stream, location=None).handlers[0].formatter
    for created in (1_790_000_000.001, 1_790_000_000.999, 1_790_000_001.5, 1_790_000_000.25):
        record = logging.makeLogRecord({"created": created, "msecs": created % 1 * 1000})
        assert handler.formatter is not None
        assert powertools is not None
        assert handler.formatter.formatTime(record) == powertools.formatTime(record)


def test_a_metric_line_is_that_of_powertools(capsys: pytest.CaptureFixture[str]) -> None:
    ours = telemetry("Tests", service="metrics")
    ours.count("EventsApplied")
    ours.count("EventsApplied", 2)
    ours.gauge("Overdue", 0)
    ours.flush()
    theirs = Metrics(namespace="Tests")
    theirs.add_metric("EventsApplied", MetricUnit.Count, 3)
    theirs.add_metric("Overdue", MetricUnit.Count, 0)
    theirs.flush_metrics()

    our_line, their_line = (_without_time(line) for line in capsys.readouterr().out.splitlines())

    assert our_line == their_line
    assert our_line["EventsApplied"] == [3.0]


def test_a_line_that_is_kept_tells_of_its_own_time_and_values(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = telemetry("Tests", service="kept")
    for moment, value in ((1_790_000_000.5, 3), (1_790_000_001.25, 4)):
        monkeypatch.setattr("time.time", lambda moment=moment: moment)
        ours.count("EventsApplied", value)
        ours.measure("SagaDuration", value, saga="s", outcome="completed", language="python")
        ours.measure("SagaDuration", value, saga="s", outcome="failed", language="python")
        ours.flush()

    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    assert [line["_aws"]["Timestamp"] for line in told] == [1_790_000_000_500] * 3 + [1_790_000_001_250] * 3
    assert [line.get("EventsApplied") for line in told] == [[3.0], None, None, [4.0], None, None]
    assert [line.get("SagaDuration") for line in told] == [None, [3.0], [3.0], None, [4.0], [4.0]]
    assert [line.get("outcome") for line in told] == [None, "completed", "failed"] * 2


@pytest.mark.parametrize(("variable", "value"), [("POWERTOOLS_METRICS_DISABLED", "true"), ("POWERTOOLS_DEV", "true")])
def test_metrics_are_off_where_powertools_turns_them_off(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    ours: Telemetry = telemetry("Tests", service="metrics", stream=sys.stderr)
    ours.count("EventsApplied")
    ours.flush()

    assert capsys.readouterr().out == ""


def _without_time(line: str) -> dict[str, Any]:
    written: dict[str, Any] = json.loads(line)
    del written["_aws"]["Timestamp"]
    return written
