"""Running several invocations at once, in every order of their AWS calls.

Each invocation is a greenlet that stops before every call; a search says who goes on (`sleep_sets`). Exploring is depth
first over the choices, as in stateless model checking (Godefroid, VeriSoft, 1997): no state is kept, every schedule is
run anew.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from greenlet import greenlet

from saga_testing.wire import Wire
from tests.proof.exhaustion.deployment import CheckedDeployment, Delivery
from tests.proof.exhaustion.footprints import Footprint, of_call, reading, writing
from tests.proof.exhaustion.sleep_sets import Search

_CHECKPOINT = ("checkpoint",)
_REDELIVERIES = ("redeliveries",)


@dataclass
class _PausingWire(Wire):
    """Hands over before each call, and notes what the calls since the last pause were about."""

    hand_over: Callable[[], Any] = lambda: None
    touched: Footprint = field(default_factory=Footprint)

    def invoke(self, operation: str, call: Callable[..., Any], arguments: dict[str, Any]) -> Any:
        self.hand_over()
        self.touched |= of_call(operation, arguments)
        return super().invoke(operation, call, arguments)


class _Strand:
    """One invocation. `go_on` runs it from one pause to the next."""

    def __init__(self, deployment: CheckedDeployment, delivery: Delivery, again: list[Delivery]) -> None:
        self.deployment, self.delivery, self.again = deployment, delivery, again
        scheduler = greenlet.getcurrent()
        self.wire = _PausingWire(after_call=deployment.check_slots, hand_over=scheduler.switch)
        self.thread = greenlet(self._work)

    def _work(self) -> None:
        self.wire.touched |= _beginning(self.delivery)
        acknowledged = self.deployment.invoke(self.delivery, self.wire)
        self.wire.touched |= _end(self.delivery)
        if not acknowledged:
            self.again.append(self.delivery)
            self.wire.touched |= writing(_REDELIVERIES)

    def go_on(self) -> Footprint:
        self.wire.touched = Footprint()
        self.thread.switch()
        return self.wire.touched


def _beginning(delivery: Delivery) -> Footprint:
    """Before its first call the relay is given its batch of the stream."""
    return reading(_CHECKPOINT, ("dynamodb",)) if delivery.function == "relay" else Footprint()


def _end(delivery: Delivery) -> Footprint:
    """After its last call a relay's source moves its checkpoint; an event's end is looked at in table and queue."""
    match delivery.function:
        case "relay":
            return writing(_CHECKPOINT)
        case "checker":
            return Footprint()
        case _:
            return reading(("dynamodb",), ("sqs",))


def run_interleaved(deployment: CheckedDeployment, deliveries: tuple[Delivery, ...], search: Search) -> bool:
    """Run as `search` says. False when it was given up, because all that could follow has been played.

    What is not acknowledged is delivered again, once the others are through, as its source would.
    """
    again: list[Delivery] = []
    strands = [_Strand(deployment, delivery, again) for delivery in deliveries]
    while alive := [number for number, strand in enumerate(strands) if not strand.thread.dead]:
        chosen = search.choose(alive)
        if chosen is None:
            for number in alive:
                strands[number].thread.throw()
            return False
        search.observe(strands[chosen].go_on())
    for delivery in again:
        deployment.carry_out(delivery)
    return True
