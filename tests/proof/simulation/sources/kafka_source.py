"""Topics, partitions and the mappings that read them: in on-demand mode all or nothing, else item by item."""

import base64
import binascii
import itertools
import json
import random
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from tests.proof.simulation.faults.weather import Fault, Weather
from tests.proof.simulation.sources.deliveries import Acknowledgements, Delays
from tests.proof.simulation.world.lambda_service import FUNCTION_OF, LambdaService, Outcome
from tests.proof.simulation.world.ledger import Ledger, place_of
from tests.proof.simulation.world.plan import Plan
from tests.proof.simulation.world.scenario import Inbound


@dataclass(slots=True)
class _Record:
    partition: int
    offset: int
    inbound: Inbound
    raw: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Cluster:
    """As its mappings name it in each batch; `name` is how rejected events are told apart."""

    source: str
    arn: str | None
    brokers: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.arn or ",".join(sorted(self.brokers))

    def batch(self, records: dict[str, list[dict[str, Any]]], dice: random.Random) -> dict[str, Any]:
        """Brokers are listed in any order."""
        brokers = ",".join(dice.sample(self.brokers, len(self.brokers)))
        event = {"eventSource": self.source, "bootstrapServers": brokers, "records": records}
        return event if self.arn is None else event | {"eventSourceArn": self.arn}


_CLUSTERS: Final = (
    _Cluster("SelfManagedKafka", None, ("b-2:9092", "b-1:9092", "b-3:9092")),
    _Cluster("aws:kafka", "arn:aws:kafka:us-east-1:123456789012:cluster/sim/1", ("b-1:9092", "b-2:9092", "b-3:9092")),
)


@dataclass(slots=True, eq=False)
class _Topic:
    name: str
    cluster: _Cluster
    partitions: list[list[_Record]]
    readers: list["KafkaConsumer"] = field(default_factory=list)

    @property
    def is_read(self) -> bool:
        """There was something in it, and everybody is through."""
        return any(self.partitions) and all(reader.drained for reader in self.readers)

    def make_anew(self) -> None:
        """Delete and create it: offsets begin again, and the mappings with them."""
        for log in self.partitions:
            log.clear()
        for reader in self.readers:
            reader.next_offset = [0] * len(self.partitions)


@dataclass(slots=True, eq=False)
class KafkaConsumer:
    """One function's mapping of one topic: batches over its partitions, one at a time."""

    function: str
    topic: _Topic
    source: "KafkaSource"
    next_offset: list[int]
    again: list[list[_Record]]
    busy: bool = False
    failures: int = 0

    @property
    def drained(self) -> bool:
        return (
            not self.busy
            and not any(self.again)
            and all(offset == len(log) for offset, log in zip(self.next_offset, self.topic.partitions, strict=True))
        )

    def poll(self) -> None:
        """Take what is there: records to deliver again first, and nothing that overtakes them."""
        if self.busy:
            return
        batch: list[_Record] = []
        for partition, log in enumerate(self.topic.partitions):
            taken = self.again[partition][: self.source.plan.batch_size]
            if not self.again[partition]:
                start = self.next_offset[partition]
                taken = log[start : start + self.source.plan.batch_size]
                self.next_offset[partition] = start + len(taken)
                self.again[partition] = list(taken)
            batch += taken
        if self.source.filters:
            foreign = {id(record) for record in batch if FUNCTION_OF.get(record.inbound.type) != self.function}
            for partition, waiting in enumerate(self.again):
                self.again[partition] = [record for record in waiting if id(record) not in foreign]
            filtered = len(batch)
            batch = [record for record in batch if id(record) not in foreign]
            if filtered and not batch:
                self.source.service.scheduler.after(0, self.poll)
                return
        if not batch:
            return
        self.busy = True
        self._invoke(batch, lambda outcome: self._done(batch, outcome))
        if self.source.weather.strikes(Fault.REBALANCE):
            # Another poller got the partitions and reads from the last committed offset; nobody asks how it went.
            self._invoke(batch, lambda outcome: self._unasked(batch, outcome))

    def _invoke(self, batch: list[_Record], done: Callable[[Outcome], None]) -> None:
        records: dict[str, list[dict[str, Any]]] = {}
        for record in batch:
            records.setdefault(f"{self.topic.name}-{record.partition}", []).append(record.raw)
        event = self.topic.cluster.batch(records, self.source.delays.dice)
        about = tuple({record.inbound.execution_id: None for record in batch})
        self.source.service.invoke(self.function, event, about, len(batch), done)

    def _acknowledge(self, batch: list[_Record], outcome: Outcome) -> list[_Record] | None:
        """What is to be delivered again; None when all of it is."""
        if outcome.failed:
            return None
        failed = self._reported(batch, outcome.result) if self.source.provisioned else []
        held = {id(record) for record in failed}
        for record in batch:
            if id(record) not in held:
                self.source.told.acknowledge(record.inbound, self.function)
        return failed

    def _unasked(self, batch: list[_Record], outcome: Outcome) -> None:
        self._acknowledge(batch, outcome)

    def _reported(self, batch: list[_Record], result: Any) -> list[_Record]:
        self.source.told.ask("S19")
        places = {
            (f"{self.topic.name}-{record.partition}", record.offset): position for position, record in enumerate(batch)
        }
        positions: set[int] = set()
        for failure in (result or {}).get("batchItemFailures", ()):
            identifier = failure["itemIdentifier"]
            place = (identifier["partition"], identifier["offset"])
            if place not in places:
                self.source.told.fail("S19", f"{self.function} reports {place}, which was not in its batch")
                return list(batch)
            positions.add(places[place])
        held: set[str] = set()
        for position, record in enumerate(batch):
            if record.inbound.detail is None:
                continue  # what cannot be read belongs to no execution, and its failure holds up none
            if position in positions:
                held.add(record.inbound.execution_id)
            elif record.inbound.execution_id in held:
                self.source.told.fail("S19", f"{self.function} acknowledges offset {record.offset} after a failure")
        if self.source.plan.retries_items:
            return [batch[position] for position in sorted(positions)]
        # The other documented reading: from the lowest failed offset of each partition on, all comes again.
        lowest: dict[int, int] = {}
        for position in positions:
            record = batch[position]
            lowest[record.partition] = min(record.offset, lowest.get(record.partition, record.offset))
        return [record for record in batch if record.offset >= lowest.get(record.partition, record.offset + 1)]

    def _done(self, batch: list[_Record], outcome: Outcome) -> None:
        failed = self._acknowledge(batch, outcome)
        self.busy = False
        scheduler = self.source.service.scheduler
        if failed is None:
            self.failures += 1
        else:
            self.failures = self.failures + 1 if failed else 0
            if not self.source.weather.strikes(Fault.REBALANCE):
                handled = {id(record) for record in batch} - {id(record) for record in failed}
                for partition, waiting in enumerate(self.again):
                    self.again[partition] = [record for record in waiting if id(record) not in handled]
        scheduler.after(min(500 * 2**self.failures, 60_000) if self.failures else 20, self.poll)


class KafkaSource:
    """Topics and their consumers: one topic for each event type, or one that all six functions filter."""

    def __init__(
        self, service: LambdaService, ledger: Ledger, delays: Delays, told: Acknowledgements, plan: Plan
    ) -> None:
        self.service, self.ledger, self.delays, self.told, self.plan = service, ledger, delays, told, plan
        self.weather: Weather = service.weather
        self.provisioned = plan.settings["KAFKA_MODE"] == "provisioned"
        self.filters = plan.settings["TOPIC_LAYOUT"] == "shared"
        # How producers key their records is theirs; only the partition is ours to read.
        self._keys, self._headers = delays.dice.choice(("none", "equal", "event")), delays.dice.random() < 0.5
        self.under_way = 0
        self.clusters = _CLUSTERS[: 1 if plan.clusters == "one" else 2]
        self.topics: dict[tuple[_Cluster, str], _Topic] = {}
        self.consumers: list[KafkaConsumer] = []
        for cluster, function in itertools.product(self.clusters, FUNCTION_OF.values()):
            name = "events" if self.filters else function
            made = _Topic(name, cluster, [[] for _ in range(plan.partitions)])
            topic = self.topics.setdefault((cluster, name), made)
            consumer = KafkaConsumer(function, topic, self, [0] * plan.partitions, [[] for _ in range(plan.partitions)])
            topic.readers.append(consumer)
            self.consumers.append(consumer)

    @property
    def drained(self) -> bool:
        return not self.under_way and all(consumer.drained for consumer in self.consumers)

    def send(self, inbound: Inbound, function: str) -> None:
        scheduler = self.service.scheduler
        for arrival in self.delays.copies(scheduler.now):
            # Mirrored: every record is in both clusters, and each has its own mappings.
            clusters = self.clusters if self.plan.clusters == "mirrored" else [self.delays.dice.choice(self.clusters)]
            for cluster in clusters:
                self.under_way += 1
                scheduler.at(arrival, lambda cluster=cluster: self._append(inbound, cluster, function))  # type: ignore[misc]  # bound now

    def _key_of(self, inbound: Inbound) -> str | None:
        if self._keys == "none":
            return None
        return base64.b64encode((inbound.event_id if self._keys == "event" else "same").encode()).decode()

    def _append(self, inbound: Inbound, cluster: _Cluster, function: str) -> None:
        self.under_way -= 1
        if cluster is _CLUSTERS[-1]:
            self.weather.note(Fault.SECOND_CLUSTER)
        topic = self.topics[cluster, "events" if self.filters else function]
        if topic.is_read and self.weather.strikes(Fault.TOPIC_RECREATED):
            topic.make_anew()
        key = self._key_of(inbound)
        # A record without a key lies anywhere.
        lies = self.delays.dice.randrange(64) if key is None else zlib.crc32(key.encode())
        partition = lies % len(topic.partitions)
        log = topic.partitions[partition]
        raw = {
            "topic": topic.name,
            "partition": partition,
            "offset": len(log),
            "timestamp": self.service.scheduler.now,
            "timestampType": "CREATE_TIME",
            "key": key,
            "headers": [{"trace": list(inbound.event_id.encode())}] if self._headers else [],
            "value": value_of(inbound),
        }
        position = {"cluster": cluster.name, "partition": f"{topic.name}-{partition}", "offset": len(log)}
        self.ledger.deliver(place_of("kafka", position), inbound, bytes_of(inbound))
        log.append(_Record(partition, len(log), inbound, raw))
        for consumer in topic.readers:
            self.service.scheduler.after(self.delays.dice.randrange(1, 40), consumer.poll)


def bytes_of(inbound: Inbound) -> bytes:
    """The record's own bytes; of what is no base64, the text that Lambda passed on."""
    value = value_of(inbound)
    try:
        return base64.b64decode(value or "", validate=True)
    except binascii.Error:
        return json.dumps(value).encode()


def value_of(inbound: Inbound) -> str | None:
    """A record's value as Lambda passes it on: base64 of the bytes, or None for a tombstone."""
    if inbound.detail is not None:
        return base64.b64encode(json.dumps(inbound.detail).encode()).decode()
    return inbound.raw
