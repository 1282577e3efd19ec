"""`sagactl reconcile` on sagas that have taken a step which the deployed definition has retired."""

from dataclasses import replace

import pytest

from saga_orchestrator.domain.registry import SagaRegistry
from saga_orchestrator.domain.repair import Problem
from sagactl.commands import reconcile
from sagas.execution import EXECUTION_SAGA
from tests.proof.reconcile.corrupt_items import Edit
from tests.proof.reconcile.corrupt_table import Scene, sound


def test_an_end_that_owes_the_undo_of_a_retired_step_sends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    *kept, create_pod = EXECUTION_SAGA.steps
    retired = replace(EXECUTION_SAGA, steps=tuple(kept), retired=(create_pod,))
    item = Edit(strike=("delete_pod#1",), drop=("outbox",)).applied(sound("failed"))
    monkeypatch.setattr(reconcile, "SAGAS", SagaRegistry((retired,)))
    scene = Scene([item], {"python#0": 0})

    found = scene.repair()

    assert [finding.problem for finding in found] == [Problem.MESSAGES_OWED]
    repaired = scene.item()
    assert repaired is not None
    assert repaired["outbox"] == {"S": "delete_pod#1"}
    assert scene.plan() == []
