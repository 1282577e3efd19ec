"""The table's stream to the relay: shards that split, checkpoints at the lowest failure, bisection, losses."""

import random
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from saga_testing.aws.dynamodb.client import StreamRecord
from tests.proof.simulation.faults.code_versions import TARGET_OF
from tests.proof.simulation.faults.weather import Fault
from tests.proof.simulation.sources.deliveries import Acknowledgements
from tests.proof.simulation.world.lambda_service import LambdaService, Outcome
from tests.proof.simulation.world.plan import Plan
from tests.proof.simulation.world.saga_image import RESERVED

ARN: Final = "arn:aws:dynamodb:us-east-1:123456789012:table/sagas/stream/2026-01-01T00:00:00.000"
LOST_SHARE: Final = 0.3
REPUBLISH_AFTER_MS: Final = (5_000, 30_000, 120_000, 900_000)
"""Sooner as well as later: an operator may ask while the weather is still bad, and a deployment not through."""


_FOR_LATER: Final = ("not known to this release", "corrupt_saga")


@dataclass(slots=True, eq=False)
class StreamMapping:
    """One relay's mapping, told of every record.

    `on_sent` hears which the relay has acknowledged, for which target, and whether commands were off; `on_lost` which
    it never will see.
    """

    service: LambdaService
    plan: Plan
    dice: random.Random
    on_sent: Callable[[StreamRecord, str, bool], None]
    on_lost: Callable[[StreamRecord], None]
    on_trimmed: Callable[[], None]
    told: Acknowledgements
    was_readable: Callable[[str], bool]
    relay: str
    lanes: list["_Lane"] = field(default_factory=list)
    _roots: tuple["_Lane", ...] = ()
    _unknown_losses: int = 0
    lost: set[tuple[str, str]] = field(default_factory=set)
    _wanted_meanwhile: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.lanes = [_Lane(self) for _ in range(self.plan.stream_lanes)]
        self._roots = tuple(self.lanes)

    @property
    def drained(self) -> bool:
        return not self.lost and not self._unknown_losses and all(lane.drained for lane in self.lanes)

    def offer(self, record: StreamRecord) -> None:
        """The mapping's filter is that of template.yaml; without it the relay must cope with every record."""
        new = record.new_image
        if (record.event_name == "REMOVE" or new is None or "outbox" not in new) and not self.plan.unfiltered_stream:
            return
        if record.keys["saga_name"]["S"].startswith(RESERVED) and not self.plan.unfiltered_stream:
            return
        place = zlib.crc32(record.keys["execution_id"]["S"].encode())
        root, place = self._roots[place % len(self._roots)], place // len(self._roots)
        lane = root.newest(place)
        if self.service.weather.strikes(Fault.SHARD_SPLIT):
            self.lanes += lane.split()
            lane = root.newest(place)
        lane.waiting.append(record)
        self.service.scheduler.after(self.dice.randrange(5, 250), lane.poll)

    def release(self) -> None:
        """Nothing is blocked any more."""
        for lane in self.lanes:
            lane.blocked_until = 0
            self.service.scheduler.after(1, lane.poll)

    def drop(self, record: StreamRecord) -> None:
        """Too old: its payload goes to the on-failure bucket, and an operator has its saga republished."""
        keys = record.keys
        saga = (keys["execution_id"]["S"], keys["saga_name"]["S"])
        self.on_lost(record)
        if not saga[1].startswith(RESERVED):
            self.want_again(saga)

    def trim(self, records: list[StreamRecord]) -> None:
        """Older than the stream keeps them: they are in no on-failure bucket, and nobody knows whose they were.

        An alarm says since when the relay stood still, and an operator has everything sent again.
        """
        for record in records:
            self.on_lost(record)
        self._unknown_losses += 1

        def heard() -> None:
            self._unknown_losses -= 1
            self.on_trimmed()

        self.service.scheduler.after(self.dice.choice(REPUBLISH_AFTER_MS), heard)

    def want_again(self, saga: tuple[str, str], *, at_once: bool = False) -> None:
        """An operator has heard that something of this saga was not sent, and asks for all of it, mostly in a while."""
        if saga in self.lost:
            self._wanted_meanwhile.add(saga)
            return
        self.lost.add(saga)
        wait = 1 if at_once else self.dice.choice(REPUBLISH_AFTER_MS)
        self.service.scheduler.after(wait, lambda: self._republish(saga))

    def _republish(self, saga: tuple[str, str]) -> None:
        if saga not in self.lost:
            return
        event = {"republish": [{"execution_id": saga[0], "saga_name": saga[1]}]}

        def done(outcome: Outcome) -> None:
            # Newer code can send what the answer calls unknown, and what is unreadable gets mended: he reads that.
            if outcome.failed or any(why in each for why in _FOR_LATER for each in outcome.result["skipped"]):
                self.service.scheduler.after(60_000, lambda: self._republish(saga))
                return
            self.lost.discard(saga)
            if saga in self._wanted_meanwhile:
                self._wanted_meanwhile.discard(saga)
                self.want_again(saga)

        self.service.invoke(self.relay, event, (), 1, done)


class _Lane:
    """One shard, or one of its parallel parts: one batch at a time, in order, and after the parent it came of."""

    def __init__(self, mapping: StreamMapping, parent: "_Lane | None" = None) -> None:
        self._parent = parent
        self._children: tuple[_Lane, ...] = ()
        self.waiting: list[StreamRecord] = []
        self.busy = False
        self.blocked_until = 0
        self._mapping = mapping
        self._size = mapping.plan.stream_batch
        self._failures = 0

    @property
    def drained(self) -> bool:
        return not self.waiting and not self.busy

    def newest(self, place: int) -> "_Lane":
        """Where records of that hash go from now on."""
        if not self._children:
            return self
        return self._children[place % 2].newest(place // 2)

    def split(self) -> tuple["_Lane", ...]:
        self._children = (_Lane(self._mapping, self), _Lane(self._mapping, self))
        return self._children

    def _is_next(self) -> bool:
        """Lambda reads a shard only when all of its parent has been processed."""
        return self._parent is None or (self._parent.drained and self._parent._is_next())

    def _read_children(self) -> None:
        for child in self._children if self.drained else ():
            self._mapping.service.scheduler.after(1, child.poll)

    def poll(self) -> None:
        mapping = self._mapping
        scheduler, weather = mapping.service.scheduler, mapping.service.weather
        if self.busy or not self._is_next():
            return
        if not self.waiting:
            self._read_children()
            return
        if self.blocked_until > scheduler.now:
            scheduler.at(self.blocked_until, self.poll)
            return
        if weather.strikes(Fault.STREAM_TRIMMED):
            mapping.trim(self.waiting[:])
            self.waiting.clear()
            self._read_children()
            return
        if weather.strikes(Fault.STREAM_BLOCKED):
            if mapping.dice.random() < LOST_SHARE:
                mapping.drop(self.waiting.pop(0))
                scheduler.after(1, self.poll)
                return
            self.blocked_until = scheduler.now + mapping.dice.choice((30_000, 300_000, 3_600_000))
            scheduler.at(self.blocked_until, self.poll)
            return
        batch = self.waiting[: self._size]
        event = {"Records": [record.as_lambda_record(ARN) for record in batch]}
        newer = self._newer_key(event["Records"]) if weather.strikes(Fault.NEWER_KEY) else None
        self.busy = True

        def done(outcome: Outcome) -> None:
            self._done(batch, outcome, newer, hushed=not invocation.container.settings.publish_commands)

        invocation = mapping.service.invoke(mapping.relay, event, (), len(batch), done)
        if weather.strikes(Fault.STREAM_AGAIN):
            # Another poller had read the same records: nobody asks how it went.
            mapping.service.invoke(mapping.relay, event, (), len(batch), lambda _outcome: None)

    def _done(self, batch: list[StreamRecord], outcome: Outcome, newer: int | None, *, hushed: bool) -> None:
        self.busy = False
        done = 0 if outcome.failed else self._acknowledged(batch, outcome.result)
        if newer is not None:
            self._mapping.told.ask("S22")
            if done > newer:
                self._mapping.told.fail("S22", "the relay passed over a message key that it does not know")
        for record in batch[:done]:
            self._mapping.on_sent(record, TARGET_OF[self._mapping.relay], hushed)
        del self.waiting[:done]
        scheduler = self._mapping.service.scheduler
        if done == len(batch):
            self._failures = 0
            self._size = self._mapping.plan.stream_batch
            if self.waiting:
                scheduler.after(5, self.poll)
            self._read_children()
            return
        # Bisected: half of what failed is tried next.
        self._failures += 1
        self._size = max(1, len(batch) // 2) if outcome.failed else self._mapping.plan.stream_batch
        scheduler.after(min(500 * 2**self._failures, 60_000), self.poll)

    def _newer_key(self, records: list[dict[str, Any]]) -> int | None:
        """This once, a record looks as if newer code had written it: this relay has not been deployed yet."""
        place = self._mapping.dice.randrange(len(records))
        image = records[place]["dynamodb"].get("NewImage", {})
        key = records[place]["dynamodb"]["Keys"]["execution_id"]["S"]
        if "outbox" not in image or records[place]["eventName"] == "REMOVE" or not self._mapping.was_readable(key):
            return None
        image["outbox"] = {"S": image["outbox"]["S"] + " pause_pod#1"}
        return place

    def _acknowledged(self, batch: list[StreamRecord], result: Any) -> int:
        """How many records from the front are done: all before the lowest reported sequence number."""
        self._mapping.told.ask("S19")
        failures = (result or {}).get("batchItemFailures", ())
        numbers = [record.sequence_number for record in batch]
        lowest = len(batch)
        for failure in failures:
            if failure["itemIdentifier"] not in numbers:
                self._mapping.told.fail("S19", f"the relay reports {failure['itemIdentifier']}, which it was not given")
                return 0
            lowest = min(lowest, numbers.index(failure["itemIdentifier"]))
        return lowest
