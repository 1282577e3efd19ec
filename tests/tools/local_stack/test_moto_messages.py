"""Repairs of queues and of the bus, each against the AWS statement that it restores."""

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.sqs.models import Message

from local_stack.aws import moto_repairs
from local_stack.aws.clients import AwsClients
from local_stack.aws.moto_repairs.repairs import MAX_PUT_EVENTS_BYTES
from local_stack.template.inventory import ACCOUNT
from tests.tools.local_stack.repaired_table import Table


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(ClientError) as caught:
        call()
    return str(caught.value.response["Error"]["Code"])


class TestQueues:
    @pytest.fixture
    def queue(self, aws: AwsClients) -> str:
        return str(aws("sqs").create_queue(QueueName=f"q-{uuid.uuid4().hex[:8]}")["QueueUrl"])

    def test_messages_are_counted_for_whoever_asks(self, aws: AwsClients, queue: str) -> None:
        for body in ("one", "two", "three"):
            aws("sqs").send_message(QueueUrl=queue, MessageBody=body)
        aws("sqs").send_message(QueueUrl=queue, MessageBody="later", DelaySeconds=60)
        aws("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=1)

        every = aws("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
        one = aws("sqs").get_queue_attributes(
            QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages", "DelaySeconds"]
        )["Attributes"]

        assert every["ApproximateNumberOfMessages"] == "2"
        assert every["ApproximateNumberOfMessagesDelayed"] == "1"
        assert every["ApproximateNumberOfMessagesNotVisible"] == "1"
        assert every["VisibilityTimeout"] == "30"
        assert one == {"ApproximateNumberOfMessages": "2", "DelaySeconds": "0"}

    def test_a_message_is_deleted_by_any_handle_that_it_had(self, aws: AwsClients, queue: str) -> None:
        for body in ("first", "second"):
            aws("sqs").send_message(QueueUrl=queue, MessageBody=body)
        (early,) = aws("sqs").receive_message(QueueUrl=queue, VisibilityTimeout=0)["Messages"]
        aws("sqs").receive_message(QueueUrl=queue, VisibilityTimeout=0, MaxNumberOfMessages=10)

        aws("sqs").delete_message(QueueUrl=queue, ReceiptHandle=early["ReceiptHandle"])
        aws("sqs").delete_message(QueueUrl=queue, ReceiptHandle=early["ReceiptHandle"])  # deleting again is no error

        (left,) = aws("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
        assert {early["Body"], left["Body"]} == {"first", "second"}
        assert (
            code_of(lambda: aws("sqs").delete_message(QueueUrl=queue, ReceiptHandle="none")) == "ReceiptHandleIsInvalid"
        )

    def test_a_sends_cost_does_not_grow_with_the_queue(self, aws: AwsClients, queue: str) -> None:
        """Counted in looks at messages, which no busy machine changes."""
        looks = 0

        def visible(_: Message) -> bool:
            nonlocal looks
            looks += 1
            return True

        for number in range(50):
            aws("sqs").send_message(QueueUrl=queue, MessageBody=str(number))
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(Message, "visible", property(visible))
            aws("sqs").send_message(QueueUrl=queue, MessageBody="one more")

        assert looks == 0

    def test_a_long_poll_delays_nobody_else(self, aws: AwsClients, queue: str) -> None:
        aws("dynamodb").list_tables()
        poll = threading.Thread(target=lambda: aws("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=20))
        poll.start()
        time.sleep(0.1)
        aws("dynamodb").list_tables()
        still_waiting = poll.is_alive()
        aws("sqs").send_message(QueueUrl=queue, MessageBody="enough")
        poll.join()
        assert still_waiting

    def test_a_long_poll_delays_no_write(self, aws: AwsClients, queue: str) -> None:
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

    def test_an_event_that_no_rule_matches_is_told_of_and_one_that_is_refused_or_matched_is_not(
        self, aws: AwsClients, bus: str
    ) -> None:
        untaken: list[dict[str, Any]] = []
        moto_repairs.dispatch_rules_to(lambda _rule, _event: None, untaken.append)
        sources = ("me", "nobody", "aws.ours")
        entries = [{"Source": each, "DetailType": "T", "Detail": "{}", "EventBusName": bus} for each in sources]

        aws("events").put_events(Entries=[*entries, {**entries[1], "Detail": "no JSON"}])

        assert [entry["Source"] for entry in untaken] == ["nobody"]
        aws("events").disable_rule(Name="rule", EventBusName=bus)
        aws("events").put_events(Entries=entries[:1])
        assert [entry["Source"] for entry in untaken] == ["nobody", "me"]

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
