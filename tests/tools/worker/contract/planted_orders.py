"""Bugs about what arrives, and in which order: one for each clause of obligations 0 to 4."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from local_worker.commands import CreatePodCommand, DeletePodCommand, MalformedCommandError
from local_worker.ledger import Pod, PodState, Verdict
from local_worker.worker import Worker
from tests.tools.worker.contract.planting import Patch, breaks, on_delete, on_parsing


@breaks("0.1")
def forbids_what_it_does_not_know(_worker: Worker, patch: Patch) -> None:
    def change(body: dict[str, Any]) -> dict[str, Any]:
        known = {*CreatePodCommand.model_fields, *DeletePodCommand.model_fields}
        if "message_type" in body and not body.keys() <= known:
            raise MalformedCommandError("a field more")
        return body

    on_parsing(patch, change)


@breaks("0.2")
def guesses(_worker: Worker, patch: Patch) -> None:
    on_parsing(patch, lambda body: body | {"timeout_seconds": body.get("timeout_seconds") or 60})


Creating = Callable[[CreatePodCommand, Pod | None], bool]


def _again(subject: Worker, when: Creating) -> None:
    """Begin a pod of its own for a create that should have met one."""
    memory = subject._shared.ledger
    create = memory.create

    def wrong(command: CreatePodCommand, now: datetime) -> Verdict:
        known = memory.pods.get(command.execution_id)
        if known is not None and when(command, known) and command.execution_id not in memory._tombstones:
            memory.pods[command.execution_id] = Pod(command)
            return Verdict.CREATED
        return create(command, now)

    memory.create = wrong  # type: ignore[method-assign]  # that is the bug


@breaks("1.1")
def runs_a_duplicate(subject: Worker, _patch: Patch) -> None:
    _again(subject, lambda c, pod: pod is not None and c == pod.command and pod.state is PodState.RUNNING)
    memory = subject._shared.ledger
    finish = memory.finish

    def both_report(execution_id: str) -> bool:
        return finish(execution_id) or memory.pods[execution_id].state is PodState.FINISHED

    memory.finish = both_report  # type: ignore[method-assign]  # that is the bug


@breaks("1.2")
def forgets_with_the_pod(subject: Worker, _patch: Patch) -> None:
    _again(subject, lambda c, pod: pod is not None and c == pod.command and pod.state is PodState.FINISHED)


@breaks("2.1")
def one_pod_a_message(subject: Worker, _patch: Patch) -> None:
    _again(subject, lambda c, pod: pod is not None and c.message_id != pod.command.message_id)


@breaks("2.2")
def folds_case(_worker: Worker, patch: Patch) -> None:
    on_parsing(patch, lambda body: body | {"execution_id": str(body.get("execution_id")).lower()})


@breaks("3.1")
def forgets_what_it_never_had(subject: Worker, _patch: Patch) -> None:
    def forget(command: DeletePodCommand, _verdict: Verdict, state: PodState | None) -> None:
        if state is None:
            subject._shared.ledger._tombstones.pop(command.execution_id)

    on_delete(subject, forget)


@breaks("3.2")
def forgets_what_it_deleted(subject: Worker, _patch: Patch) -> None:
    def forget(command: DeletePodCommand, _verdict: Verdict, state: PodState | None) -> None:
        memory = subject._shared.ledger
        if state is PodState.RUNNING:
            memory._tombstones.pop(command.execution_id)
            memory.pods.pop(command.execution_id)
            memory._messages.clear()

    on_delete(subject, forget)


@breaks("4.1")
def obeys_what_has_expired(subject: Worker, _patch: Patch) -> None:
    memory = subject._shared.ledger
    create = memory.create

    def wrong(command: CreatePodCommand, now: datetime) -> Verdict:
        late = command.expires_at < now
        fresh = command.model_copy(update={"expires_at": now + timedelta(minutes=5)}) if late else command
        return create(fresh, now)

    memory.create = wrong  # type: ignore[method-assign]  # that is the bug


@breaks("4.2")
def starts_what_has_expired(subject: Worker, _patch: Patch) -> None:
    memory = subject._shared.ledger
    start = memory.start
    long_ago = datetime(2000, 1, 1, tzinfo=UTC)
    setattr(memory, "start", lambda execution_id, _now: start(execution_id, long_ago))  # noqa: B010 - that is the bug
