"""How events reach their functions: one by one from EventBridge, or in batches of one type from Kafka."""

import json
from collections.abc import Sequence
from typing import Any

from tests.proof.simulation.sources.deliveries import envelope_of
from tests.proof.simulation.sources.kafka_source import bytes_of, value_of
from tests.proof.simulation.world.lambda_service import FUNCTION_OF
from tests.proof.simulation.world.ledger import place_of
from tests.proof.simulation.world.scenario import Inbound
from tests.proof.stateful.account import Account


class EventBridge:
    """The same event id at each delivery of one event."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def deliver(self, inbound: Inbound) -> bool:
        """True when it was acknowledged."""
        identity = f"eb-{inbound.number}"
        event, place = envelope_of(inbound, identity), place_of("eventbridge", {"id": identity})
        self._account.ledger.deliver(place, inbound, json.dumps(event, separators=(",", ":")).encode())
        outcome = self._account.invoke(FUNCTION_OF[inbound.type], event, (inbound.execution_id,), 1)
        return not outcome.failed


class Kafka:
    """A topic for each event type, with one partition; an event has one offset, however often it is read."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._records: dict[int, dict[str, Any]] = {}
        self._ends: dict[str, int] = {}

    def deliver(self, inbounds: Sequence[Inbound]) -> list[Inbound]:
        """A batch of one type, in the order of the log. Returns what was acknowledged."""
        for inbound in inbounds:
            self._append(inbound)
        offsets = {self._records[inbound.number]["offset"]: inbound for inbound in inbounds}
        batch = [offsets[offset] for offset in sorted(offsets)]
        topic = FUNCTION_OF[batch[0].type]
        records = {f"{topic}-0": [self._records[inbound.number] for inbound in batch]}
        event = {"eventSource": "aws:kafka", "bootstrapServers": "simulated", "records": records}
        about = tuple({inbound.execution_id: None for inbound in batch})
        outcome = self._account.invoke(topic, event, about, len(batch))
        if outcome.failed:
            return []
        if self._account.settings.kafka_mode == "on-demand":
            return batch  # Lambda does not look at what was returned
        return self._acknowledged(f"{topic}-0", batch, outcome.result)

    def _append(self, inbound: Inbound) -> None:
        if inbound.number in self._records:
            return
        topic = FUNCTION_OF[inbound.type]
        offset = self._ends[topic] = self._ends.get(topic, -1) + 1
        position = {"cluster": "simulated", "partition": f"{topic}-0", "offset": offset}
        self._account.ledger.deliver(place_of("kafka", position), inbound, bytes_of(inbound))
        self._records[inbound.number] = {
            "topic": topic,
            "partition": 0,
            "offset": offset,
            "timestamp": inbound.at,
            "timestampType": "CREATE_TIME",
            "key": None,
            "headers": [],
            "value": value_of(inbound),
        }

    def _acknowledged(self, partition: str, batch: list[Inbound], answer: Any) -> list[Inbound]:
        """S19: what is reported was in the batch, and nothing of an execution is acknowledged after its failure."""
        reported = [failure["itemIdentifier"] for failure in (answer or {}).get("batchItemFailures", ())]
        failed = {each["offset"] for each in reported if each["partition"] == partition}
        places = {self._records[inbound.number]["offset"]: inbound for inbound in batch}
        if len(failed) != len(reported) or not failed <= places.keys():
            self._account.fail("S19", f"{partition}: {reported} was reported and not in the batch")
        held: set[str] = set()
        for offset, inbound in places.items():
            if offset in failed:
                held.add(inbound.execution_id)
            elif inbound.execution_id in held:
                self._account.fail("S19", f"{partition}: offset {offset} is acknowledged after a failure")
        return [inbound for offset, inbound in places.items() if offset not in failed]
