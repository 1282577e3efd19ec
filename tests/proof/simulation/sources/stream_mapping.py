"""The table's stream to the relay: lanes, checkpoints at the lowest failure, bisection, and records lost to age."""

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
    told: Acknowledgements
    relay: str
    lanes: list["_Lane"] = field(default_factory=list)
    lost: set[tuple[str, str]] = field(default_factory=set)
    _wanted_meanwhile: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.lanes = [_Lane(self) for _ in range(self.plan.stream_lanes)]

    @property
    def drained(self) -> bool:
        return not self.lost and all(not lane.waiting and not lane.busy for lane in self.lanes)

    def offer(self, record: StreamRecord) -> None:
        """The mapping's filter is that of template.yaml; without it the relay must cope with every record."""
        new = record.new_image
        if (record.event_name == "REMOVE" or new is None or "outbox" not in new) and not self.plan.unfiltered_stream:
            return
        if record.keys["saga_name"]["S"].startswith(RESERVED) and not self.plan.unfiltered_stream:
            return
        key = record.keys["execution_id"]["S"]
        lane = self.lanes[zlib.crc32(key.encode()) % len(self.lanes)]
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
            # What the answer calls unknown, newer code can send: whoever asked reads that, and asks again.
            if outcome.failed or any("not known to this release" in each for each in outcome.result["skipped"]):
                self.service.scheduler.after(60_000, lambda: self._republish(saga))
                return
            self.lost.discard(saga)
            if saga in self._wanted_meanwhile:
                self._wanted_meanwhile.discard(saga)
                self.want_again(saga)

        self.service.invoke(self.relay, event, (), 1, done)


class _Lane:
    """One shard, or one of its parallel parts: one batch at a time, in order."""

    def __init__(self, mapping: StreamMapping) -> None:
        self.waiting: list[StreamRecord] = []
        self.busy = False
        self.blocked_until = 0
        self._mapping = mapping
        self._size = mapping.plan.stream_batch
        self._failures = 0

    def poll(self) -> None:
        mapping = self._mapping
        scheduler, weather = mapping.service.scheduler, mapping.service.weather
        if self.busy or not self.waiting:
            return
        if self.blocked_until > scheduler.now:
            scheduler.at(self.blocked_until, self.poll)
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
            return
        # Bisected: half of what failed is tried next.
        self._failures += 1
        self._size = max(1, len(batch) // 2) if outcome.failed else self._mapping.plan.stream_batch
        scheduler.after(min(500 * 2**self._failures, 60_000), self.poll)

    def _newer_key(self, records: list[dict[str, Any]]) -> int | None:
        """This once, a record looks as if newer code had written it: this relay has not been deployed yet."""
        place = self._mapping.dice.randrange(len(records))
        image = records[place]["dynamodb"].get("NewImage", {})
        if "outbox" not in image or records[place]["eventName"] == "REMOVE":
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
