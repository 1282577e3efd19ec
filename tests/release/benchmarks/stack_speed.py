"""How fast the local stack is: `python -m tests.release.benchmarks.stack_speed --requests 600`.

So many requests and their completions go through Kafka, from outside over the wire; printed are sagas a second and the
processor time of the stack's process, in all and for each AWS call that it answered. Wall-clock depends on who else
uses the machine, processor time hardly does.
"""

import argparse
import json
import resource
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from confluent_kafka import Producer

from local_stack.stack import LocalStack, ReadyFile, StackOptions
from saga_testing.samples.sample_events import OWN_FIELDS, iso

TEMPLATE = Path(__file__).parents[3] / "template.yaml"
#: Where nothing has arrived for so long, something has been lost.
PATIENCE_SECONDS = 30.0
WATCHED = ("CREATE_POD_COMMAND", "SAGA_COMPLETED")


@dataclass(frozen=True)
class Speed:
    sagas: int
    seconds: float
    stack_cpu: float
    function_cpu: float
    calls: Counter[str]

    def table(self) -> str:
        asked = sum(self.calls.values())
        rows = [
            ("sagas", f"{self.sagas}"),
            ("wall-clock", f"{self.seconds:.1f} s"),
            ("sagas a second", f"{self.sagas / self.seconds:.1f}"),
            ("AWS calls", f"{asked}"),
            ("stack's processor time", f"{self.stack_cpu:.1f} s"),
            ("  for each AWS call", f"{self.stack_cpu / asked * 1e3:.2f} ms"),
            ("  for each saga", f"{self.stack_cpu / self.sagas * 1e3:.1f} ms"),
            ("functions' processor time", f"{self.function_cpu:.1f} s, their starts included"),
            *((f"  {operation}", f"{count}") for operation, count in self.calls.most_common()),
        ]
        return "\n".join(f"{name:<36}{value:>12}" for name, value in rows)


class Platform:
    """The platform outside: asks for executions, and reports each as completed once its pod has been commanded."""

    def __init__(self, ready: ReadyFile) -> None:
        self._topics = ready.topics
        session = boto3.Session(aws_access_key_id="platform", aws_secret_access_key="any", region_name=ready.region)
        config = Config(account_id_endpoint_mode="disabled", read_timeout=60)
        self._sqs = session.client("sqs", endpoint_url=ready.aws_endpoint, config=config)
        bus = session.client("events", endpoint_url=ready.aws_endpoint, config=config)
        self._producer = Producer({"bootstrap.servers": ready.kafka_bootstrap, "linger.ms": 5})
        self._queue = self._sqs.create_queue(QueueName="stack-speed")["QueueUrl"]
        arn = self._sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])["Attributes"][
            "QueueArn"
        ]
        pattern = json.dumps({"source": ["saga-orchestrator"], "detail-type": list(WATCHED)})
        bus.put_rule(Name="stack-speed", EventBusName=ready.event_bus, EventPattern=pattern)
        bus.put_targets(Rule="stack-speed", EventBusName=ready.event_bus, Targets=[{"Id": "queue", "Arn": arn}])

    def run(self, executions: Sequence[str]) -> None:
        """Returns when the last saga has completed."""
        for execution in executions:
            self._send("EXECUTION_REQUESTED", execution)
        completed: set[str] = set()
        reported: set[str] = set()
        until = time.monotonic() + PATIENCE_SECONDS
        while len(completed) < len(executions):
            assert time.monotonic() < until, f"{len(completed)} of {len(executions)} sagas completed"
            for message in self._messages():
                until = time.monotonic() + PATIENCE_SECONDS
                execution = message["detail"]["execution_id"]
                if message["detail-type"] == "SAGA_COMPLETED":
                    completed.add(execution)
                elif execution not in reported:
                    reported.add(execution)
                    self._send("EXECUTION_COMPLETED", execution)
        self._producer.flush()

    def _send(self, event_type: str, execution: str) -> None:
        body = {
            "event_id": str(uuid.uuid4()),
            "event_type": event_type,
            "event_version": "1.0",
            "timestamp": iso(int(time.time() * 1000)),
            "metadata": {"service_name": "api", "service_version": "1", "correlation_id": "c-1", "user_id": "alice"},
            "execution_id": execution,
            **OWN_FIELDS[event_type],
        }
        self._producer.produce(self._topics[event_type], key=execution, value=json.dumps(body))
        self._producer.poll(0)

    def _messages(self) -> Iterator[dict[str, Any]]:
        answer = self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10, WaitTimeSeconds=5)
        received = answer.get("Messages", [])
        if received:
            entries = [{"Id": str(at), "ReceiptHandle": one["ReceiptHandle"]} for at, one in enumerate(received)]
            self._sqs.delete_message_batch(QueueUrl=self._queue, Entries=entries)
        yield from (json.loads(one["Body"]) for one in received)


def _stack_cpu() -> float:
    """Of all threads but this one, which is the platform outside."""
    return time.process_time() - time.thread_time()


def measure(requests: int) -> Speed:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    parameters = {"DefaultLanguageLimit": str(max(requests, 1) * 10)}
    with LocalStack(StackOptions(TEMPLATE, parameters)) as stack:
        platform = Platform(stack.ready)
        platform.run([f"warm-{number}" for number in range(5)])
        before = stack.aws_calls
        cpu, started = _stack_cpu(), time.monotonic()
        platform.run([f"run-{number}" for number in range(requests)])
        seconds, stack_cpu = time.monotonic() - started, _stack_cpu() - cpu
        calls: Counter[str] = Counter()
        for (_, operation), count in (stack.aws_calls - before).items():
            calls[operation] += count
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = ended.ru_utime + ended.ru_stime - children.ru_utime - children.ru_stime
    return Speed(requests, seconds, stack_cpu, used, calls)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=600)
    print(measure(parser.parse_args().requests).table())  # noqa: T201 - this is its output


if __name__ == "__main__":
    main()
