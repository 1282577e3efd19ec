"""Where bugs are planted: what the worker reads, does with a delete, makes of a run and says."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from local_worker import commands, outcomes, worker
from local_worker.commands import CreatePodCommand, DeletePodCommand
from local_worker.ledger import PodState, Verdict
from local_worker.outcomes import PodOutcome
from local_worker.worker import Worker
from stack_client import OutgoingEvent

Patch = pytest.MonkeyPatch
Bug = Callable[[Worker, Patch], None]
BUGS: dict[str, Bug] = {}


def breaks(number: str) -> Callable[[Bug], Bug]:
    def plant(bug: Bug) -> Bug:
        BUGS[number] = bug
        return bug

    return plant


def on_parsing(patch: Patch, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    parse = commands.parse_command
    patch.setattr(worker, "parse_command", lambda body: parse(change(body)))


def on_delete(subject: Worker, after: Callable[[DeletePodCommand, Verdict, PodState | None], None]) -> None:
    memory = subject._shared.ledger
    delete = memory.delete

    def wrong(command: DeletePodCommand, now: datetime) -> Verdict:
        pod = memory.pods.get(command.execution_id)
        state = pod.state if pod else None
        verdict = delete(command, now)
        after(command, verdict, state)
        return verdict

    memory.delete = wrong  # type: ignore[method-assign]  # that is the bug


def on_outcome(patch: Patch, change: Callable[[PodOutcome], PodOutcome]) -> None:
    outcome_of, refused = outcomes.outcome_of, outcomes.refused
    patch.setattr(outcomes, "outcome_of", lambda result, limit: change(outcome_of(result, limit)))
    patch.setattr(outcomes, "refused", lambda error: change(refused(error)))


def with_fields(outcome: PodOutcome, **fields: Any) -> PodOutcome:
    return PodOutcome(outcome.event_type, outcome.fields | fields)


def on_event(patch: Patch, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    make = outcomes._event

    def wrong(command: CreatePodCommand, event_type: str, fields: dict[str, Any]) -> OutgoingEvent:
        made = make(command, event_type, fields)
        return replace(made, body=change(made.body))

    patch.setattr(outcomes, "_event", wrong)
