"""`sagactl demo` as anybody runs it, without a terminal; and the exit code of each way in which it can end."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from demo.cases import CASES
from demo.orders import ORDER_CASES
from demo.playing import Outcome
from sagactl.app import app

SAGACTL = Path(sys.executable).with_name("sagactl")
#: Only waited out by a failure.
PATIENCE_SECONDS = 300


def _start(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [SAGACTL, "demo", *arguments],
        cwd=folder,
        env={**os.environ, "TMPDIR": str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _left_behind(folder: Path) -> list[str]:
    """Files, and processes that work in the folder."""
    processes = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if folder in (process / "cwd").readlink().parents or (process / "cwd").readlink() == folder:
                processes.append((process / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue  # gone meanwhile, or somebody else's
    return [*processes, *(path.name for path in folder.iterdir())]


def test_a_small_demo_ends_as_expected_and_leaves_nothing(tmp_path: Path) -> None:
    process = _start(tmp_path, "--executions", "40", "--seed", "3", "--json")
    try:
        output, errors = process.communicate(timeout=PATIENCE_SECONDS)
    finally:
        process.kill()
    facts = json.loads(output)
    cases = (*facts["cases"], *facts["orders"]["cases"])
    differences = [line for case in cases for line in case["differences"]]
    assert (process.returncode, facts["violations"], differences, facts["ok"]) == (0, [], [], True), errors
    assert {case["case"] for case in facts["cases"]} == {case.slug for case in CASES}
    assert {case["case"] for case in facts["orders"]["cases"]} == {case.slug for case in ORDER_CASES}
    assert facts["slots_held"] == facts["pods"]["leaked"] == 0
    assert 0 < facts["burst"]["most_at_once"] <= facts["burst"]["limit"]
    assert "Traceback" not in errors
    assert _left_behind(tmp_path) == []


@pytest.mark.parametrize("line", ["starting", "playing"])
def test_a_signal_ends_it_with_130_and_leaves_nothing(tmp_path: Path, line: str) -> None:
    process = _start(tmp_path, "--executions", "40")
    try:
        assert process.stderr is not None
        while line not in (told := process.stderr.readline()):
            assert told, "it ended before it began"
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=PATIENCE_SECONDS)
    finally:
        process.kill()
    assert (process.returncode, output) == (130, "")
    assert errors.splitlines()[-1] == "sagactl: interrupted; everything is down again"
    assert "Traceback" not in errors
    assert _left_behind(tmp_path) == []


def test_a_template_that_cannot_be_started_is_one_line_and_2(tmp_path: Path) -> None:
    outcome = CliRunner().invoke(app, ["demo", "--template", str(tmp_path / "nowhere")])
    assert outcome.exit_code == 2
    assert outcome.stderr.splitlines()[-1].startswith("sagactl: ")
    assert "nowhere" in outcome.stderr


def test_whatever_is_wrong_makes_it_1(outcome: Outcome, monkeypatch: pytest.MonkeyPatch) -> None:
    endings = {
        0: outcome,
        1: replace(outcome, evidence=replace(outcome.evidence, undelivered=1)),
    }
    for exit_code, ending in endings.items():
        monkeypatch.setattr("sagactl.local.demo_running.play", lambda *_, ending=ending: ending)
        for arguments in ([], ["--json"]):
            assert CliRunner().invoke(app, ["demo", *arguments]).exit_code == exit_code
