"""The orders of a world: their plans, their participants, their wakes, and what is known of them."""

import json
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from saga_testing.aws.account import WAKE_QUEUE_URL
from tests.proof.simulation.orders.order_ledger import OrderLedger
from tests.proof.simulation.orders.order_plans import APPROVED, BOSS, DECLINED, REPLY, OrderPlan, draw_orders
from tests.proof.simulation.orders.participants import Participants
from tests.proof.simulation.orders.wakes import WakeMapping
from tests.proof.simulation.world.lambda_service import ORDER_EVENT, ORDER_REPLY
from tests.proof.simulation.world.scenario import Inbound

if TYPE_CHECKING:
    from tests.proof.simulation.world.wired_world import WiredWorld

NAME: Final = "order_saga"


@dataclass(slots=True, eq=False)
class Shop:
    world: "WiredWorld"
    dice: random.Random
    plans: list[OrderPlan] = field(default_factory=list)
    ledger: OrderLedger = field(init=False)
    participants: Participants = field(init=False)
    wakes: WakeMapping = field(init=False)

    def __post_init__(self) -> None:
        world = self.world
        self.plans = draw_orders(self.dice, world.plan)
        if self.plans:
            for settings in world.plan.all_settings:
                settings["WAKE_QUEUE_URL"] = WAKE_QUEUE_URL
        by_key = {plan.key: plan for plan in self.plans}
        self.participants = Participants(
            world.scheduler, world.weather, self.dice, by_key, self.send, world.next_number
        )
        self.ledger = OrderLedger(self.participants, by_key, world.plan.calm)
        self.wakes = WakeMapping(world, self.dice)

    def open_for_business(self) -> int:
        """How many events are going to be sent."""
        if not self.plans:
            return 0
        self.world.service.orders = True
        events = [inbound for plan in self.plans for inbound in (plan.placed, *plan.others)]
        for inbound in events:
            inbound.number = self.world.next_number()
        return len(events)

    @property
    def events(self) -> list[Inbound]:
        return [inbound for plan in self.plans for inbound in (plan.placed, *plan.others)]

    def send(self, inbound: Inbound) -> None:
        """By the bus: what Kafka does to order and batches, executions show."""
        world = self.world
        world.note(f"send {inbound.event_id} {inbound.type} {inbound.execution_id}")
        world.ledger.send(inbound)
        user = (inbound.detail or {}).get("metadata", {}).get("user_id")
        if inbound.type in {APPROVED, DECLINED} and user == BOSS:
            self.ledger.heard.add((inbound.execution_id, inbound.type))
        world.ingress.eventbridge.send(inbound, ORDER_REPLY if inbound.type == REPLY else ORDER_EVENT)

    def receive(self, detail: str) -> None:
        self.participants.receive(json.loads(detail))

    @property
    def is_busy(self) -> bool:
        """A saga that waits still has somewhere to go, or something of it is on its way."""
        return bool(self.ledger.open or self.participants.under_way or self.wakes.under_way)

    def sees(self, operation: str, arguments: dict[str, Any]) -> None:
        self.wakes.sees(operation, arguments)
