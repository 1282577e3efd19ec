"""A second saga beside the execution saga: a scratch workspace for each execution, taken away unless it completed."""

from collections.abc import Mapping
from typing import Any

from saga_orchestrator.domain.definition import MessageSpec, SagaDefinition, Step, StepContext, Undo
from saga_orchestrator.domain.saga import Saga, TimelineEntry


def refusal(context: StepContext) -> str | None:
    return None if context.request.language == "python" else "no_workspace_for_language"


def body(saga: Saga, _entry: TimelineEntry) -> Mapping[str, Any]:
    return {"owner": saga.owner}


WORKSPACE_SAGA = SagaDefinition(
    name="workspace_saga",
    version=1,
    steps=(
        Step("check_language", check=refusal),
        Step("create_workspace", emits=("create_workspace",), undo=Undo(emits=("delete_workspace",))),
    ),
    messages={
        "create_workspace": MessageSpec("CREATE_WORKSPACE_COMMAND", body),
        "delete_workspace": MessageSpec("DELETE_WORKSPACE_COMMAND", body),
    },
)
