"""Kafka batches: concurrent over executions, in order within one, and never a record passed over.

Lambda honours a list of failed records only for provisioned pollers. In on-demand mode it ignores the returned value
and would lose those records, so there an unfinished batch raises (AWS Lambda developer guide, Kafka retry
configurations and scaling modes).
"""

import re
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, Final

from saga_orchestrator.bootstrap import Resources
from saga_orchestrator.domain.errors import RejectedEvent, RetryableError

from .envelopes.cloudevents import Terms
from .envelopes.framing import data_format
from .envelopes.headers import is_binary_cloudevent, kept_headers
from .envelopes.opening import from_record
from .read_ahead import NOTHING, Known, SagaKey, read_ahead

KAFKA_SOURCES: Final = ("aws:kafka", "SelfManagedKafka")
MARGIN_MS: Final = 2_000
AHEAD: Final = 100
"""Executions that are decided on in one go: more would be decided long before they are written."""
_PARTITION: Final = re.compile(r"[A-Za-z0-9._-]{1,260}")
"""A topic's name, at most 249 of these characters as Kafka has it, a hyphen, and the partition's number."""


Work = Callable[[], None]
"""What is left of an event that is decided on: to write and to tell it. Raises what `Intake.run` is to know."""


class BatchUnfinished(RetryableError):
    """Some records of the batch were not applied: Lambda must deliver all of it again."""


def _of_execution(fields: dict[str, Any]) -> str:
    return str(fields["execution_id"])


def _of_none(_fields: dict[str, Any]) -> Iterable[SagaKey]:
    return ()


@dataclass(frozen=True)
class KafkaRecord:
    """`partition` is the batch's own key, such as `execution_started-0`; `raw` is the record as Lambda passes it."""

    partition: str
    raw: Mapping[str, Any]
    terms: Terms
    cluster: str = ""
    lane_of: Callable[[dict[str, Any]], str] = _of_execution

    @property
    def offset(self) -> int:
        return int(self.raw["offset"])

    @property
    def value(self) -> Any:
        """Base64 in all that Lambda sends, or None."""
        return self.raw.get("value")

    @property
    def is_tombstone(self) -> bool:
        """No value, and no event whose attributes alone say everything."""
        return self.value is None and not is_binary_cloudevent(self.raw)

    @property
    def hides_its_type(self) -> bool:
        """From filters: a header says it, or Protobuf's mapping may have written it under another name."""
        return data_format(self.raw) == "PROTOBUF" or not {"ce_type", "event_type"}.isdisjoint(kept_headers(self.raw))

    @property
    def fields(self) -> dict[str, Any]:
        """The event in it, parsed once: its lane is chosen by it, and then it is applied.

        Raises:
            RejectedEvent: at every access, because it is no event.
        """
        if isinstance(self._parsed, RejectedEvent):
            raise self._parsed
        return self._parsed

    @cached_property
    def _parsed(self) -> dict[str, Any] | RejectedEvent:
        try:
            return from_record(self.raw, self.terms)
        except RejectedEvent as refused:
            return refused.with_traceback(None)  # which would keep all that was read for as long as the record is kept

    @property
    def position(self) -> dict[str, Any]:
        """As Lambda takes it in a list of failed records."""
        return {"partition": self.partition, "offset": self.offset}

    @property
    def place(self) -> dict[str, Any]:
        """The position among all clusters: two of them have the same topics, partitions and offsets. With it what says
        how the value is to be read, since a redrive has nothing else."""
        envelope = {"headers": kept_headers(self.raw), "written_as": data_format(self.raw)}
        return {"cluster": self.cluster, **self.position, **{name: each for name, each in envelope.items() if each}}


def is_kafka_batch(event: Any) -> bool:
    """Of a Kafka source, and every record has its place: one without could neither be kept nor reported."""
    if not isinstance(event, dict) or event.get("eventSource") not in KAFKA_SOURCES:
        return False
    batches = event.get("records")
    return isinstance(batches, dict) and all(
        _PARTITION.fullmatch(partition) and isinstance(records, list) and all(map(_has_offset, records))
        for partition, records in batches.items()
    )


def cluster_of(event: dict[str, Any]) -> str:
    """An MSK cluster's ARN; of brokers that somebody runs himself their addresses, in one order."""
    arn, brokers = event.get("eventSourceArn"), event.get("bootstrapServers")
    if isinstance(arn, str) and arn:
        return arn
    return ",".join(sorted(brokers.split(","))) if isinstance(brokers, str) else ""


def _has_offset(record: Any) -> bool:
    return isinstance(record, dict) and type(record.get("offset")) is int


def process_batch(
    event: dict[str, Any],
    context: Any,
    decide: Callable[[KafkaRecord, Known], Work],
    at: Resources,
    terms: Terms,
    lane_of: Callable[[dict[str, Any]], str] = _of_execution,
    sagas_of: Callable[[dict[str, Any]], Iterable[SagaKey]] = _of_none,
) -> dict[str, Any] | None:
    """Apply every record and account for each: applied and rejected ones are done, others reported or raised.

    For the first record of each lane the sagas that `sagas_of` names are read ahead, and what it does is decided ahead:
    a later one comes after its write. `decide` never raises; the work that it returns does.
    """
    lanes: dict[str, list[KafkaRecord]] = defaultdict(list)
    cluster = cluster_of(event)
    for partition, records in event["records"].items():
        for raw in records:
            record = KafkaRecord(partition, raw, terms, cluster, lane_of)
            lanes[_execution_of(record)].append(record)
    known = read_ahead(at, _wanted([lane[0] for lane in lanes.values()], sagas_of))

    def run_lane(lane: list[KafkaRecord], first: Work) -> list[KafkaRecord]:
        """What of the lane is left undone: from the first failure on, order forbids going ahead."""
        for position, record in enumerate(lane):
            if context.get_remaining_time_in_millis() < MARGIN_MS:
                return lane[position:]
            try:
                work = first if position == 0 else decide(record, NOTHING)
                work()
            except RetryableError as failure:
                at.telemetry.warn("record will be delivered again", cause=str(failure), **record.position)
                return lane[position:]
        return []

    ahead = _Lanes(lanes.values(), lambda record: decide(record, known))
    with at.telemetry.together():
        undone = _in_threads(run_lane, ahead, min(len(lanes), at.settings.batch_concurrency), at)
    at.telemetry.count("RecordsToRetry", len(undone))
    if at.settings.kafka_mode == "provisioned":
        return {"batchItemFailures": [{"itemIdentifier": record.position} for record in sorted(undone, key=_order)]}
    if undone:
        msg = f"{len(undone)} records must be delivered again"
        raise BatchUnfinished(msg)
    return None


class _Lanes:
    """Lanes that wait for a thread, each with the work of its first record, which is decided on ahead."""

    def __init__(self, lanes: Iterable[list[KafkaRecord]], decide: Callable[[KafkaRecord], Work]) -> None:
        self._waiting = iter(lanes)
        self._decide = decide
        self._decided: deque[tuple[list[KafkaRecord], Work]] = deque()
        self._turn = threading.Lock()

    def take(self) -> tuple[list[KafkaRecord], Work] | None:
        """The next lane, None if there is none."""
        while True:
            try:
                return self._decided.popleft()
            except IndexError:
                if not self.decide():
                    return None

    def decide(self) -> bool:
        """Decide on the next hundred, unless somebody has; whether there were any. Meanwhile the other threads wait:
        there is one interpreter lock for all, and whoever is left alone is done soonest."""
        with self._turn:
            if not self._decided:
                self._decided.extend([(lane, self._decide(lane[0])) for lane in islice(self._waiting, AHEAD)])
            return bool(self._decided)

    def close(self) -> None:
        """Nothing more is taken."""
        with self._turn:
            self._waiting = iter(())
            self._decided.clear()


def _in_threads(
    run_lane: Callable[[list[KafkaRecord], Work], list[KafkaRecord]], lanes: _Lanes, threads: int, at: Resources
) -> list[KafkaRecord]:
    """What all lanes leave undone. Each thread takes one lane after the other: handing over each by itself would cost
    nearly as much as its log line.
    """

    def run_lanes(_thread: int) -> list[KafkaRecord]:
        undone: list[KafkaRecord] = []
        while (taken := lanes.take()) is not None:
            undone += run_lane(*taken)
        return undone

    try:
        lanes.decide()  # before there are threads
        return [record for undone in at.executor.map(run_lanes, range(threads)) for record in undone]
    finally:
        lanes.close()  # after whatever ends it early, nothing is begun behind the handler's back


def _wanted(firsts: list[KafkaRecord], sagas_of: Callable[[dict[str, Any]], Iterable[SagaKey]]) -> Iterator[SagaKey]:
    for record in firsts:
        with suppress(Exception):  # as above: it is told when its turn comes
            yield from sagas_of(record.fields)


def _order(record: KafkaRecord) -> tuple[str, int]:
    return record.partition, record.offset


def _execution_of(record: KafkaRecord) -> str:
    """Which records must keep their order. One that cannot be read has no saga, and a lane of its own."""
    try:
        return record.lane_of(record.fields)
    except Exception:  # noqa: BLE001 - a batch must not fail for one record: what is wrong is told when its turn comes
        return f"{record.partition}:{record.offset}"
