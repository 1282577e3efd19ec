"""How an order comes to every shape that today's code stores: events and replies one after the other."""

from dataclasses import dataclass, field
from typing import Any, Final

from saga_orchestrator.domain.registry import SagaRegistry
from saga_testing.samples.sample_orders import order_event, reply
from sagas.execution import EXECUTION_SAGA
from sagas.order import ORDER
from tests.release.compatibility.deployment import Json, OlderTable

SECOND: Final = 1000
REGISTERED: Final = SagaRegistry((EXECUTION_SAGA, ORDER))


@dataclass(frozen=True, slots=True)
class OrderHistory:
    """Steps are events with the source they come from, or seconds after which the checker runs."""

    about: str
    steps: tuple[tuple[Json, str] | int, ...]
    settings: dict[str, str] = field(default_factory=dict)

    def play(self) -> OlderTable:
        deployment = OlderTable(self.settings, REGISTERED)
        for number, step in enumerate(self.steps, start=1):
            if isinstance(step, int):
                deployment.now += step * SECOND
                deployment.check()
                continue
            detail, source = step
            deployment.now += 2 * SECOND
            deployment.deliver({**detail, "event_id": f"evt-{number}"}, source)
        return deployment


def _event(name: str, source: str = "executions", **fields: Any) -> tuple[Json, str]:
    return order_event(name, **fields), source


def _reply(message: str, outcome: str = "done", **fields: Any) -> tuple[Json, str]:
    return reply(message, outcome, **fields), "executions"


PLACED: Final = _event("PLACED")
DEAR: Final = _event("PLACED", amount=1000.5)
CREDIT: Final = _reply("reserve_credit#1")
STOCK: Final = _reply("reserve_stock#1")
DECLINED: Final = _event("DECLINED")
CANCELLED: Final = _event("CANCELLED")
QUARTER: Final = 15 * 60

ORDER_HISTORIES: Final[dict[str, OrderHistory]] = {
    "stub_approved": OrderHistory("somebody approved what was not placed yet", (_event("APPROVED"),)),
    "stub_cancelled": OrderHistory("an operator cancelled it", (_event("CANCELLED", "saga-operator"),)),
    "credit_asked": OrderHistory("placed, and credit is asked for", (PLACED,)),
    "numbers_set": OrderHistory(
        "the deployment has numbers of its own", (PLACED,), {"SAGA_SETTINGS": '{"order_saga": {"order_attempts": 5}}'}
    ),
    "credit_asked_again": OrderHistory("its first attempt fell silent", (PLACED, 31)),
    "credit_backs_off": OrderHistory("its first attempt failed", (PLACED, _reply("reserve_credit#1", "failed"))),
    "stock_asked": OrderHistory("credit is reserved", (PLACED, CREDIT)),
    "approved_early": OrderHistory("approved before its step was reached", (DEAR, _event("APPROVED"))),
    "approval_awaited": OrderHistory("too dear to go without a word", (DEAR, CREDIT, STOCK)),
    "ship_asked": OrderHistory("past the point of no return", (PLACED, CREDIT, STOCK)),
    "ship_parked": OrderHistory("nobody says whether it was shipped", (PLACED, CREDIT, STOCK, 31, 31, 31)),
    "completed": OrderHistory("shipped", (PLACED, CREDIT, STOCK, _reply("ship_order#1"))),
    "declined": OrderHistory("declined, and both undos are asked for", (DEAR, CREDIT, STOCK, DECLINED)),
    "failed": OrderHistory(
        "both are taken back", (DEAR, CREDIT, STOCK, DECLINED, _reply("release_stock#1"), _reply("release_credit#1"))
    ),
    "undo_backs_off": OrderHistory(
        "one undo failed", (DEAR, CREDIT, STOCK, DECLINED, _reply("release_stock#1", "failed"))
    ),
    "undo_parked": OrderHistory(
        "one undo was refused", (DEAR, CREDIT, STOCK, DECLINED, _reply("release_stock#1", "refused"))
    ),
    "undo_parked_asked_slowly": OrderHistory(
        "and asked again", (DEAR, CREDIT, STOCK, DECLINED, _reply("release_stock#1", "refused"), QUARTER)
    ),
    "refused": OrderHistory("there is no credit", (PLACED, _reply("reserve_credit#1", "refused", reason="no_credit"))),
    "timeout": OrderHistory(
        "nobody answers about credit, and its undo is confirmed",
        (PLACED, 31, 31, 31, _reply("release_credit#1")),
    ),
    "cancelled": OrderHistory("its customer cancelled", (PLACED, CANCELLED, _reply("release_credit#1"))),
    "late_done": OrderHistory(
        "done after it was taken back: the undo is asked for again",
        (PLACED, CANCELLED, _reply("release_credit#1"), CREDIT),
    ),
}
