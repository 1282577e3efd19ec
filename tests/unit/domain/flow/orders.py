"""An order that is played signal by signal, through the decision alone."""

import json
from dataclasses import dataclass, field, replace
from typing import Any

from saga_orchestrator.domain.decide import Decision, Rules, Verdict
from saga_orchestrator.domain.definition import SagaDefinition
from saga_orchestrator.domain.events import DeadlinePassed
from saga_orchestrator.domain.flow.deciding import Signal, decide_waiting
from saga_orchestrator.domain.flow.signals import CancelAsked, CommandAnswered, SagaOpened, StepReported
from saga_orchestrator.domain.flow.terms import Answer
from saga_orchestrator.domain.flow.verbs import OperatorActed, Verb
from saga_orchestrator.domain.policy import Policy
from saga_orchestrator.domain.render import render
from saga_orchestrator.domain.saga import Saga
from saga_testing.samples.sample_events import NOW_MS
from sagas.order import ORDER

OWNER = "ada"
RESERVED = {"reservation": "shelf-7"}


@dataclass
class Played:
    """Every signal has an event id of its own, unless a test says otherwise."""

    definition: SagaDefinition = ORDER
    amount: int = 100
    policy: Policy = field(default_factory=Policy)
    saga: Saga | None = None
    now: int = NOW_MS
    last: Decision | None = None
    signals: int = 0
    sent: list[str] = field(default_factory=list)

    def take(self, signal: Signal) -> Decision:
        decision = decide_waiting(self.saga, signal, self.now, Rules(self.definition, self.policy))
        self.last = decision
        if decision.changed:
            self.saga = decision.saga
            self.sent += decision.messages
        return decision

    def place(self, **fields: Any) -> "Played":
        content = {"customer": "c-1", "amount": self.amount, "items": [{"sku": "a", "quantity": 1}]}
        signal = SagaOpened(
            **self._identity("ORDER_PLACED"),
            requested_at=self.now,
            owner=OWNER,
            input=json.dumps(content),
            request_hash=b"h",
        )
        self.take(replace(signal, **fields))
        return self

    def reply(self, message: str, answer: Answer = Answer.DONE, **fields: Any) -> "Played":
        data = RESERVED if message.startswith("reserve_stock") else {}
        signal = CommandAnswered(**self._identity("COMMAND_REPLY"), message=message, answer=answer, data=data)
        self.take(replace(signal, **fields))
        return self

    def report(self, event_type: str, actor: str = "boss", *, by_operator: bool = False) -> "Played":
        self.take(StepReported(**self._identity(event_type), actor=actor, by_operator=by_operator))
        return self

    def cancel(self, actor: str = OWNER, **fields: Any) -> "Played":
        self.take(replace(CancelAsked(**self._identity("ORDER_CANCELLED"), actor=actor), **fields))
        return self

    def act(self, verb: Verb, step: str | None = None, **fields: Any) -> "Played":
        signal = OperatorActed(**self._identity("act"), verb=verb, actor="ops", step=step)
        self.take(replace(signal, **fields))
        return self

    def wait(self, seconds: float) -> "Played":
        """Time passes; the checker looks as soon as something is due, as often as it must."""
        until = self.now + int(seconds * 1000)
        while self.saga is not None and self.saga.deadline is not None and self.saga.deadline <= until:
            self.now = max(self.now, self.saga.deadline)
            self.take(DeadlinePassed())
        self.now = until
        return self

    def standing(self, step: str) -> str:
        entry = self.saga.ledger.of(step) if self.saga else None
        return entry.standing.name.lower() if entry else "unreached"

    def body(self, key: str) -> dict[str, Any]:
        assert self.saga is not None
        return dict(render(self.saga, key, self.definition).body)

    @property
    def verdict(self) -> Verdict:
        assert self.last is not None
        return self.last.verdict

    @property
    def state(self) -> str:
        assert self.saga is not None
        return str(self.saga.state)

    def _identity(self, event_type: str) -> dict[str, Any]:
        self.signals += 1
        return {"event_id": f"e-{self.signals}", "event_type": event_type, "key": "o-1", "correlation_id": "c-1"}


def placed(amount: int = 100, **fields: Any) -> Played:
    return Played(amount=amount, **fields).place()


def reserved(amount: int = 100, **fields: Any) -> Played:
    """Credit and stock are reserved; what comes next is asked for."""
    return placed(amount, **fields).reply("reserve_credit#1").reply("reserve_stock#1")
