"""The kit finds the local worker to keep the contract, and each planted bug to break the clause that it breaks."""

from pathlib import Path

import pytest

from local_worker.worker import WorkerClients
from saga_testing.clauses import Verdict
from saga_testing.worker_contract.clauses import CLAUSES
from tests.tools.worker.contract.planted import BUGS
from tests.tools.worker.contract.rig import found

NOT_FOR_A_LOCAL_WORKER = {"1.3", "3.3", "9.5"}
"""It says itself that what it runs ends with it, and that it runs what it has, whatever the image says."""


def test_the_local_worker_keeps_every_clause(clients: WorkerClients, tmp_path: Path) -> None:
    findings = found(clients, tmp_path, "right")

    assert [(each.number, each.seen) for each in findings if each.verdict is Verdict.BROKEN] == []
    assert {each.number for each in findings if each.verdict is Verdict.NOT_PLAYED} == NOT_FOR_A_LOCAL_WORKER


def test_every_clause_that_a_local_worker_can_break_has_its_bug() -> None:
    assert {*BUGS} == {clause.number for clause in CLAUSES} - NOT_FOR_A_LOCAL_WORKER


@pytest.mark.proof
@pytest.mark.parametrize("number", BUGS)
def test_a_planted_bug_breaks_its_clause_and_no_other(
    number: str, clients: WorkerClients, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    findings = found(clients, tmp_path, number.replace(".", "-"), lambda worker: BUGS[number](worker, monkeypatch))

    broken = {each.number: each.seen for each in findings if each.verdict is Verdict.BROKEN}
    assert broken.keys() == {number}, broken
