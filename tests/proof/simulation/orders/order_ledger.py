"""What really happened to sagas that wait, by name and key: an order may have the key of an execution."""

import re
from dataclasses import dataclass, field
from typing import Final

from saga_testing.aws.dynamodb.stream_record import StreamRecord
from tests.proof.simulation.orders.order_plans import OrderPlan
from tests.proof.simulation.orders.participants import Participants
from tests.proof.simulation.world.lambda_service import Invocation
from tests.proof.simulation.world.ledger import Write
from tests.proof.simulation.world.saga_image import SagaImage

Key = tuple[str, str]
_PARKED: Final = re.compile(r":[kp]\d")
"""The standings of what is parked, in the ledger's words."""


@dataclass(slots=True, eq=False)
class OrderLedger:
    """`heard`: keys and types of events from whoever may send them."""

    participants: Participants
    plans: dict[str, OrderPlan]
    calm: bool
    sagas: dict[Key, SagaImage] = field(default_factory=dict)
    heard: set[tuple[str, str]] = field(default_factory=set)

    @property
    def open(self) -> list[SagaImage]:
        return [saga for saga in self.sagas.values() if not saga.is_terminal and not saga.is_stub]

    @property
    def parked(self) -> list[SagaImage]:
        return [saga for saga in self.open if _PARKED.search(saga.text("led") or "")]

    def take(self, record: StreamRecord, invocation: Invocation, now: int) -> Write:
        place = record.keys["saga_name"]["S"], record.keys["execution_id"]["S"]
        old = self.sagas.get(place)
        new = SagaImage(record.new_image) if record.new_image is not None else None
        if new is None:
            self.sagas.pop(place, None)
        else:
            self.sagas[place] = new
        return Write(invocation, old, new, record, now)
