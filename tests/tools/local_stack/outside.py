"""An outside program: it starts `sagactl local up` as anybody would, and knows what the ready file says and no more."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
from confluent_kafka import Producer

from saga_testing.samples.sample_events import OWN_FIELDS

SAGACTL = Path(sys.executable).with_name("sagactl")
#: Only waited out by a failure.
PATIENCE_SECONDS = 120.0


class LocalUp:
    """One `sagactl local up`, without a terminal, in a folder of its own that also takes its temporary files."""

    def __init__(
        self, folder: Path, *arguments: str, own_ready_file: bool = True, ready: Mapping[str, Any] | None = None
    ) -> None:
        """`ready`: the folder's stack that is up already. Without a ready file of its own it takes the folder's."""
        folder.mkdir()
        if ready is not None:
            (folder / ".local-stack.json").write_text(json.dumps(ready))
        self.folder, self.scratch = folder, folder / "tmp"
        self.scratch.mkdir()
        self.ready_file = folder / "ready.json"
        self._output, self._errors = folder / "output", folder / "errors"
        with self._output.open("wb") as output, self._errors.open("wb") as errors:
            self.process = subprocess.Popen(
                [
                    SAGACTL,
                    "local",
                    "up",
                    *(("--ready-file", str(self.ready_file)) if own_ready_file else ()),
                    *arguments,
                ],
                cwd=folder,
                env={**_environment(), "TMPDIR": str(self.scratch)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        return self._output.read_text()

    @property
    def errors(self) -> str:
        return self._errors.read_text()

    def ready(self) -> dict[str, Any]:
        """The ready file, once it is there."""
        self.wait_until(self.ready_file.is_file)
        content: dict[str, Any] = json.loads(self.ready_file.read_text())
        return content

    def wait_until(self, condition: Callable[[], Any]) -> Any:
        """The condition's first true value. A stack that ends meanwhile, or takes too long, shows what it said."""
        until = time.monotonic() + PATIENCE_SECONDS
        while not (value := condition()):
            said = f"{self.errors}\n{self.output}"
            assert self.process.poll() is None, said
            assert time.monotonic() < until, said
            time.sleep(0.05)
        return value

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        """Send one signal; the promise is to be gone within 15 s."""
        self.process.send_signal(number)
        return self.process.wait(15)

    def left_behind(self) -> list[str]:
        """Processes, temporary files and the ready file that are still there."""
        files = [*self.scratch.iterdir(), *([self.ready_file] if self.ready_file.exists() else [])]
        return [str(file) for file in files] + processes_of(self.folder)

    def kill(self) -> None:
        """For whoever starts it: whatever became of the test, nothing stays."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def processes_of(folder: Path) -> list[str]:
    """Command lines of the processes that know the folder: by their surroundings, arguments or working directory. Linux
    only; elsewhere none is found."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has just ended, or is somebody else's
            command = (process / "cmdline").read_bytes()
            known = (process / "environ").read_bytes() + command + os.fsencode((process / "cwd").readlink())
            if os.fsencode(folder) in known:
                found.append(command.replace(b"\0", b" ").decode())
    return found


def _environment() -> dict[str, str]:
    """What a shell has, without the settings that the tests give themselves."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTEST_"))}


class Client:
    """Publishes events, and watches the bus through a rule and a queue of its own."""

    def __init__(self, ready: Mapping[str, Any]) -> None:
        self.ready = ready
        session = boto3.Session(
            aws_access_key_id="anybody", aws_secret_access_key="anything", region_name=ready["region"]
        )
        self._sqs = session.client("sqs", endpoint_url=ready["aws_endpoint"])
        self._bus = session.client("events", endpoint_url=ready["aws_endpoint"])
        self.dynamodb = session.client("dynamodb", endpoint_url=ready["aws_endpoint"])
        self._producer = Producer({"bootstrap.servers": ready["kafka_bootstrap"]})
        self._seen: dict[str, list[dict[str, Any]]] = {}
        name = f"watch-{uuid.uuid4().hex[:8]}"
        self._queue = self._sqs.create_queue(QueueName=name)["QueueUrl"]
        attributes = self._sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])["Attributes"]
        self._bus.put_rule(
            Name=name, EventBusName=ready["event_bus"], EventPattern=json.dumps({"source": ["saga-orchestrator"]})
        )
        target = {"Id": "queue", "Arn": attributes["QueueArn"]}
        self._bus.put_targets(Rule=name, EventBusName=ready["event_bus"], Targets=[target])

    def over_eventbridge(self, event: dict[str, Any]) -> None:
        entry = {"EventBusName": self.ready["event_bus"], "Source": "executions", "DetailType": event["event_type"]}
        assert self._bus.put_events(Entries=[{**entry, "Detail": json.dumps(event)}])["FailedEntryCount"] == 0

    def over_kafka(self, event: dict[str, Any]) -> None:
        topic = self.ready["topics"][event["event_type"]]
        self._producer.produce(topic, key=event.get("execution_id") or event["order_id"], value=json.dumps(event))
        assert self._producer.flush(60) == 0

    def messages(self, execution_id: str) -> list[dict[str, Any]]:
        """What the bus has said of an execution so far, each message once."""
        answer = self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10)
        for received in answer.get("Messages", ()):
            body = json.loads(received["Body"])
            about = self._seen.setdefault(body["detail"]["execution_id"], [])
            if body["detail"]["message_id"] not in [one["message_id"] for one in about]:
                about.append(body["detail"])
            self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=received["ReceiptHandle"])
        return self._seen.get(execution_id, [])

    def message(self, execution_id: str, message_type: str) -> dict[str, Any] | None:
        found = [one for one in self.messages(execution_id) if one["message_type"] == message_type]
        return found[0] if found else None

    def state(self, execution_id: str, saga_name: str = "execution_saga") -> str | None:
        key = {"execution_id": {"S": execution_id}, "saga_name": {"S": saga_name}}
        item = self.dynamodb.get_item(TableName=self.ready["table"], Key=key, ConsistentRead=True).get("Item")
        return None if item is None else str(item["state"]["S"])

    def send_to(self, queue: str, body: str) -> None:
        """A message to the stack's own queue whose name ends so."""
        (url,) = [each for each in self._sqs.list_queues()["QueueUrls"] if each.endswith(queue)]
        self._sqs.send_message(QueueUrl=url, MessageBody=body)

    def rejected(self, *, held: bool = False) -> int:
        """The visible depth of the rejected queue; `held`: with what somebody took and has not let go of."""
        asked = ["ApproximateNumberOfMessages", *(["ApproximateNumberOfMessagesNotVisible"] if held else [])]
        answer = self._sqs.get_queue_attributes(QueueUrl=self.ready["rejected_queue_url"], AttributeNames=asked)
        return sum(int(answer["Attributes"][name]) for name in asked)


def event(event_type: str, execution_id: str, **fields: Any) -> dict[str, Any]:
    """An event of alice's, happening now."""
    return {
        "event_id": str(uuid.uuid4()),
        "event_type": event_type,
        "event_version": "1.0",
        "timestamp": datetime.now(UTC).isoformat(),
        "metadata": {"service_name": "api", "service_version": "1", "correlation_id": "c-1", "user_id": "alice"},
        "execution_id": execution_id,
        **OWN_FIELDS[event_type],
        **fields,
    }


def order_placed(order_id: str, amount: int = 100) -> dict[str, Any]:
    """An order of alice's."""
    items = [{"sku": "tea", "quantity": 1}]
    placed = {"event_type": "ORDER_PLACED", "order_id": order_id, "customer": "c-1", "amount": amount, "items": items}
    shared = event("EXECUTION_COMPLETED", order_id)
    names = ("event_id", "event_version", "timestamp", "metadata")
    return {**{name: shared[name] for name in names}, **placed}
