"""Keeps a local stack, its worker and its participant up until a signal ends them."""

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from local_participant import ParticipantOptions, ParticipantProcess, plays
from local_stack.issuer import PEOPLE
from local_stack.stack import LocalStack, ReadyFile, StackOptions
from local_worker import WorkerOptions, WorkerProcess
from saga_orchestrator.domain.definition import SagaDefinition
from saga_testing.proving import Subject
from sagactl.connection import READY_FILE
from sagactl.errors import NotUsableError
from sagactl.incidents.catalogue import Incident
from sagactl.incidents.preparing import prepare
from sagactl.local.live_view import LiveView
from sagactl.local.ready_file import beside, published, refuse_unwritable, stack_named_in
from sagactl.local.stop_signal import StopSignal
from sagas import SAGAS
from stack_client import wait_for


def keep_up(
    options: StackOptions,
    ready_file: Path | None,
    view: LiveView,
    *,
    with_worker: bool,
    with_participant: bool = False,
    incident: Incident | None = None,
) -> None:
    """From start to the signal that ends it; on the way out in reverse order, whatever happened.

    `ready_file`: None takes this folder's, unless another stack that is up has it already.
    """
    wanted = ready_file or Path(READY_FILE)
    refuse_unwritable(wanted)
    if ready_file and (other := stack_named_in(ready_file)):
        raise NotUsableError(f"{ready_file} is of the stack that is up at {other}: give this one a file of its own")
    with StopSignal() as stop, ExitStack() as cleanup:
        try:
            options = with_logs(options, cleanup)
            ready = cleanup.enter_context(LocalStack(options)).ready
            if with_worker:
                process = WorkerProcess(worker_options(ready, options.parameters.get("EventSource")), view.pod)
                cleanup.callback(process.stop)
                process.start()
            if with_participant:
                participant = ParticipantProcess(participant_options(ready, options.parameters), view.answer)
                cleanup.callback(participant.stop)
                participant.start()
            if incident is not None:
                prepare(incident, ready)
            other = stack_named_in(wanted)
            own = beside(wanted, ready.aws_endpoint) if other else wanted
            cleanup.enter_context(published(own, ready.as_json() + "\n"))
            stop.settled()
        except KeyboardInterrupt:
            return
        view.ready(asdict(ready), _welcome(ready, own, options.log_dir))
        if incident is not None:
            view.say(incident.told)
        if other:
            view.say(f"Another stack is up at {other} and keeps {wanted}: commands in this folder speak to that one.")
            view.say(f"To speak to this one: --endpoint-url {ready.aws_endpoint}\n")
        with view.showing():
            wait_for(stop.requested)
        view.say("stopping")


def with_logs(options: StackOptions, cleanup: ExitStack) -> StackOptions:
    """Where nobody keeps them, the logs are there for as long as the stack is."""
    if options.log_dir is None:
        folder = cleanup.enter_context(TemporaryDirectory(prefix="local-stack-logs-"))
        return replace(options, log_dir=Path(folder))
    try:
        options.log_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NotUsableError(f"the logs cannot be written to {options.log_dir}: {error.strerror}") from error
    return options


def worker_options(ready: ReadyFile, event_source: str | None) -> WorkerOptions:
    """A worker for this stack that reports over EventBridge."""
    return WorkerOptions(
        aws_endpoint=ready.aws_endpoint,
        region=ready.region,
        event_bus=ready.event_bus,
        event_source=event_source or "executions",
    )


def participant_options(ready: ReadyFile, parameters: Mapping[str, str]) -> ParticipantOptions:
    """A participant for this stack that answers over EventBridge, and plays a fault where an order's id asks for it."""
    return ParticipantOptions(
        aws_endpoint=ready.aws_endpoint,
        region=ready.region,
        event_bus=ready.event_bus,
        event_source=parameters.get("EventSource", "executions"),
        faults=plays(float(parameters.get("OrderReplySeconds", 30)), int(parameters.get("OrderAttempts", 3))),
        others=awaited_commands(SAGAS),
    )


def awaited_commands(sagas: Iterable[SagaDefinition]) -> dict[str, dict[str, Any]]:
    """By type of command that a registered saga awaits an answer to: the data that its *done* brings, by sample."""
    asking = [(each, kind, asked) for each in sagas for kind, asked in Subject(each).asking.items() if asked.is_awaited]
    return {
        each.messages[kind].type: {} if asked.is_undo else Subject(each).data_of(asked.step)
        for each, kind, asked in asking
    }


def _for_people(ready: ReadyFile) -> list[str]:
    """Where to look, and as whom."""
    if ready.api is None:
        return []
    signing_in = f"choose {', '.join(PEOPLE)} on the page of {ready.issuer}; `sagactl local token NAME` for curl"
    return [
        f"Console  {ready.api}/console/",
        f"API      {ready.api}/v1/",
        *([f"Sign in  {signing_in}"] if ready.issuer else []),
        "",
    ]


def _welcome(ready: ReadyFile, ready_file: Path, logs: Path | None) -> str:
    topics = ", ".join(sorted(set(ready.topics.values()))) or "none"
    lines = [
        "",
        *_for_people(ready),
        "The stack is up. Connect any AWS SDK and any Kafka client:",
        f"  AWS endpoint    {ready.aws_endpoint}  region {ready.region}, any credentials",
        f"  Kafka           {ready.kafka_bootstrap}",
        f"  topics          {topics}",
        f"  event bus       {ready.event_bus}",
        f"  table           {ready.table}",
        f"  payload bucket  {ready.payload_bucket}",
        f"  rejected queue  {ready.rejected_queue_url}",
        f"  HTTP API        {ready.api or 'none'}",
        f"  logs            {logs}, a file for each function",
        f"  all of this as JSON in {ready_file}; `sagactl list` in this folder finds the stack by itself"
        if ready_file == Path(READY_FILE)
        else f"  all of this as JSON in {ready_file}",
        "Ctrl-C ends it.",
        "",
    ]
    return "\n".join(lines)
