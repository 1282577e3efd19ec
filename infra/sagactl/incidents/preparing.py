"""Bringing an incident about, as senders, workers and participants would: by events, and by nothing else."""

import json
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import boto3
from confluent_kafka import Producer

from local_stack.stack import ReadyFile
from sagactl.errors import NotDoneError
from sagactl.incidents.catalogue import Incident
from sagactl.requesting.checked import EXAMPLE

__all__ = ["prepare"]

_PATIENCE: Final = 60.0
_PAUSE: Final = 0.1
POISON: Final = b"\x00\x01\xfe this was never an event"


@dataclass(frozen=True)
class Scene:
    """A stack that is up, and what can be seen and sent from outside."""

    ready: ReadyFile

    def aws(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.ready.aws_endpoint,
            region_name=self.ready.region,
            aws_access_key_id="incident",
            aws_secret_access_key="local",  # noqa: S106  the emulator checks none
        )

    def send(self, event_type: str, sender: str, **fields: Any) -> None:
        event = _event(event_type, sender, **fields)
        entry = {"EventBusName": self.ready.event_bus, "Source": "executions", "DetailType": event_type}
        self.aws("events").put_events(Entries=[{**entry, "Detail": json.dumps(event)}])

    def until(self, execution_id: str, saga_name: str, holds: Callable[[Mapping[str, Any]], bool]) -> None:
        key = {"execution_id": {"S": execution_id}, "saga_name": {"S": saga_name}}
        table, client = self.ready.table, self.aws("dynamodb")
        _wait(lambda: holds(client.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item") or {}))

    def until_state(self, execution_id: str, *states: str, saga_name: str = "execution_saga") -> None:
        self.until(execution_id, saga_name, lambda item: item.get("state", {}).get("S") in states)

    def until_rejected(self) -> None:
        asked, sqs = "ApproximateNumberOfMessages", self.aws("sqs")
        queue = {"QueueUrl": self.ready.rejected_queue_url, "AttributeNames": [asked]}
        _wait(lambda: int(sqs.get_queue_attributes(**queue)["Attributes"][asked]) > 0)

    def request(self, execution_id: str, owner: str) -> None:
        self.send("EXECUTION_REQUESTED", owner, execution_id=execution_id, **_OF_A_REQUEST)


_OF_A_REQUEST: Final = {name: value for name, value in EXAMPLE.items() if name != "metadata"}


def prepare(incident: Incident, ready: ReadyFile) -> None:
    """Return when it stands as somebody who is called finds it."""
    _PREPARE[incident.number](Scene(ready))


def _parked_undo(scene: Scene) -> None:
    """Credit was reserved, the customer cancelled, and whoever keeps the credit refuses to give it back."""
    order, saga = "incident-1-order", "order_saga"
    items = [{"sku": "tea", "quantity": 1}]
    scene.send("ORDER_PLACED", "ada", order_id=order, customer="c-1", amount=100, items=items)
    scene.until_state(order, "running", saga_name=saga)
    _reply(scene, f"{saga}:{order}:reserve_credit#1", "done")
    scene.until(order, saga, lambda item: "reserve_stock" in item.get("led", {}).get("S", ""))
    scene.send("ORDER_CANCELLED", "ada", order_id=order)
    scene.until_state(order, "compensating", saga_name=saga)
    _reply(scene, f"{saga}:{order}:release_stock#1", "done")
    _reply(scene, f"{saga}:{order}:release_credit#1", "refused", reason="account_closed")
    scene.until(order, saga, lambda item: "mark" in item)


def _dead_worker(scene: Scene) -> None:
    """Pods were asked for, and nobody made any."""
    for number in range(1, 4):
        scene.request(f"incident-2-{number}", "ada")
    for number in range(1, 4):
        scene.until_state(f"incident-2-{number}", "timeout")


def _refused_event(scene: Scene) -> None:
    """Somebody who is neither owner nor admin wants to cancel what runs."""
    scene.request("incident-3", "ada")
    scene.until_state("incident-3", "running")
    scene.send("EXECUTION_CANCELLED", "ada", execution_id="incident-3", cancelled_by="mallory")
    scene.until_rejected()


def _poison_event(scene: Scene) -> None:
    """Bytes that nobody can read, in front of a request, on one partition."""
    topic = scene.ready.topics["EXECUTION_REQUESTED"]
    producer = Producer({"bootstrap.servers": scene.ready.kafka_bootstrap, "log_level": 0})
    good = _event("EXECUTION_REQUESTED", "ada", execution_id="incident-4-behind", **_OF_A_REQUEST)
    for content in (POISON, json.dumps(good).encode()):
        producer.produce(topic, key="one-key", value=content)
    producer.flush(_PATIENCE)
    scene.until_rejected()
    scene.until_state("incident-4-behind", "running")


def _full_language(scene: Scene) -> None:
    """Every slot of a language is one owner's, and another one is refused."""
    for number in range(1, 4):
        scene.request(f"incident-5-{number}", "greedy")
    for number in range(1, 4):
        scene.until_state(f"incident-5-{number}", "running")
    scene.request("incident-5-refused", "ada")
    scene.until_state("incident-5-refused", "failed")


_PREPARE: Final = {1: _parked_undo, 2: _dead_worker, 3: _refused_event, 4: _poison_event, 5: _full_language}


def _reply(scene: Scene, message_id: str, outcome: str, **fields: Any) -> None:
    scene.send("COMMAND_REPLY", "bank", in_reply_to=message_id, outcome=outcome, **fields)


def _event(event_type: str, sender: str, **fields: Any) -> dict[str, Any]:
    return {
        "event_id": f"incident-{uuid.uuid4()}",
        "event_type": event_type,
        "event_version": "1.0",
        "timestamp": datetime.now(UTC).isoformat(),
        "metadata": {"service_name": "practice", "service_version": "1.0", "user_id": sender},
        **fields,
    }


def _wait(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + _PATIENCE
    while not holds():
        if time.monotonic() > until:
            raise NotDoneError("the incident did not come about: the functions' logs say why")
        time.sleep(_PAUSE)
