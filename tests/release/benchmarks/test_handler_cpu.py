"""CPU of a handler against the bare SDK calls that it makes, by botocore's default clients and by its own: the rest is
ours.

Instructions decide where they can be counted. Time swings by a tenth from process to process on unchanged code, with
the caches of the machine and with what else it does; where there is no valgrind, it has to do.
"""

import shutil
from pathlib import Path

import pytest

from tests.release.benchmarks.fresh_processes import instructions, measured, median, spread
from tests.release.benchmarks.report import Report

AGAINST_DEFAULT, AGAINST_OWN, REPLY_AGAINST_OWN = 1.0, 1.3, 1.5
REPLY = "COMMAND_REPLY"
COUNTED = shutil.which("valgrind") is not None
NAMES = ["EXECUTION_REQUESTED", "EXECUTION_STARTED", "EXECUTION_COMPLETED"]


@pytest.mark.timing
@pytest.mark.parametrize("name", NAMES)
def test_cpu_of_an_event(report: Report, name: str) -> None:
    answers = measured("cpu", name)

    against_default, against_own = median(answers, "default"), median(answers, "own")
    calls = " + ".join(answers[0]["calls"])
    at_most = report.beside if COUNTED else report.at_most
    held = [
        at_most(
            f"CPU against botocore's default calls: {name}",
            AGAINST_DEFAULT,
            against_default,
            f"{spread(answers, 'default')}; {median(answers, 'ms'):.2f} ms for {calls}",
        ),
        at_most(f"CPU against our own clients' calls: {name}", AGAINST_OWN, against_own, spread(answers, "own")),
    ]
    assert len(answers[0]["calls"]) == 2
    assert all(held), (against_default, against_own)


@pytest.mark.timing
def test_cpu_of_a_reply(report: Report) -> None:
    """One read and one write; the saga's own steps and conditions are decided in between."""
    answers = measured("cpu", REPLY)

    against_own, against_default = median(answers, "own"), median(answers, "default")
    calls = " + ".join(answers[0]["calls"])
    note = f"{spread(answers, 'own')}; {median(answers, 'ms'):.2f} ms for {calls}"
    at_most = report.beside if COUNTED else report.at_most
    held = at_most("CPU against our own clients' calls: a reply", REPLY_AGAINST_OWN, against_own, note)
    report.state("CPU against botocore's default calls: a reply", against_default)
    assert answers[0]["calls"] == ["GetItem", "UpdateItem"]
    assert held, against_own


@pytest.mark.timing
@pytest.mark.skipif(not COUNTED, reason="instructions are counted by valgrind")
def test_instructions_of_events(report: Report, tmp_path: Path) -> None:
    counted = instructions(tmp_path, "count", *NAMES, REPLY)

    held = []
    for name in (*NAMES, REPLY):
        ours, own, default = (counted[f"{name} {each}"] for each in ("handler", "own", "default"))
        million, most = f"{ours / 1e6:.1f} million", REPLY_AGAINST_OWN if name == REPLY else AGAINST_OWN
        held += [
            report.at_most(
                f"instructions against botocore's default calls: {name}", AGAINST_DEFAULT, ours / default, million
            ),
            report.at_most(f"instructions against our own clients' calls: {name}", most, ours / own),
        ]
    assert all(held), counted
