"""The demo from start to end: stack, worker, observer, workload, verification; everything is down again when it
returns.
"""

import json
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from demo import settings
from demo.director import Director, Progress, Stage
from demo.executions import SCRIPT_BUCKET
from demo.observer import Observer
from demo.orders import ORDER_ATTEMPTS, OrderEvidence
from demo.post import Post
from demo.slots import most_held
from demo.tally import Tally
from demo.verification import Evidence
from demo.workload import Workload
from local_participant import ParticipantAccount, ParticipantOptions, ParticipantProcess, plays
from local_stack.stack import LocalStack, StackOptions
from local_worker import Faults, PodNews, WorkerCounts, WorkerOptions, WorkerProcess
from saga_orchestrator.adapters.saga_models import SagaReader

_PLAY_SECONDS = 240.0
"""Beyond this, whatever is still open counts as not having ended."""
_SETTLE_SECONDS = 45.0
_QUIET_SECONDS = 1.5
"""So long nothing may move before the end is believed: the built-in broker hands out records within half a second."""
_FAULTS = Faults(never_start="stuck-", never_report_end="mute-", report_twice="twice")


@dataclass
class Phases:
    """Seconds of each part, in order."""

    seconds: dict[str, float] = field(default_factory=dict)
    _since: float = field(default_factory=time.monotonic)

    def ended(self, name: str) -> None:
        """The part that began when the one before ended."""
        now = time.monotonic()
        self.seconds[name] = now - self._since
        self._since = now


@dataclass(frozen=True)
class Account:
    """What the stack itself counted, by function or caller."""

    sent: Counter[str]
    invocations: Counter[str]
    errors: Counter[str]
    aws_calls: Counter[tuple[str, str]]
    tally: Tally
    folders: dict[str, str]
    """Function name to the folder of its code, which is named after what it handles."""
    copies: int


@dataclass(frozen=True)
class Outcome:
    """Everything that a summary is made of."""

    evidence: Evidence
    account: Account
    phases: dict[str, float]


def play(workload: Workload, template: Path, show: Callable[[Progress], None], say: Callable[[str], None]) -> Outcome:
    """Play it all and take everything down again. `show` is called often, and may raise to end the demo early."""
    phases, tally = Phases(), Tally()
    say("starting the stack from template.yaml")
    with ExitStack() as cleanup:
        options = StackOptions(
            template=template,
            parameters=settings.PARAMETERS,
            check_interval=settings.CHECK_INTERVAL_SECONDS,
            log=tally.happened,
        )
        stack = cleanup.enter_context(LocalStack(options))
        director, observer, post = _director(stack, workload)
        observer.start()
        cleanup.callback(observer.stop)

        def pod_news(news: PodNews) -> None:
            tally.pod(news, twice=_FAULTS.repeats_events_of(news.execution_id))
            director.pod_news(news)

        worker = WorkerProcess(_worker_options(stack), pod_news)
        cleanup.callback(worker.stop)
        worker.start()
        participant = ParticipantProcess(_participant_options(stack))
        cleanup.callback(participant.stop)
        participant.start()
        phases.ended("start")
        bad, orders = len(workload.bad_events), len(workload.orders)
        say(f"playing {len(workload.executions)} executions, {orders} orders and {bad} bad events")
        still_open = director.play(time.monotonic() + _PLAY_SECONDS, show)
        post.close()
        phases.ended("play")
        say("waiting until nothing moves")
        _settle(stack, tally, observer, lambda: show(director.progress))
        counts, ledger = worker.stop(), participant.stop()
        observer.stop()
        phases.ended("settle")
        evidence = _evidence(stack, workload, observer, tally, tuple(still_open), counts, ledger)
        account = _account(stack, tally, post, director.progress.copies)
        phases.ended("verify")
        say("taking the stack down")
    phases.ended("stop")
    return Outcome(evidence, account, phases.seconds)


def _director(stack: LocalStack, workload: Workload) -> tuple[Director, Observer, Post]:
    ready, clients = stack.ready, stack.clients
    clients("s3").create_bucket(Bucket=SCRIPT_BUCKET)
    observer = Observer(clients("events"), clients("sqs"), ready.event_bus)
    post = Post(clients("events"), ready.event_bus, ready.kafka_bootstrap, ready.topics)
    outputs = _outputs(stack)
    stage = Stage(
        dynamodb=clients("dynamodb"),
        s3=clients("s3"),
        table=ready.table,
        post=post,
        observer=observer,
        event_source=outputs["EventSource"],
        operator_source=outputs["OperatorSource"],
    )
    return Director(workload, stage), observer, post


def _worker_options(stack: LocalStack) -> WorkerOptions:
    ready = stack.ready
    return WorkerOptions(
        aws_endpoint=ready.aws_endpoint,
        region=ready.region,
        event_bus=ready.event_bus,
        event_source=_outputs(stack)["EventSource"],
        kafka_bootstrap=ready.kafka_bootstrap,
        topics=dict(ready.topics),
        concurrency=settings.WORKER_CONCURRENCY,
        faults=_FAULTS,
    )


def _participant_options(stack: LocalStack) -> ParticipantOptions:
    ready = stack.ready
    return ParticipantOptions(
        aws_endpoint=ready.aws_endpoint,
        region=ready.region,
        event_bus=ready.event_bus,
        event_source=_outputs(stack)["EventSource"],
        kafka_bootstrap=ready.kafka_bootstrap,
        topics=dict(ready.topics),
        faults=plays(settings.ORDER_REPLY_SECONDS, ORDER_ATTEMPTS),
    )


def _outputs(stack: LocalStack) -> dict[str, str]:
    stacks = stack.clients("cloudformation").describe_stacks(StackName=stack.options.stack_name)["Stacks"]
    return {item["OutputKey"]: item["OutputValue"] for item in stacks[0]["Outputs"]}


def _settle(stack: LocalStack, tally: Tally, observer: Observer, show: Callable[[], None]) -> None:
    """Late and repeated events have no outcome to wait for: the end is when no function but the checker has worked for
    a while, and no saga is left that its deadline must end.
    """
    deadline = time.monotonic() + _SETTLE_SECONDS
    quiet_since, before = time.monotonic(), -1
    checker = _outputs(stack)["TimeoutCheckerFunctionName"]
    while time.monotonic() < deadline:
        work = stack.invocations.total() - stack.invocations[checker]
        waiting = any(stack.waiting(name) for name in stack.functions if name != checker)
        busy = tally.pods_alive or waiting or observer.unfinished()
        if work != before or busy:
            quiet_since, before = time.monotonic(), work
        elif time.monotonic() - quiet_since >= _QUIET_SECONDS:
            return
        show()
        time.sleep(0.1)


def _evidence(
    stack: LocalStack,
    workload: Workload,
    observer: Observer,
    tally: Tally,
    still_open: tuple[str, ...],
    counts: WorkerCounts | None,
    ledger: ParticipantAccount | None,
) -> Evidence:
    reader = SagaReader(stack.clients("dynamodb"), stack.ready.table)
    return Evidence(
        executions=workload.executions,
        bad_events=workload.bad_events,
        sagas=tuple(reader.all()),
        counters=reader.counters(),
        most_held=most_held(stack.written(stack.ready.table)),
        observer=observer,
        still_open=still_open,
        rejected=_rejected(stack),
        undelivered=_undelivered(stack),
        lost=tally.losses(),
        worker=counts,
        orders=OrderEvidence(workload.orders, ledger),
    )


def _rejected(stack: LocalStack) -> Counter[str]:
    """By reason; the same event may have been rejected twice, under the same key."""
    sqs, url = stack.clients("sqs"), stack.ready.rejected_queue_url
    reasons: dict[str, str] = {}
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        pointers: list[dict[str, Any]] = [json.loads(message["Body"]) for message in messages]
        reasons |= {pointer["key"]: pointer["reason"] for pointer in pointers}
    return Counter(reasons.values())


def _undelivered(stack: LocalStack) -> int:
    listed = stack.clients("s3").list_objects_v2(Bucket=stack.ready.payload_bucket, Prefix="aws/lambda/")
    url = _outputs(stack)["RuleDeadLetterQueueUrl"]
    name = "ApproximateNumberOfMessages"
    attributes = stack.clients("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"]
    return int(listed["KeyCount"]) + int(attributes[name])


def _account(stack: LocalStack, tally: Tally, post: Post, copies: int) -> Account:
    return Account(
        sent=post.sent.copy(),
        invocations=stack.invocations.copy(),
        errors=stack.errors.copy(),
        aws_calls=stack.aws_calls,
        tally=tally,
        folders={name: spec.code_dir.name for name, spec in stack.functions.items()},
        copies=copies,
    )
