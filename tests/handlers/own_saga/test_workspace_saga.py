"""The workspace saga against the real engine, in memory."""

from saga_orchestrator.domain.registry import SagaRegistry
from saga_testing import Deployment, event
from tests.handlers.own_saga.workspace_saga import WORKSPACE_SAGA


def test_the_workspace_goes_when_the_execution_fails() -> None:
    deployment = Deployment(sagas=SagaRegistry((WORKSPACE_SAGA,)))
    for name in ("EXECUTION_REQUESTED", "EXECUTION_STARTED", "EXECUTION_FAILED"):
        deployment.deliver(event(name))
    deployment.relay_stream()

    saga = deployment.saga(saga_name="workspace_saga")
    assert saga is not None
    assert (saga.state, saga.compensated_steps) == ("failed", ("create_workspace",))
    assert deployment.published_types()[-2:] == ["DELETE_WORKSPACE_COMMAND", "SAGA_FAILED"]


def test_nobody_waits_for_an_execution_that_never_starts() -> None:
    deployment = Deployment(sagas=SagaRegistry((WORKSPACE_SAGA,)))
    deployment.deliver(event("EXECUTION_REQUESTED"))
    deployment.advance(seconds=300)

    assert deployment.check()["timed_out"] == 1
    assert deployment.relay_stream()
    assert "DELETE_WORKSPACE_COMMAND" in deployment.published_types()
