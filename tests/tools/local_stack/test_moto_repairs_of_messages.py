"""What is repaired of queues and the bus, against the AWS statement that it restores."""

import threading
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from local_stack.aws import moto_repairs
from local_stack.aws.clients import AwsClients
from local_stack.aws.moto_repairs.repairs import MAX_PUT_EVENTS_BYTES
from local_stack.template.inventory import ACCOUNT
from tests.tools.local_stack.repaired_table import Table, code_of


class TestQueues:
    @pytest.fixture
    def queue(self, aws: AwsClients) -> str:
        return str(aws("sqs").create_queue(QueueName=f"q-{uuid.uuid4().hex[:8]}")["QueueUrl"])

    def test_a_long_poll_delays_nobody_else(self, aws: AwsClients, queue: str) -> None:
        table = Table(aws)
        table.put("warm")
        poll = threading.Thread(target=lambda: aws("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=20))
        poll.start()
        time.sleep(0.1)
        table.put("meanwhile")
        still_waiting = poll.is_alive()
        aws("sqs").send_message(QueueUrl=queue, MessageBody="enough")
        poll.join()
        assert still_waiting

    def test_a_long_poll_sees_a_message_that_comes_while_it_waits(self, aws: AwsClients, queue: str) -> None:
        send = threading.Timer(0.2, lambda: aws("sqs").send_message(QueueUrl=queue, MessageBody="late"))
        send.start()
        answer = aws("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=20)
        send.join()
        assert [message["Body"] for message in answer["Messages"]] == ["late"]


class TestBus:
    @pytest.fixture
    def matched(self) -> Iterator[list[dict[str, Any]]]:
        events: list[dict[str, Any]] = []
        moto_repairs.dispatch_rules_to(lambda _, event: events.append(event))
        yield events
        moto_repairs.dispatch_rules_to(None)

    @pytest.fixture
    def bus(self, aws: AwsClients, matched: list[dict[str, Any]]) -> str:
        name = f"bus-{uuid.uuid4().hex[:8]}"
        aws("events").create_event_bus(Name=name)
        aws("events").put_rule(Name="rule", EventBusName=name, EventPattern='{"source":["me"]}')
        return name

    def entry(self, bus: str, detail: str = '{"a":1}', **more: Any) -> dict[str, Any]:
        return {"Source": "me", "DetailType": "Thing", "Detail": detail, "EventBusName": bus, **more}

    def test_the_envelope_is_awss(self, aws: AwsClients, bus: str, matched: list[dict[str, Any]]) -> None:
        sent = aws("events").put_events(Entries=[self.entry(bus, Resources=["arn:x"], Time=1_700_000_000)])
        assert matched == [
            {
                "version": "0",
                "id": sent["Entries"][0]["EventId"],
                "detail-type": "Thing",
                "source": "me",
                "account": ACCOUNT,
                "time": "2023-11-14T22:13:20Z",
                "region": "us-east-1",
                "resources": ["arn:x"],
                "detail": {"a": 1},
            }
        ]

    def test_a_disabled_rule_matches_nothing(self, aws: AwsClients, bus: str, matched: list[dict[str, Any]]) -> None:
        aws("events").disable_rule(Name="rule", EventBusName=bus)
        aws("events").put_events(Entries=[self.entry(bus)])
        assert matched == []

    def test_entries_of_one_megabyte_are_refused(self, aws: AwsClients, bus: str) -> None:
        overhead = len("me") + len("Thing") + len('{"a":""}')
        fits = '{"a":"%s"}' % ("x" * (MAX_PUT_EVENTS_BYTES - overhead - 1))
        assert aws("events").put_events(Entries=[self.entry(bus, fits)])["FailedEntryCount"] == 0
        too_long = fits.replace("x", "xx", 1)
        assert code_of(lambda: aws("events").put_events(Entries=[self.entry(bus, too_long)])) == "ValidationException"

    def test_the_limit_counts_bytes_of_the_whole_request(self, aws: AwsClients, bus: str) -> None:
        half = '{"a":"%s"}' % ("é" * (MAX_PUT_EVENTS_BYTES // 4))
        entries = [self.entry(bus, half), self.entry(bus, half)]
        assert code_of(lambda: aws("events").put_events(Entries=entries)) == "ValidationException"
