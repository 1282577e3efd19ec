"""A deployment that takes orders, and what a test wants to know of one."""

from typing import Any

from saga_orchestrator.domain.registry import SagaRegistry
from saga_orchestrator.domain.saga import Saga
from saga_testing.deployment import EXECUTIONS_AND_ORDERS, Deployment
from saga_testing.samples.sample_orders import order_event, reply
from saga_testing.telemetry import RecordingTelemetry
from sagas.order import ORDER


class Shop(Deployment):
    """Everything is relayed when it is asked for, and time passes in steps of the checker's."""

    def __init__(self, settings: dict[str, str] | None = None, *, sagas: SagaRegistry = EXECUTIONS_AND_ORDERS) -> None:
        self.counted = RecordingTelemetry()
        super().__init__(settings, sagas=sagas, telemetry=self.counted)

    def order(self, name: str, **fields: Any) -> None:
        source = fields.pop("source", "executions")
        self.deliver(order_event(name, **fields), source)

    def reply(self, *messages: str, outcome: str = "done", **fields: Any) -> None:
        for message in messages:
            self.deliver(reply(message, outcome, **fields))

    def wait(self, seconds: float, *, every: float = 1) -> None:
        until = self.now + int(seconds * 1000)
        while self.now < until:
            self.now = min(until, self.now + int(every * 1000))
            self.check()

    def found(self, order_id: str = "o-1") -> Saga:
        found = self.stored(order_id)
        assert found is not None
        return found

    def stored(self, order_id: str = "o-1", saga_name: str = ORDER.name) -> Saga | None:
        return self.at.store.get(order_id, saga_name)

    def standing(self, step: str, order_id: str = "o-1") -> str:
        entry = self.found(order_id).ledger.of(step)
        return entry.standing.name.lower() if entry else "unreached"

    def sent(self, order_id: str = "o-1") -> list[str]:
        """Every message that the saga ever emitted, in order."""
        return [key for entry in self.found(order_id).timeline for key in entry.messages]

    def state(self, order_id: str = "o-1") -> str:
        return str(self.found(order_id).state)

    def reasons(self) -> list[str]:
        """Of what was rejected, in order."""
        return [pointer["reason"] for pointer in self.rejected()]


def placed(amount: float = 100, **settings: str) -> Shop:
    shop = Shop(settings)
    shop.order("PLACED", amount=amount)
    return shop


def reserved(amount: float = 100, **settings: str) -> Shop:
    """Credit and stock are reserved; what comes next is asked for."""
    shop = placed(amount, **settings)
    shop.reply("reserve_credit#1", "reserve_stock#1")
    return shop
