"""Bugs about what is run and how it is ended: one for each clause of obligations 5 to 8."""

import hashlib
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from local_worker import sandboxing, scripts, worker
from local_worker.commands import CreatePodCommand, DeletePodCommand
from local_worker.ledger import PodState, Verdict
from local_worker.outcomes import PodOutcome
from local_worker.refusals import MalformedQuantityError, ScriptUnavailableError
from local_worker.sandboxing import Sandbox
from local_worker.worker import Worker
from saga_testing.worker_contract.commands import FILENAME
from stack_client import OutgoingEvent
from tests.tools.worker.contract.planting import Patch, breaks, on_delete, on_outcome, on_parsing


def _as_announced(command: CreatePodCommand, **changes: Any) -> CreatePodCommand:
    return command.model_copy(update={"script_ref": command.script_ref.model_copy(update=changes)})


@breaks("5.1")
def trusts_what_comes_inline(_worker: Worker, patch: Patch) -> None:
    fetch = scripts.fetch_script

    def wrong(s3: Any, command: CreatePodCommand) -> bytes:
        if command.script is not None:
            command = _as_announced(command, sha256=hashlib.sha256(command.script.encode()).hexdigest())
        return fetch(s3, command)

    patch.setattr(worker, "fetch_script", wrong)


@breaks("5.2")
def counts_no_bytes(_worker: Worker, patch: Patch) -> None:
    fetch = scripts.fetch_script

    def wrong(s3: Any, command: CreatePodCommand) -> bytes:
        return fetch(s3, _as_announced(command, size=len(command.script.encode())) if command.script else command)

    patch.setattr(worker, "fetch_script", wrong)


@breaks("5.3")
def adds_a_line_break(_worker: Worker, patch: Patch) -> None:
    fetch = scripts.fetch_script

    def wrong(s3: Any, command: CreatePodCommand) -> bytes:
        return fetch(s3, _as_announced(command, size=command.script_ref.size + (command.script is None)))

    patch.setattr(worker, "fetch_script", wrong)


@breaks("5.4")
def trusts_the_bucket(_worker: Worker, patch: Patch) -> None:
    fetch = scripts.fetch_script

    def wrong(s3: Any, command: CreatePodCommand) -> bytes:
        if command.script is None and command.script_ref.size:
            try:
                body: bytes = s3.get_object(Bucket=command.script_ref.bucket, Key=command.script_ref.key)["Body"].read()
            except s3.exceptions.ClientError as error:
                raise ScriptUnavailableError("absent") from error
            return body
        return fetch(s3, command)

    patch.setattr(worker, "fetch_script", wrong)


@breaks("5.5")
def runs_nothing_for_nothing(_worker: Worker, patch: Patch) -> None:
    fetch = scripts.fetch_script

    def wrong(s3: Any, command: CreatePodCommand) -> bytes:
        try:
            return fetch(s3, command)
        except ScriptUnavailableError:
            return b""

    patch.setattr(worker, "fetch_script", wrong)


@breaks("6.1")
def asks_a_shell(_worker: Worker, patch: Patch) -> None:
    vector = sandboxing.argument_vector
    patch.setattr(worker, "argument_vector", lambda words, name: ["/bin/bash", "-c", " ".join(vector(words, name))])


@breaks("6.2")
def names_every_script_alike(_worker: Worker, patch: Patch) -> None:
    vector, sandbox = sandboxing.argument_vector, Sandbox
    patch.setattr(worker, "argument_vector", lambda words, _name: vector(words, FILENAME))
    patch.setattr(worker, "Sandbox", lambda script, _name, limits: sandbox(script, FILENAME, limits))


@breaks("7.1")
def takes_a_limit_for_a_failure(_worker: Worker, patch: Patch) -> None:
    def change(outcome: PodOutcome) -> PodOutcome:
        timed_out = outcome.event_type == "EXECUTION_TIMEOUT"
        return replace(outcome, event_type="EXECUTION_FAILED") if timed_out else outcome

    on_outcome(patch, change)


def _spares_children(patch: Patch, when: Callable[[Sandbox], bool]) -> None:
    everybody = Sandbox._signal_group

    def wrong(sandbox: Sandbox) -> None:
        process = sandbox._process
        if not when(sandbox):
            everybody(sandbox)
        elif process is not None and process.returncode is None:
            os.kill(process.pid, signal.SIGKILL)

    patch.setattr(Sandbox, "_signal_group", wrong)


@breaks("7.2")
def a_limit_spares_children(_worker: Worker, patch: Patch) -> None:
    _spares_children(patch, lambda sandbox: not sandbox._killed)


@breaks("8.2")
def a_delete_spares_children(_worker: Worker, patch: Patch) -> None:
    _spares_children(patch, lambda sandbox: sandbox._killed)


@breaks("7.3")
def has_memory_for_everybody(_worker: Worker, patch: Patch) -> None:
    memory = sandboxing.memory_bytes
    patch.setattr(worker, "memory_bytes", lambda text: max(memory(text), 4 << 30))


@breaks("7.4")
def takes_a_limit_that_is_none(_worker: Worker, patch: Patch) -> None:
    memory = sandboxing.memory_bytes

    def wrong(text: str) -> int:
        try:
            return memory(text)
        except MalformedQuantityError:
            return 256 << 20

    patch.setattr(worker, "memory_bytes", wrong)


def _reports_deletes(subject: Worker, when: Callable[[PodState | None], bool]) -> None:
    def report(command: DeletePodCommand, _verdict: Verdict, state: PodState | None) -> None:
        if when(state):
            body = {"execution_id": command.execution_id, "event_type": "EXECUTION_FAILED", "event_id": "x"}
            subject._publisher.publish(OutgoingEvent(command.execution_id, "EXECUTION_FAILED", body))

    on_delete(subject, report)


@breaks("8.1")
def reports_what_was_deleted(subject: Worker, _patch: Patch) -> None:
    _reports_deletes(subject, lambda state: state is PodState.RUNNING)


@breaks("8.3")
def fails_what_has_ended(subject: Worker, _patch: Patch) -> None:
    _reports_deletes(subject, lambda state: state is PodState.FINISHED)


@breaks("8.4")
def fails_what_never_was(subject: Worker, _patch: Patch) -> None:
    _reports_deletes(subject, lambda state: state is None)


@breaks("8.5")
def answers_once(subject: Worker, _patch: Patch) -> None:
    publish, said = subject._publish, set[str]()

    def wrong(event: OutgoingEvent) -> bool:
        new = event.event_type != "COMMAND_REPLY" or event.body["in_reply_to"] not in said
        said.add(str(event.body.get("in_reply_to")))
        return publish(event) if new else True

    subject._publish = wrong  # type: ignore[method-assign]  # that is the bug


@breaks("8.6")
def answers_everybody(_worker: Worker, patch: Patch) -> None:
    on_parsing(patch, lambda body: {"operation_id": "nobodys", **body})
