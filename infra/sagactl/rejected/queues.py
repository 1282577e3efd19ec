"""The two queues: pointers that ring the alarm, and the rules' dead letters. A queue hides what it hands out, so each
message is shown again at once unless it is removed.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from saga_orchestrator.adapters.rejected_events import item_id, named_in
from saga_orchestrator.application.settling.kept import Kept, Kind
from saga_orchestrator.domain.instants import rfc3339
from sagactl.deployment import Deployment
from sagactl.rejected.items import item_of

_PER_CALL = 10
_MOST_LOOKED_AT = 200
"""Other pointers whose items one command reads."""
_HELD_SECONDS = 30
"""Should this command die in between, others see the messages again after so long."""


def silence(stack: Deployment, identifiers: set[str]) -> None:
    """Remove the pointers of settled events, so that the alarm ends with its causes.

    Also of those that were settled by a command which then could not come so far: nobody else would ever remove them.
    """
    settled = dict.fromkeys(identifiers, True)
    with _held(stack, stack.rejected_queue_url) as messages:
        for message in messages:
            key = _object(message["Body"]).get("key")
            if not isinstance(key, str):
                continue
            one = item_id(key)
            if one not in settled and len(settled) < len(identifiers) + _MOST_LOOKED_AT:
                item = item_of(stack, one)
                settled[one] = item is not None and item.state != "open"
            if settled.get(one):
                _delete(stack, stack.rejected_queue_url, message)


def dead_letters(stack: Deployment) -> list[Kept]:
    """What the rules and the schedule could not hand over, newest first."""
    with _held(stack, stack.dead_letter_queue_url) as messages:
        return sorted(map(_kept, messages), key=lambda each: each.at, reverse=True)


def settled_dead_letters(stack: Deployment, settle: Callable[[Kept, str], bool]) -> None:
    """Give each dead letter and its content to `settle`; those for which it answers True are removed."""
    with _held(stack, stack.dead_letter_queue_url) as messages:
        for message in messages:
            if settle(_kept(message), message["Body"]):
                _delete(stack, stack.dead_letter_queue_url, message)


@contextmanager
def _held(stack: Deployment, url: str) -> Iterator[list[dict[str, Any]]]:
    sqs, taken = stack.client("sqs"), []
    # A long poll asks all of the queue's servers, so that an empty answer means an empty queue. Here there is one.
    wait = 0 if stack.connection.is_local else 1
    try:
        while messages := sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=_PER_CALL,
            VisibilityTimeout=_HELD_SECONDS,
            WaitTimeSeconds=wait,
            MessageAttributeNames=["All"],
            AttributeNames=["SentTimestamp"],
        ).get("Messages", []):
            taken += messages
        yield taken
    finally:
        for begin in range(0, len(taken), _PER_CALL):
            entries = [
                {"Id": str(index), "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 0}
                for index, message in enumerate(taken[begin : begin + _PER_CALL])
            ]
            # Those that were removed meanwhile are answered as failed entries, which is as it should be.
            sqs.change_message_visibility_batch(QueueUrl=url, Entries=entries)


def _delete(stack: Deployment, url: str, message: dict[str, Any]) -> None:
    stack.client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def _kept(message: dict[str, Any]) -> Kept:
    def attribute(name: str) -> str:
        return str(message.get("MessageAttributes", {}).get(name, {}).get("StringValue", ""))

    sent = int(message.get("Attributes", {}).get("SentTimestamp", 0))
    return Kept(
        id=item_id(f"dead-letter/{message['MessageId']}"),
        kind=Kind.DEAD_LETTER,
        reason=attribute("ERROR_CODE") or "not_delivered",
        detail=attribute("ERROR_MESSAGE"),
        source="rule" if "detail-type" in _object(message["Body"]) else "schedule",
        position={"rule": attribute("RULE_ARN")} if attribute("RULE_ARN") else {},
        function=attribute("TARGET_ARN").rpartition(":")[2],
        at=rfc3339(sent),
        copies=1,
        names=named_in(message["Body"].encode(), {}),
    )


def _object(body: str) -> dict[str, Any]:
    try:
        decoded = json.loads(body)
    except ValueError:
        return {}
    return decoded if isinstance(decoded, dict) else {}
