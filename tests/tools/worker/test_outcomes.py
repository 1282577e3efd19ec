"""What a run's end says, and that it always fits an EventBridge entry."""

import json

import pytest

from local_worker.commands import CreatePodCommand
from local_worker.outcomes import OUTPUT_BUDGET_BYTES, ended, fit_outputs, json_size, outcome_of, started
from local_worker.sandboxing.sandbox import OUTPUT_CAP_BYTES, Capture, RunResult
from tests.tools.worker.samples import create_command


def capture(content: bytes, total: int | None = None) -> Capture:
    return Capture(bytearray(content), len(content) if total is None else total)


@pytest.mark.parametrize(
    "filling",
    [b"x", b"\x00", b'"', b"\xff", "\u20ac".encode(), "\U0001f600".encode(), b"\n"],
    ids=["plain", "control", "quote", "not-utf8", "three-byte", "four-byte", "newline"],
)
def test_any_output_fits_one_entry(filling: bytes) -> None:
    content = (filling * OUTPUT_CAP_BYTES)[:OUTPUT_CAP_BYTES]
    result = RunResult(0, stdout=capture(content, 50_000_000), stderr=capture(content, 60_000_000))

    outcome = outcome_of(result, 10)
    command = CreatePodCommand.model_validate(create_command("x" * 64))

    detail = json.dumps(ended(command, outcome).body, ensure_ascii=False).encode()
    assert len(detail) < 950_000
    assert outcome.fields["stdout"].endswith("[truncated: 50000000 bytes in all]")


def test_short_output_is_left_as_it_is() -> None:
    assert fit_outputs(capture(b"a\n"), capture(b""), 1000) == ("a\n", "")


def test_a_stream_may_use_what_the_other_leaves() -> None:
    stdout, stderr = fit_outputs(capture(b"o" * 900), capture(b"e" * 20), 1000)

    assert (len(stdout), len(stderr)) == (900, 20)


def test_what_was_cut_while_reading_is_marked_even_when_it_fits() -> None:
    stdout, _ = fit_outputs(capture(b"o" * 10, total=11), capture(b""), 1000)

    assert stdout == "o" * 10 + "\n[truncated: 11 bytes in all]"


def test_both_streams_share_the_budget_fairly() -> None:
    stdout, stderr = fit_outputs(capture(b"o" * 5000), capture(b"e" * 5000), 1000)

    assert json_size(stdout) + json_size(stderr) <= 1000
    assert min(len(stdout), len(stderr)) > 450


@pytest.mark.parametrize(
    ("result", "event_type", "error_type"),
    [
        (RunResult(0), "EXECUTION_COMPLETED", None),
        (RunResult(2), "EXECUTION_FAILED", "ScriptError"),
        (RunResult(139), "EXECUTION_FAILED", "Killed"),
        (RunResult(137, timed_out=True), "EXECUTION_TIMEOUT", None),
    ],
)
def test_the_end_decides_the_event(result: RunResult, event_type: str, error_type: str | None) -> None:
    outcome = outcome_of(result, 7)

    assert outcome.event_type == event_type
    assert outcome.fields.get("error_type") == error_type
    assert outcome.fields.get("timeout_seconds") == (7 if result.timed_out else None)


def test_event_ids_derive_from_the_command_and_keep_the_charset() -> None:
    command = CreatePodCommand.model_validate(create_command("ex-1"))

    events = [started(command, "pod", "node"), ended(command, outcome_of(RunResult(0), 7))]

    assert [event.body["event_id"] for event in events] == [
        "execution_saga:ex-1:create_pod.1:started",
        "execution_saga:ex-1:create_pod.1:completed",
    ]
    assert OUTPUT_BUDGET_BYTES < 1_000_000
