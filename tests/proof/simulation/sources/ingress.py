"""Between producers and functions: asynchronous delivery by EventBridge, and the choice of a source."""

import json
import random
from dataclasses import dataclass
from typing import Any, Final

from tests.proof.simulation.sources.deliveries import Acknowledgements, Delays, envelope_of
from tests.proof.simulation.sources.kafka_source import KafkaSource
from tests.proof.simulation.world.lambda_service import FUNCTION_OF, LambdaService, Outcome
from tests.proof.simulation.world.ledger import Ledger, place_of
from tests.proof.simulation.world.plan import Plan
from tests.proof.simulation.world.scenario import EVENT_SOURCE, Inbound

FIRST_RETRY_MS: Final = 60_000
ATTEMPTS: Final = 3


@dataclass(slots=True, eq=False)
class EventBridgeSource:
    """Asynchronous invocations: two retries, then the on-failure destination, from where an operator redrives."""

    service: LambdaService
    ledger: Ledger
    delays: Delays
    told: Acknowledgements
    under_way: int = 0
    _events: int = 0

    def send(self, inbound: Inbound, function: str) -> None:
        self._events += 1
        identity = f"eb-{self._events}"
        event = envelope_of(inbound, identity)
        place = place_of("eventbridge", {"id": identity})
        self.ledger.deliver(place, inbound, json.dumps(event, separators=(",", ":")).encode())
        scheduler = self.service.scheduler
        for arrival in self.delays.copies(scheduler.now):
            self.under_way += 1
            scheduler.at(arrival, lambda: self._deliver(inbound, function, event, 1))

    def _deliver(self, inbound: Inbound, function: str, event: dict[str, Any], attempt: int) -> None:
        def done(outcome: Outcome) -> None:
            if not outcome.failed:
                self.under_way -= 1
                self.told.acknowledge(inbound, function)
                return
            # After the last attempt the event lies in the on-failure bucket until somebody sends it again.
            wait = FIRST_RETRY_MS * attempt if attempt < ATTEMPTS else 10 * FIRST_RETRY_MS
            self.service.scheduler.after(wait, lambda: self._deliver(inbound, function, event, attempt + 1))

        self.service.invoke(function, event, (inbound.execution_id,), 1, done)


class Ingress:
    """Takes every event to the sources that its world has."""

    def __init__(self, eventbridge: EventBridgeSource, kafka: KafkaSource, plan: Plan, dice: random.Random) -> None:
        self.eventbridge, self.kafka = eventbridge, kafka
        self._plan, self._dice = plan, dice

    @property
    def drained(self) -> bool:
        return not self.eventbridge.under_way and self.kafka.drained

    def send(self, inbound: Inbound, function: str | None = None) -> None:
        target = function or FUNCTION_OF[inbound.type]
        self.eventbridge.ledger.send(inbound)
        transport = self._plan.transport
        if transport == "both":
            transport = self._dice.choice(("eventbridge", "kafka"))
        if inbound.source != EVENT_SOURCE:
            transport = "eventbridge"
        if transport == "eventbridge" and inbound.detail is not None:
            self.eventbridge.send(inbound, target)
        else:
            self.kafka.send(inbound, target)
