"""A poller's event stays within the 6 MB of a synchronous invocation, on Kafka and on a stream."""

import json
from typing import Any
from unittest.mock import Mock

from local_stack.functions import MAX_SYNC_BYTES
from local_stack.sources.batch_size import split_by_size
from local_stack.sources.kafka_event import KafkaRecord, event_of, record_of
from local_stack.sources.mapping_config import FailurePolicy, KafkaMapping
from local_stack.sources.stream_mapping import batches


def kafka_record(offset: int, value: bytes) -> KafkaRecord:
    topic = "t" * 249  # as long as Kafka allows
    message = Mock(
        **{
            "topic.return_value": topic,
            "partition.return_value": offset % 50,
            "offset.return_value": offset,
            "timestamp.return_value": (1, 1_700_000_000_000),
            "key.return_value": b"key",
            "value.return_value": value,
            "headers.return_value": [],
        }
    )
    return record_of(message)


def kafka_event(records: list[KafkaRecord]) -> bytes:
    policy = FailurePolicy()
    mapping = KafkaMapping(
        "m", "f", "t", "g", "arn:aws:kafka:r:1:cluster/c/0", None, 10_000, 1, "LATEST", None, (), policy, False
    )
    return json.dumps(event_of(mapping, "b-1:9098,b-2:9098,b-3:9098", records)).encode()


def test_many_small_kafka_records_fill_an_event_and_no_more() -> None:
    records = [kafka_record(offset, b"x" * 300) for offset in range(10_000)]

    taken, left = split_by_size(records)

    assert len(taken) + len(left) == len(records)
    assert MAX_SYNC_BYTES * 0.99 < len(kafka_event(taken)) <= MAX_SYNC_BYTES


def test_a_kafka_record_that_is_too_large_goes_alone() -> None:
    small, large = kafka_record(0, b"x"), kafka_record(1, b"x" * 5_000_000)

    assert split_by_size([large, small]) == ([large], [small])
    assert split_by_size([small, large]) == ([small], [large])


def stream_record(number: int, size: int) -> dict[str, Any]:
    return {"eventID": str(number), "dynamodb": {"NewImage": {"data": {"S": "x" * size}}}}


def test_a_batch_of_large_stream_records_is_cut() -> None:
    records = [stream_record(number, 700_000) for number in range(20)]

    cut = list(batches(records, 100))

    assert [record for batch in cut for record in batch] == records
    assert [len(batch) for batch in cut] == [8, 8, 4]
    assert all(len(json.dumps({"Records": batch}).encode()) <= MAX_SYNC_BYTES for batch in cut)


def test_many_small_stream_records_fill_an_event_and_no_more() -> None:
    records = [stream_record(number, 1_000) for number in range(10_000)]

    first, *_ = batches(records, 10_000)

    assert MAX_SYNC_BYTES * 0.99 < len(json.dumps({"Records": first}).encode()) <= MAX_SYNC_BYTES


def test_the_batch_size_counts_too() -> None:
    records = [stream_record(number, 1) for number in range(5)]

    assert [len(batch) for batch in batches(records, 2)] == [2, 2, 1]


def test_a_stream_record_that_is_too_large_goes_alone() -> None:
    records = [stream_record(0, 1), stream_record(1, 7_000_000), stream_record(2, 1)]

    assert [len(batch) for batch in batches(records, 100)] == [1, 1, 1]
