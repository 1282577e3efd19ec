"""Kafka in the small stack, on demand and provisioned: standard clients put records in, the handlers' records tell."""

import base64
import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

Eventually = Callable[..., Any]
Watched = Any


def unique() -> str:
    return uuid.uuid4().hex[:8]


class TestKafka:
    def produce(self, watched: Watched, topic: str, *values: bytes | str | None, partition: int = 0) -> None:
        """In one message set, which a poller gets as one batch."""
        producer = Producer({"bootstrap.servers": watched.stack.ready.kafka_bootstrap, "linger.ms": 1000})
        for value in values:
            producer.produce(topic, value, key=b"key", partition=partition, headers=[("h", b"\x01\xff"), ("h", b"")])
        assert producer.flush(30) == 0

    def seen(self, watched: Watched, function: str) -> list[str]:
        return [
            base64.b64decode(record["value"]).decode()
            for event in watched.events(function)
            for records in event["records"].values()
            for record in records
            if record["value"] is not None
        ]

    def committed(self, watched: Watched, function: str, topic: str, partition: int) -> int:
        (mapping,) = [m for m in watched.stack.kafka_mappings if m.function == function]
        consumer = Consumer({"bootstrap.servers": watched.stack.ready.kafka_bootstrap, "group.id": mapping.group})
        try:
            return int(consumer.committed([TopicPartition(topic, partition)], timeout=30)[0].offset)
        finally:
            consumer.close()

    def test_events_have_the_two_documented_shapes(self, watched: Watched, eventually: Eventually) -> None:
        self.produce(watched, "on_demand", b"shape-1", partition=3)
        self.produce(watched, "provisioned", b"shape-2", None, partition=3)
        eventually(
            lambda: "shape-1" in self.seen(watched, "on_demand") and "shape-2" in self.seen(watched, "provisioned")
        )
        own = next(e for e in watched.events("on_demand") if "on_demand-3" in e["records"])
        msk = next(e for e in watched.events("provisioned") if "provisioned-3" in e["records"])
        assert own["eventSource"] == "SelfManagedKafka"
        assert "eventSourceArn" not in own
        assert own["bootstrapServers"] == watched.stack.ready.kafka_bootstrap
        assert msk["eventSource"] == "aws:kafka"
        assert msk["eventSourceArn"] == "arn:aws:kafka:us-east-1:123456789012:cluster/local/0"
        first, tombstone = msk["records"]["provisioned-3"]
        assert abs(first.pop("timestamp") - time.time() * 1000) < 60_000
        assert first == {
            "topic": "provisioned",
            "partition": 3,
            "offset": 0,
            "timestampType": "CREATE_TIME",
            "key": "a2V5",
            "value": "c2hhcGUtMg==",
            "headers": [{"h": [1, -1]}, {"h": []}],
        }
        assert tombstone["value"] is None

    def test_on_demand_repeats_the_whole_batch_until_it_succeeds(
        self, watched: Watched, eventually: Eventually
    ) -> None:
        bad, good = f"raise-once-{unique()}", f"good-{unique()}"
        self.produce(watched, "on_demand", good, bad, partition=1)
        eventually(lambda: self.seen(watched, "on_demand").count(bad) == 2)
        assert self.seen(watched, "on_demand").count(good) == 2
        eventually(lambda: self.committed(watched, "on-demand", "on_demand", 1) == 2)

    def test_on_demand_ignores_the_returned_list(self, watched: Watched, eventually: Eventually) -> None:
        lost, after = "poison", f"after-{unique()}"
        self.produce(watched, "on_demand", lost, after, partition=2)
        eventually(lambda: after in self.seen(watched, "on_demand"))
        eventually(lambda: self.committed(watched, "on-demand", "on_demand", 2) == 2)
        assert self.seen(watched, "on_demand").count(lost) == 1

    def test_provisioned_delivers_the_listed_records_again(self, watched: Watched, eventually: Eventually) -> None:
        bad, good = f"fail-once-{unique()}", f"good-{unique()}"
        self.produce(watched, "provisioned", good, bad, partition=0)
        eventually(lambda: self.seen(watched, "provisioned").count(bad) == 2)
        assert self.seen(watched, "provisioned").count(good) == 1

    @pytest.mark.parametrize("words", ["invalid-once", "raise-once"])
    def test_provisioned_repeats_the_whole_batch_for_an_unknown_identifier_and_for_an_error(
        self, watched: Watched, eventually: Eventually, words: str
    ) -> None:
        good, bad, last = f"good-{unique()}", f"{words}-{unique()}", f"last-{unique()}"
        self.produce(watched, "provisioned", good, bad, last, partition=0)
        eventually(lambda: self.seen(watched, "provisioned").count(last) == 2)
        seen = [value for value in self.seen(watched, "provisioned") if value in (good, bad, last)]
        assert seen == [good, bad, last] * 2

    def test_provisioned_gives_a_poison_record_up_to_the_destination(
        self, watched: Watched, eventually: Eventually
    ) -> None:
        after = f"after-{unique()}"
        self.produce(watched, "provisioned", b"poison", after.encode(), partition=1)
        (record,) = eventually(lambda: [r for r in watched.failure_records("") if "KafkaBatchInfo" in r])
        info = record["KafkaBatchInfo"]
        assert info["recordsInfo"]["provisioned-1"]["firstRecordOffset"] == "0"
        assert info["batchSize"] == 1
        assert json.loads(record["payload"])["records"]["provisioned-1"][0]["value"] == "cG9pc29u"
        eventually(lambda: self.committed(watched, "provisioned", "provisioned", 1) == 2)
        assert self.seen(watched, "provisioned").count(after) == 1

    def test_offsets_are_committed_only_after_the_function_returned(
        self, watched: Watched, eventually: Eventually
    ) -> None:
        watched.stack.pause_function("provisioned")
        try:
            self.produce(watched, "provisioned", b"held", partition=2)
            time.sleep(0.4)
            assert self.committed(watched, "provisioned", "provisioned", 2) < 0
        finally:
            watched.stack.resume_function("provisioned")
        eventually(lambda: self.committed(watched, "provisioned", "provisioned", 2) == 1)
