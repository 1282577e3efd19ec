"""`reconcile` isolates each saga: one whose function, item or write raises is named, and the others are repaired."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from saga_orchestrator.adapters.saga_codec import Item, decode
from saga_orchestrator.domain.definition import MessageSpec, SagaDefinition, Step, Undo
from saga_orchestrator.domain.registry import SagaRegistry
from saga_orchestrator.domain.repair import Problem
from sagactl.commands import reconcile
from sagactl.commands.reconcile import Finding, Outcome
from sagactl.errors import NotDoneError
from sagas.execution import EXECUTION_SAGA
from tests.proof.reconcile.corrupt_items import Edit
from tests.proof.reconcile.corrupt_table import Scene, sound

OWES = Edit(drop=("outbox",), strike=("delete_pod#1", "saga_failed#1"))
"""It ended, and neither deleted its pod nor told anybody."""


def raising(*_arguments: Any) -> Any:
    raise ZeroDivisionError("a user's value")


def leaving(*_arguments: Any) -> Any:
    raise SystemExit("a user's value")


def too_large(*_arguments: Any) -> Any:
    return {"field": "x" * 900_000}


def definition(body: Callable[..., Any]) -> SagaDefinition:
    """A definition whose every function is `body`, under the keys of the execution saga."""
    messages = {kind: MessageSpec(f"{kind.upper()}_COMMAND", body) for kind in ("create_pod", "delete_pod")}
    step = Step("create_pod", check=body, emits=("create_pod",), undo=Undo(emits=("delete_pod",)))
    before = [replace(each, check=body, claims=body if each.claims else None) for each in EXECUTION_SAGA.steps[:-1]]
    return SagaDefinition("broken_saga", EXECUTION_SAGA.version, (*before, step), messages)


def owing(execution_id: str, saga_name: str = "execution_saga") -> Item:
    return OWES.applied(sound("failed", execution_id)) | {"saga_name": {"S": saga_name}}


def repaired(scene: Scene, *sagas: SagaDefinition) -> dict[str, Finding]:
    found = reconcile.repair(scene.stack, scene.on.now, SagaRegistry((*sagas, EXECUTION_SAGA)))
    return {finding.item: finding for finding in found}


@pytest.mark.parametrize("body", [raising, leaving, too_large])
def test_a_definition_whose_every_function_raises_keeps_no_other_saga_from_repair(body: Callable[..., Any]) -> None:
    items = [owing("ex-0"), owing("ex-1", "broken_saga"), owing("ex-2")]
    scene = Scene(items, {})
    broken = definition(body)

    planned = reconcile.plan(scene.stack, scene.on.now, SagaRegistry((broken, EXECUTION_SAGA)))
    done = repaired(scene, broken)

    assert {finding.item: finding.outcome for finding in planned} == {
        "ex-0": Outcome.PLANNED,
        "ex-1": Outcome.BY_HAND,
        "ex-2": Outcome.PLANNED,
    }
    assert (done["ex-1"].problem, done["ex-1"].outcome) == (Problem.MESSAGE_NOT_MADE, Outcome.BY_HAND)
    assert "a user's value" not in done["ex-1"].found
    assert done["ex-0"].outcome is done["ex-2"].outcome is Outcome.REPAIRED
    assert items[1] in scene.table.items("sagas"), "nothing was written that could not be sent"


def test_an_item_that_nobody_foresaw_is_named_with_the_place_of_the_defect(monkeypatch: pytest.MonkeyPatch) -> None:
    def decoding(item: Item) -> Any:
        return raising() if item["execution_id"]["S"] == "ex-1" else decode(item)

    monkeypatch.setattr(reconcile, "decode", decoding)

    done = repaired(Scene([owing("ex-0"), owing("ex-1"), owing("ex-2")], {}))

    assert (done["ex-1"].problem, done["ex-1"].outcome) == (Problem.NOT_REPAIRED, Outcome.BY_HAND)
    assert done["ex-1"].found.startswith(f"ZeroDivisionError in {__name__}:")
    assert done["ex-0"].outcome is done["ex-2"].outcome is Outcome.REPAIRED


def refusing(monkeypatch: pytest.MonkeyPatch, scene: Scene, code: str, execution_id: str) -> None:
    update = scene.table.update_item

    def call(**request: Any) -> Any:
        if execution_id in str(request["Key"]):
            raise ClientError({"Error": {"Code": code}}, "UpdateItem")
        return update(**request)

    monkeypatch.setattr(scene.table, "update_item", call)


def test_a_repair_that_aws_refuses_for_good_is_one_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene([owing("ex-0"), owing("ex-1"), owing("ex-2")], {})
    refusing(monkeypatch, scene, "ValidationException", "ex-1")

    done = repaired(scene)

    assert (done["ex-1"].problem, done["ex-1"].outcome) == (Problem.NOT_REPAIRED, Outcome.BY_HAND)
    assert done["ex-1"].found == "UpdateItem was refused for good: ValidationException"
    assert done["ex-0"].outcome is done["ex-2"].outcome is Outcome.REPAIRED


def test_what_stops_every_repair_says_how_far_it_came(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene([owing("ex-0"), owing("ex-1"), owing("ex-2")], {})
    second = scene.plan()[1].item
    refusing(monkeypatch, scene, "ExpiredTokenException", second)

    with pytest.raises(
        NotDoneError, match=r"^1 problem dealt with, then UpdateItem was refused: ExpiredTokenException"
    ):
        repaired(scene)


def test_what_stops_the_first_repair_is_told_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene([owing("ex-1")], {})
    refusing(monkeypatch, scene, "ExpiredTokenException", "ex-1")

    with pytest.raises(ClientError):
        repaired(scene)
