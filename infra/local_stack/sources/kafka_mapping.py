"""Polls a Kafka topic into a function, as the event source mapping does.

On demand: a failing batch is delivered again, whole, until it succeeds, and whatever list the function returns is
ignored; with an on-failure destination "Lambda automatically applies a maximum of 10 retry attempts". With provisioned
pollers: partial responses, bisection, retry and age limits count (Developer Guide, Apache Kafka event poller scaling
modes; Configuring error handling controls for Kafka event sources).

Offsets are committed only for what has been processed or discarded by these rules, and partitions are never overtaken:
one batch is in flight per mapping.
"""

import json
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, OFFSET_END, OFFSET_STORED, Consumer, KafkaException, TopicPartition

from local_stack.aws import AwsClients
from local_stack.errors import KafkaUnavailableError, StackClosedError
from local_stack.functions import Destinations, Failure, LambdaService, Outcome, mapping_failure_record
from local_stack.registry import Decoder, RegistryAwayError, UndecodableError
from local_stack.sources.batch_retry import Verdict, process
from local_stack.sources.batch_size import split_by_size
from local_stack.sources.kafka_broker import QUIET, KafkaBroker
from local_stack.sources.kafka_event import (
    KafkaRecord,
    batch_info,
    encoded_parts,
    event_of,
    filterable,
    record_of,
    reported_failures,
    with_decoded,
)
from local_stack.sources.mapping_config import INFINITE, FailurePolicy, KafkaMapping
from local_stack.sources.stream_mapping import passes
from local_stack.stack_event import EventKind, EventSink, happening

#: AWS gathers for 500 ms unless the mapping says otherwise; on one machine shorter batches answer sooner and are as
#: correct.
DEFAULT_WINDOW_SECONDS = 0.1
RETRIES_WITH_DESTINATION = 10
_ASSIGNMENT_SECONDS = 45


class KafkaPoller:
    """One thread and one consumer per mapping."""

    def __init__(
        self,
        mapping: KafkaMapping,
        broker: KafkaBroker,
        functions: LambdaService,
        destinations: Destinations,
        sink: EventSink,
        clients: AwsClients,
    ) -> None:
        self._mapping, self._broker, self._functions, self._destinations, self._sink = (
            mapping,
            broker,
            functions,
            destinations,
            sink,
        )
        self._decoder = _decoder_of(mapping, clients)
        self._spec = functions.functions[mapping.function]
        self._policy = effective_policy(mapping)
        self._bootstrap = mapping.bootstrap or broker.bootstrap
        self._consumer = Consumer(self._settings())
        self._stop, self._assigned = threading.Event(), threading.Event()
        self._expected: dict[tuple[str, int], int] = {}
        self._held: list[KafkaRecord] = []
        self._thread = threading.Thread(target=self._run, name=f"kafka-{mapping.topic}", daemon=True)

    def start(self) -> None:
        """Begin to join; `wait_assigned` says when records will be seen. Raises KafkaUnavailableError."""
        try:
            if self._broker.is_private:
                # Nobody else is in the group, so the partitions are taken at once instead of after the mock's 3 s of
                # group forming.
                topic = self._consumer.list_topics(self._mapping.topic, timeout=10).topics[self._mapping.topic]
                self._take([TopicPartition(self._mapping.topic, one, OFFSET_STORED) for one in topic.partitions])
            else:
                self._consumer.subscribe([self._mapping.topic], on_assign=lambda _, partitions: self._take(partitions))
        except KafkaException as exc:
            message = f"the poller of topic {self._mapping.topic} cannot read it: {exc.args[0]}"
            raise KafkaUnavailableError(message) from exc
        self._thread.start()

    def wait_assigned(self, seconds: float = _ASSIGNMENT_SECONDS) -> None:
        if not self._assigned.wait(seconds):
            message = f"the poller of topic {self._mapping.topic} got no partitions within {seconds:.0f} s"
            raise KafkaUnavailableError(message)

    def stop(self) -> None:
        """Take no further batch. Does not wait: `close` does."""
        self._stop.set()

    def close(self) -> None:
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()
        self._consumer.close()

    def _settings(self) -> dict[str, Any]:
        inside = self._broker.inside
        return {
            "bootstrap.servers": inside if self._bootstrap == self._broker.bootstrap else self._bootstrap,
            "group.id": self._mapping.group,
            "enable.auto.commit": False,
            "auto.offset.reset": "latest" if self._mapping.starting_position == "LATEST" else "earliest",
            "session.timeout.ms": 6000,
            "fetch.wait.max.ms": 50,
            "fetch.message.max.bytes": 8 * 1024 * 1024,
            "max.poll.interval.ms": 86_400_000,  # a batch may be retried for as long as its function fails
            **QUIET,
        }

    def _take(self, partitions: list[TopicPartition]) -> None:
        """Positions: where the group stands, else the mapping's StartingPosition."""
        committed = self._consumer.committed(partitions, timeout=10)
        starts = [self._start_of(partition) if partition.offset < 0 else partition for partition in committed]
        if self._mapping.starting_position == "AT_TIMESTAMP" and self._mapping.starting_timestamp is not None:
            starts = self._from_timestamp(starts)
        for one in starts:
            if one.offset >= 0 or (one.offset == OFFSET_BEGINNING and self._broker.is_private):
                self._expected[one.topic, one.partition] = max(one.offset, 0)
        self._consumer.assign(starts)
        self._assigned.set()

    def _start_of(self, partition: TopicPartition) -> TopicPartition:
        offset = OFFSET_END if self._mapping.starting_position == "LATEST" else OFFSET_BEGINNING
        return TopicPartition(partition.topic, partition.partition, offset)

    def _from_timestamp(self, partitions: list[TopicPartition]) -> list[TopicPartition]:
        at = int((self._mapping.starting_timestamp or 0) * 1000)
        wanted = [TopicPartition(one.topic, one.partition, at) for one in partitions if one.offset < 0]
        found = self._consumer.offsets_for_times(wanted, timeout=10) if wanted else []
        return [one for one in partitions if one.offset >= 0] + found

    # ---- the thread -------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stop.is_set():
            batch = self._next_batch()
            try:
                wanted = [
                    record
                    for record in self._decoded(batch)
                    if passes(self._mapping.filters, filterable(record) if self._mapping.filters else None)
                ]
                done = not wanted or process(wanted, self._policy, self, self._stop)
            except StackClosedError:
                return
            if batch and done:
                self._commit(batch)

    def _next_batch(self) -> list[KafkaRecord]:
        """Ends at the batch size, the window, or 6 MB of event, whichever comes first (API Reference,
        CreateEventSourceMapping)."""
        records = self._held or self._read(1, 0.25)
        if records:
            # What has already been fetched belongs to the batch, however short the window.
            records = records + self._read(self._mapping.batch_size - len(records), 0)
        window = DEFAULT_WINDOW_SECONDS if self._mapping.window_seconds is None else self._mapping.window_seconds
        until = time.monotonic() + window
        while (
            records
            and len(records) < self._mapping.batch_size
            and (left := until - time.monotonic()) > 0
            and not self._stop.is_set()
        ):
            records = records + self._read(self._mapping.batch_size - len(records), min(left, 0.25))
        batch, self._held = split_by_size(records[: self._mapping.batch_size])
        self._held += records[self._mapping.batch_size :]
        return batch

    def _decoded(self, batch: Sequence[KafkaRecord]) -> Sequence[KafkaRecord]:
        """As the mapping's registry reads them; what it cannot read is discarded, and never delivered (Developer Guide,
        How Lambda performs schema validation for Kafka messages)."""
        if self._decoder is None:
            return batch
        return [decoded for record in batch if (decoded := self._decoded_record(record, self._decoder)) is not None]

    def _decoded_record(self, record: KafkaRecord, decoder: Decoder) -> KafkaRecord | None:
        while True:
            try:
                parts = {name: part for name, part in encoded_parts(record).items() if name in decoder.attributes}
                return with_decoded(record, {name: decoder.decode(part) for name, part in parts.items()})
            except UndecodableError as error:
                self.give_up([record], error.condition, 0, None)
                return None
            except RegistryAwayError as error:
                self._sink(happening(EventKind.RETRY, self._mapping.function, f"schema registry: {error}"))
                if self._stop.wait(1):
                    raise StackClosedError from error

    def _read(self, count: int, seconds: float) -> list[KafkaRecord]:
        try:
            messages = self._consumer.consume(count, timeout=seconds)
        except KafkaException:
            self._stop.wait(0.5)  # the broker is away; the consumer reconnects by itself
            return []
        records = [record_of(message) for message in messages if not message.error()]
        for record in records:
            self._notice_lost(record)
        return records

    def _notice_lost(self, record: KafkaRecord) -> None:
        """Records between our position and the partition's low watermark were deleted before they were read: say so,
        loudly."""
        key = (record.topic, record.partition)
        expected = self._expected.get(key)
        self._expected[key] = record.offset + 1
        if expected is None or record.offset <= expected:
            return
        low, _ = self._consumer.get_watermark_offsets(TopicPartition(*key), timeout=5)
        lost = min(low, record.offset) - expected
        if lost > 0:
            detail = f"{lost} records of {record.partition_key} were deleted by the broker before they were read"
            self._sink(
                happening(EventKind.RECORDS_LOST, self._mapping.function, detail, records=lost, topic=record.topic)
            )

    def _commit(self, batch: Sequence[KafkaRecord]) -> None:
        last = {(record.topic, record.partition): record.offset for record in batch}
        offsets = [TopicPartition(topic, partition, offset + 1) for (topic, partition), offset in last.items()]
        try:
            self._consumer.commit(offsets=offsets, asynchronous=False)
        except KafkaException as exc:
            # The records are processed; without the commit they come again after a restart, which at-least-once allows.
            self._sink(happening(EventKind.RETRY, self._mapping.function, f"offset commit refused: {exc.args[0]}"))

    # ---- what the retry rules ask of Kafka --------------------------------------------------------------------------

    def attempt(self, records: Sequence[KafkaRecord]) -> Verdict[KafkaRecord]:
        event = event_of(self._mapping, self._bootstrap, records)
        outcome = self._functions.invoke(self._mapping.function, json.dumps(event).encode())
        if outcome.error_type is not None:
            return Verdict(outcome, records, is_error=True)
        if not self._policy.partial_responses:
            return Verdict(outcome, ())
        again = reported_failures(outcome.payload, records)
        return Verdict(outcome, again, progressed=0 < len(again) < len(records))

    def age_seconds(self, record: KafkaRecord, now: float) -> float:
        return now - record.timestamp_ms / 1000

    def retrying(self, records: Sequence[KafkaRecord], attempts: int, outcome: Outcome) -> None:
        detail = f"Kafka batch of {len(records)}, attempt {attempts + 1}: {outcome.error_type or 'reported failures'}"
        self._sink(happening(EventKind.RETRY, self._mapping.function, detail, attempts=attempts, records=len(records)))

    def give_up(self, records: Sequence[KafkaRecord], condition: str, attempts: int, outcome: Outcome | None) -> None:
        event = event_of(self._mapping, self._bootstrap, records)
        failure = Failure(
            outcome.request_id if outcome else "", condition, attempts, outcome.payload if outcome else None
        )
        info = batch_info(self._mapping, self._bootstrap, records, len(json.dumps(event)))
        document = mapping_failure_record(self._spec, failure, info, event)
        prefix, what = f"{self._mapping.mapping_id}/{self._mapping.topic}", f"{len(records)} Kafka records"
        self._sink(self._destinations.reject(self._spec, self._policy.on_failure, document, prefix, what))


def _decoder_of(mapping: KafkaMapping, clients: AwsClients) -> Decoder | None:
    """None where the mapping has no registry: its values are delivered as they are."""
    return Decoder(mapping.registry, clients("glue")) if mapping.registry is not None else None


def effective_policy(mapping: KafkaMapping) -> FailurePolicy:
    """What the declared policy is worth in the mapping's mode."""
    declared = mapping.policy
    if mapping.provisioned:
        unlimited_with_destination = declared.on_failure is not None and declared.max_retries == INFINITE
        return replace(declared, max_retries=RETRIES_WITH_DESTINATION) if unlimited_with_destination else declared
    return FailurePolicy(
        max_retries=RETRIES_WITH_DESTINATION if declared.on_failure else INFINITE, on_failure=declared.on_failure
    )
