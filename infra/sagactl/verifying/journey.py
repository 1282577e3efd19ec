"""One request that is too old: it goes the whole way, starts no pod and takes no slot, and its answer is known before.

Whether the relay publishes is seen where everybody sees it: on the bus, by a rule and a queue that are there for as
long as the question is.
"""

import json
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from saga_orchestrator.domain.saga import Saga
from saga_orchestrator.domain.states import SagaState
from sagactl.bus import put_event
from sagactl.deployment import Deployment
from sagactl.errors import REFUSALS, NotDoneError, NotFoundError
from sagactl.options import explain
from sagactl.requesting.checked import EXAMPLE
from sagactl.table.sagas import sagas_of
from sagactl.verifying.findings import Finding, fine, not_looked, wrong

SAGA: Final = "execution_saga"
_OLDER: Final = timedelta(hours=1)
_TIME_OF_A_RULE: Final = 5.0
"""So long a new rule may take on AWS until it matches (EventBridge User Guide: allow a short period of time)."""
_PAUSE: Final = 0.25


def journey(stack: Deployment, seconds: float) -> Iterator[Finding]:
    """Three lines: what became of it, what was said of it, and that it holds nothing."""
    execution_id = f"verify-{uuid.uuid4().hex[:12]}"
    with ExitStack() as cleanup:
        try:
            queue = cleanup.enter_context(_listening(stack, execution_id))
        except REFUSALS as refused:
            queue, why = None, explain(refused)
        if queue is not None and not stack.connection.is_local:
            time.sleep(_TIME_OF_A_RULE)
        put_event(stack, stack.event_source, _too_old(stack, execution_id), "EXECUTION_REQUESTED")
        until = time.monotonic() + seconds
        saga = _ended(stack, execution_id, until)
        yield from _judged(execution_id, saga)
        if saga is None:
            return
        if queue is None:
            yield not_looked(
                "relay publishes", why, "needs events:PutRule and sqs:CreateQueue, for a queue that listens"
            )
            return
        yield from _heard(stack, queue, execution_id, until)


def _judged(execution_id: str, saga: Saga | None) -> Iterator[Finding]:
    what = "an old request ends"
    if saga is None:
        todo = (
            f"`sagactl rejected list --execution {execution_id}`; then the rule, its permission and the function's log"
        )
        yield wrong(what, f"{execution_id} was put on the bus, and no saga came of it in time", todo)
        return
    if (saga.state, saga.reason) != (SagaState.FAILED, "expired"):
        found = f"{execution_id} is {saga.state} for {saga.reason}, not failed as expired"
        yield wrong(what, found, f"compare RequestMaxAgeSeconds; `sagactl show {execution_id}`")
        return
    yield fine(what, f"{execution_id} failed as expired")
    held = [
        name for name, has in (("a slot", saga.claim is not None), ("a pod", saga.has_emitted("create_pod"))) if has
    ]
    if held:
        yield wrong(
            "it holds nothing", f"{execution_id} has {' and '.join(held)}", "roll back; `sagactl reconcile --dry-run`"
        )
    else:
        yield fine("it holds nothing", "no pod was asked for, no slot taken")


def _heard(stack: Deployment, queue: str, execution_id: str, until: float) -> Iterator[Finding]:
    what, heard = "relay publishes", _messages(stack, queue, until)
    types = [message.get("message_type") for message in heard]
    if "SAGA_FAILED" not in types:
        todo = "the stream mapping of CommandRelay and its log; see RelaySilentAlarm in docs/operations.md"
        yield wrong(what, f"SAGA_FAILED of {execution_id} did not come to the bus in time", todo)
    elif types != ["SAGA_FAILED"]:
        yield wrong(what, f"the bus said {', '.join(map(str, types))}", "roll back; only SAGA_FAILED was due")
    else:
        yield fine(what, f"SAGA_FAILED, {heard[0].get('reason')}, came over bus {stack.event_bus}")


def _too_old(stack: Deployment, execution_id: str) -> dict[str, Any]:
    age = timedelta(seconds=int(stack.output("RequestMaxAgeSeconds"))) + _OLDER
    return {
        **EXAMPLE,
        "event_id": f"{execution_id}-requested",
        "event_type": "EXECUTION_REQUESTED",
        "event_version": "1.0",
        "timestamp": (datetime.now(UTC) - age).isoformat(timespec="milliseconds"),
        "execution_id": execution_id,
    }


def _ended(stack: Deployment, execution_id: str, until: float) -> Saga | None:
    while True:
        try:
            (saga,) = [saga for saga in sagas_of(stack, execution_id) if saga.saga_name == SAGA]
        except (NotFoundError, ValueError):
            saga = None
        if saga is not None or time.monotonic() > until:
            return saga
        time.sleep(_PAUSE)


@contextmanager
def _listening(stack: Deployment, execution_id: str) -> Iterator[str]:
    """A queue that gets what the bus is told of this execution. Nothing of it stays."""
    name = f"{stack.stack_name[:40]}-{execution_id}"
    sqs, events = stack.client("sqs"), stack.client("events")
    with ExitStack() as cleanup:
        url = sqs.create_queue(QueueName=name, Attributes={"MessageRetentionPeriod": "300"})["QueueUrl"]
        cleanup.callback(sqs.delete_queue, QueueUrl=url)
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        pattern = {"source": ["saga-orchestrator"], "detail": {"execution_id": [execution_id]}}
        rule = events.put_rule(Name=name, EventBusName=stack.event_bus, EventPattern=json.dumps(pattern))["RuleArn"]
        cleanup.callback(events.delete_rule, Name=name, EventBusName=stack.event_bus)
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(_let_in(arn, rule))})
        told = events.put_targets(Rule=name, EventBusName=stack.event_bus, Targets=[{"Id": "queue", "Arn": arn}])
        if told["FailedEntryCount"]:
            raise NotDoneError(f"the rule {name} takes no target: {told['FailedEntries'][0].get('ErrorMessage')}")
        cleanup.callback(events.remove_targets, Rule=name, EventBusName=stack.event_bus, Ids=["queue"])
        yield url


def _let_in(queue: str, rule: str) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": queue,
                "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
            }
        ],
    }


def _messages(stack: Deployment, queue: str, until: float) -> list[dict[str, Any]]:
    """All that came by the time that something did, or nothing by `until`."""
    while True:
        answer = stack.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        if found := [json.loads(message["Body"])["detail"] for message in answer.get("Messages", ())]:
            return found
        if time.monotonic() > until:
            return []
