"""`sagactl reconcile` on sagas that have taken a step which the deployed definition has retired."""

from dataclasses import replace

import pytest

from saga_orchestrator.domain.registry import SagaRegistry
from saga_orchestrator.domain.repair import Problem
from sagactl.commands import reconcile
from sagas.execution import EXECUTION_SAGA
from tests.proof.reconcile.corrupt_items import Edit
from tests.proof.reconcile.corrupt_table import Scene, sound

FIELD_CASES = ("retired-step-reconciled", "unknown-step-reconciled")


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


def test_a_running_saga_keeps_the_retired_step_that_it_took_and_its_undo(monkeypatch: pytest.MonkeyPatch) -> None:
    *kept, create_pod = EXECUTION_SAGA.steps
    retired = replace(EXECUTION_SAGA, steps=tuple(kept), retired=(create_pod,))
    monkeypatch.setattr(reconcile, "SAGAS", SagaRegistry((retired,)))
    scene = Scene([sound("running")], {"python#0": 1})

    assert scene.repair() == []
    item = scene.item()
    assert item is not None
    assert create_pod.key in item["steps"]["S"]


def test_a_forgotten_step_is_put_back_beside_the_retired_one(monkeypatch: pytest.MonkeyPatch) -> None:
    *kept, create_pod = EXECUTION_SAGA.steps
    retired = replace(EXECUTION_SAGA, steps=tuple(kept), retired=(create_pod,))
    monkeypatch.setattr(reconcile, "SAGAS", SagaRegistry((retired,)))
    item = sound("running")
    item["steps"] = {"S": create_pod.key}
    scene = Scene([item], {"python#0": 1})

    assert [finding.problem for finding in scene.repair()] == [Problem.STEPS_MISSING]
    repaired = scene.item()
    assert repaired is not None
    assert repaired["steps"]["S"].split() == [create_pod.key, *(step.key for step in kept)]


def test_a_step_of_newer_code_is_left_alone_and_reported() -> None:
    item = sound("running")
    item["steps"] = {"S": item["steps"]["S"] + " reserve_gpu"}
    scene = Scene([dict(item)], {"python#0": 1})

    (found,) = scene.repair()

    assert (found.problem, found.outcome) == (Problem.NEWER_CODE, "by_hand")
    assert "reserve_gpu" in found.found
    assert scene.item() == item
