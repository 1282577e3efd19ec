"""A queue in the small stack: delays, what is deleted, and what is delivered again, by what the handler recorded."""

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from local_stack.errors import UnsupportedResource
from local_stack.sources.mapping_config import QueueMapping, mapping_of
from local_stack.sources.queue_mapping import failures
from local_stack.stack_event import EventKind

Eventually = Callable[..., Any]
Watched = Any


def unique() -> str:
    return uuid.uuid4().hex[:8]


class TestQueue:
    def send(self, watched: Watched, *bodies: str, delay: int = 0) -> None:
        sqs = watched.stack.clients("sqs")
        entries = [{"Id": str(at), "MessageBody": body, "DelaySeconds": delay} for at, body in enumerate(bodies)]
        sqs.send_message_batch(QueueUrl=self.url(watched), Entries=entries)

    def url(self, watched: Watched) -> str:
        return str(watched.stack.clients("sqs").get_queue_url(QueueName="hints")["QueueUrl"])

    def seen(self, watched: Watched) -> list[str]:
        return [record["body"] for event in watched.events("queue") for record in event["Records"]]

    def left(self, watched: Watched) -> int:
        answer = watched.stack.clients("sqs").get_queue_attributes(QueueUrl=self.url(watched), AttributeNames=["All"])
        names = ("", "NotVisible", "Delayed")
        return sum(int(answer["Attributes"][f"ApproximateNumberOfMessages{name}"]) for name in names)

    def test_a_message_has_lambdas_shape_and_is_deleted(self, watched: Watched, eventually: Eventually) -> None:
        body = unique()
        self.send(watched, body)
        eventually(lambda: body in self.seen(watched))
        (record,) = [r for event in watched.events("queue") for r in event["Records"] if r["body"] == body]
        assert record["eventSource"] == "aws:sqs"
        assert record["eventSourceARN"] == "arn:aws:sqs:us-east-1:123456789012:hints"
        assert record["attributes"]["ApproximateReceiveCount"] == "1"
        assert record.keys() >= {"messageId", "receiptHandle", "md5OfBody", "messageAttributes", "awsRegion"}
        eventually(lambda: self.left(watched) == 0)

    def test_a_delay_is_honoured(self, watched: Watched, eventually: Eventually) -> None:
        body, sent_at = unique(), time.monotonic()
        self.send(watched, body, delay=2)
        eventually(lambda: body in self.seen(watched))
        assert time.monotonic() - sent_at >= 1.9

    def test_what_failed_comes_again_when_it_is_visible_again_and_the_rest_does_not(
        self, watched: Watched, eventually: Eventually
    ) -> None:
        failing, fine = f"fail-once-{unique()}", unique()
        self.send(watched, failing, fine)
        eventually(lambda: self.seen(watched).count(failing) == 2 and self.left(watched) == 0)
        assert self.seen(watched).count(fine) == 1
        assert watched.said(EventKind.RETRY, "queue")

    @pytest.mark.parametrize("failure", ["raise-once", "unknown-once"])
    def test_a_batch_that_failed_as_a_whole_comes_again_as_a_whole(
        self, watched: Watched, eventually: Eventually, failure: str
    ) -> None:
        failing, beside = f"{failure}-{unique()}", unique()
        self.send(watched, failing, beside)
        eventually(lambda: self.seen(watched).count(failing) == 2 and self.left(watched) == 0)
        together = [event for event in watched.events("queue") if len(event["Records"]) > 1]
        if any(beside in json.dumps(event) and failing in json.dumps(event) for event in together):
            assert self.seen(watched).count(beside) == 2

    def test_a_batch_holds_no_more_than_the_mapping_says(self, watched: Watched, eventually: Eventually) -> None:
        bodies = [unique() for _ in range(10)]
        self.send(watched, *bodies)
        eventually(lambda: set(bodies) <= set(self.seen(watched)))
        assert max(len(event["Records"]) for event in watched.events("queue")) <= 4


IDS = ("a", "b")


@pytest.mark.parametrize("answer", [b"", b"null", b"{}", b'{"batchItemFailures": []}', b'{"batchItemFailures": null}'])
def test_an_empty_answer_is_a_complete_success(answer: bytes) -> None:
    assert failures(answer, IDS) == frozenset()


@pytest.mark.parametrize("identifier", ["c", "", None, 7, {"messageId": "a"}])
def test_an_identifier_that_nobody_knows_is_a_complete_failure(identifier: Any) -> None:
    answer = json.dumps({"batchItemFailures": [{"itemIdentifier": "a"}, {"itemIdentifier": identifier}]}).encode()

    assert failures(answer, IDS) == frozenset(IDS)
    assert failures(b'{"batchItemFailures": [{"id": "a"}]}', IDS) == frozenset(IDS)


def test_a_named_message_fails_alone() -> None:
    assert failures(b'{"batchItemFailures": [{"itemIdentifier": "b"}]}', IDS) == {"b"}


QUEUE = {"FunctionName": "f", "EventSourceArn": "arn:aws:sqs:us-east-1:123456789012:hints"}


def test_a_mapping_says_how_many_and_how_often() -> None:
    mapping = mapping_of("Mapping", {**QUEUE, "BatchSize": "7", "ScalingConfig": {"MaximumConcurrency": "3"}})

    assert isinstance(mapping, QueueMapping)
    assert (mapping.batch_size, mapping.max_concurrency, mapping.partial_responses) == (7, 3, False)
    assert mapping_of("Mapping", {**QUEUE, "Enabled": False}) is None


@pytest.mark.parametrize(
    "more",
    [
        {"BatchSize": 11},
        {"MaximumBatchingWindowInSeconds": 1},
        {"FilterCriteria": {"Filters": []}},
        {"EventSourceArn": QUEUE["EventSourceArn"] + ".fifo"},
    ],
)
def test_what_no_poller_here_does_stops_the_start(more: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedResource, match="standard queues"):
        mapping_of("Mapping", {**QUEUE, **more})
