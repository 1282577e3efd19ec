"""Orders as the functions leave them in the table: what waits for an operator."""

import json
from typing import Any, Final

from saga_orchestrator.domain.decide import Rules
from saga_orchestrator.domain.events import DeadlinePassed
from saga_orchestrator.domain.flow.deciding import Signal, decide_waiting
from saga_orchestrator.domain.flow.signals import CommandAnswered, SagaOpened
from saga_orchestrator.domain.flow.terms import Answer
from saga_orchestrator.domain.policy import Policy
from saga_orchestrator.domain.saga import Saga
from saga_testing.samples.sample_events import NOW_MS
from sagas.order import ORDER

KEY: Final = "o-1"
OWNER: Final = "ada"
_RULES: Final = Rules(ORDER, Policy())
_COMMON: Final[dict[str, Any]] = {"event_type": "any", "key": KEY, "correlation_id": "c-1"}


def reserved_order() -> Saga:
    """Credit and stock are reserved, and shipping is asked for."""
    placed = {"customer": "c-1", "amount": 7, "items": [{"sku": "a", "quantity": 1}]}
    begin = SagaOpened(
        event_id="e-1", requested_at=NOW_MS, owner=OWNER, input=json.dumps(placed), request_hash=b"h", **_COMMON
    )
    saga = replied(_after(None, begin), "reserve_credit#1")
    return replied(saga, "reserve_stock#1", data={"reservation": "r-1"})


def stuck_order(*answers: Answer) -> Saga:
    """The point of no return has used up its attempts; `answers` to them came after that."""
    saga = reserved_order()
    while not saga.ledger.parked:
        assert saga.deadline is not None
        saga = _after(saga, DeadlinePassed(), saga.deadline)
    for number, answer in enumerate(answers, 1):
        saga = replied(saga, f"ship_order#{number}", answer)
    return saga


def replied(saga: Saga, message: str, answer: Answer = Answer.DONE, data: dict[str, str] | None = None) -> Saga:
    reply = CommandAnswered(event_id=f"e-{message}", message=message, answer=answer, data=data or {}, **_COMMON)
    return _after(saga, reply)


def _after(saga: Saga | None, signal: Signal, now: int = NOW_MS) -> Saga:
    made = decide_waiting(saga, signal, now, _RULES).saga
    assert made is not None
    return made
