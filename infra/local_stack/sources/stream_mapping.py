"""Polls a DynamoDB stream into a function, as the event source mapping does (Developer Guide, Using Lambda with Amazon
DynamoDB)."""

import json
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local_stack.aws import IteratorAge, TableStream
from local_stack.errors import StackClosedError
from local_stack.functions import Destinations, Failure, LambdaService, Outcome, mapping_failure_record
from local_stack.sources import event_pattern
from local_stack.sources.batch_retry import Verdict, process
from local_stack.sources.batch_size import SEPARATOR_BYTES, split_by_size
from local_stack.sources.mapping_config import StreamMapping
from local_stack.stack_event import EventKind, EventSink, happening

#: "Lambda polls shards in your DynamoDB stream for records at a base rate of four times per second". `wake` spares the
#: wait after a write.
POLL_SECONDS = 0.25
_READ_LIMIT = 1000

Record = dict[str, Any]


class StreamPoller:
    """One thread. A record is passed over only when the function has processed it, or it has been discarded by the
    mapping's own rules."""

    def __init__(
        self,
        mapping: StreamMapping,
        stream: TableStream,
        functions: LambdaService,
        destinations: Destinations,
        sink: EventSink,
    ) -> None:
        self._mapping, self._functions, self._destinations, self._sink = mapping, functions, destinations, sink
        self._stream, self._position = stream, 0
        self._age = IteratorAge(mapping.function, mapping.stream_arn)
        self._spec = functions.functions[mapping.function]
        self._stop, self._activity = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"stream-{mapping.function}", daemon=True)

    def start(self) -> None:
        """Takes its position before it returns, so that nothing written afterwards is missed even with LATEST."""
        self._position = self._stream.position(self._mapping.starting_position)
        self._thread.start()

    def wake(self) -> None:
        """Something was written: look now instead of at the next poll."""
        self._activity.set()

    def stop(self) -> None:
        self._stop.set()
        self._activity.set()

    def close(self) -> None:
        self.stop()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._activity.wait(POLL_SECONDS)
            self._activity.clear()
            try:
                more = True
                while more and not self._stop.is_set():
                    more = self._poll_once()
            except StackClosedError:
                return

    def _poll_once(self) -> bool:
        records = self._stream.read(self._position, _READ_LIMIT)
        wanted = [record for record in records if passes(self._mapping.filters, record)]
        for batch in batches(wanted, self._mapping.batch_size):
            if not process(batch, self._mapping.policy, self, self._stop):
                return False
        self._position += len(records)
        return bool(records)

    # ---- what the retry rules ask of a stream -----------------------------------------------------------------------

    def attempt(self, records: Sequence[Record]) -> Verdict[Record]:
        self._age.measured(self.age_seconds(records[-1], time.time()))
        outcome = self._functions.invoke(self._mapping.function, json.dumps({"Records": records}).encode())
        if outcome.error_type is not None:
            return Verdict(outcome, records, is_error=True)
        if not self._mapping.policy.partial_responses:
            return Verdict(outcome, ())
        first = first_failure(outcome.payload, records)
        return Verdict(outcome, records[first:] if first is not None else (), progressed=bool(first))

    def age_seconds(self, record: Record, now: float) -> float:
        return now - float(record["dynamodb"]["ApproximateCreationDateTime"])

    def retrying(self, records: Sequence[Record], attempts: int, outcome: Outcome) -> None:
        detail = f"stream batch of {len(records)}, attempt {attempts + 1}: {outcome.error_type or 'reported failures'}"
        self._sink(happening(EventKind.RETRY, self._mapping.function, detail, attempts=attempts, records=len(records)))

    def give_up(self, records: Sequence[Record], condition: str, attempts: int, outcome: Outcome | None) -> None:
        failure = Failure(
            outcome.request_id if outcome else "", condition, attempts, outcome.payload if outcome else None
        )
        document = mapping_failure_record(self._spec, failure, self._batch_info(records), {"Records": list(records)})
        prefix, what = f"{self._mapping.mapping_id}/{self._stream.shard_id}", f"{len(records)} stream records"
        self._sink(self._destinations.reject(self._spec, self._mapping.policy.on_failure, document, prefix, what))

    def _batch_info(self, records: Sequence[Record]) -> dict[str, Any]:
        first, last = records[0]["dynamodb"], records[-1]["dynamodb"]
        return {
            "DDBStreamBatchInfo": {
                "shardId": self._stream.shard_id,
                "startSequenceNumber": first["SequenceNumber"],
                "endSequenceNumber": last["SequenceNumber"],
                "approximateArrivalOfFirstRecord": _arrival(first),
                "approximateArrivalOfLastRecord": _arrival(last),
                "batchSize": len(records),
                "streamArn": self._mapping.stream_arn,
            }
        }


@dataclass(frozen=True)
class _Weighed:
    record: Record
    size: int


def batches(records: Sequence[Record], batch_size: int) -> Iterator[list[Record]]:
    """In order, each with at most so many records, and with no more than an event may hold."""
    left = [_Weighed(record, len(json.dumps(record)) + SEPARATOR_BYTES) for record in records]
    while left:
        taken, kept = split_by_size(left[:batch_size])
        left = kept + left[batch_size:]
        yield [one.record for one in taken]


def passes(filters: Sequence[Any], event: Any) -> bool:
    """Developer Guide, Control which events Lambda sends to your function: without filters everything, else what one of
    them matches."""
    return not filters or any(event_pattern.matches(pattern, event) for pattern in filters)


def first_failure(response: bytes, records: Sequence[Record]) -> int | None:
    """Developer Guide, Reporting batch item failures (DynamoDB): the lowest reported sequence number is the checkpoint,
    everything from it on is retried. An empty or null response, list or `batchItemFailures` is a complete success; an
    identifier that is empty, malformed or unknown a complete failure."""
    answer = json.loads(response or b"null")
    failures = answer.get("batchItemFailures") if isinstance(answer, dict) else None
    if not failures:
        return None
    if not isinstance(failures, list):
        return 0
    positions = {record["dynamodb"]["SequenceNumber"]: position for position, record in enumerate(records)}
    reported = [item.get("itemIdentifier") if isinstance(item, dict) else None for item in failures]
    if any(not isinstance(identifier, str) or identifier not in positions for identifier in reported):
        return 0
    return min(positions[identifier] for identifier in reported)


def _arrival(change: dict[str, Any]) -> str:
    return datetime.fromtimestamp(change["ApproximateCreationDateTime"], UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
