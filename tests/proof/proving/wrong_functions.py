"""What the functions around the core would do if they got writes, races, answers or the bus wrong."""

from typing import Any

import pytest

from saga_orchestrator.adapters.saga_store import DynamoDbSagaStore
from saga_orchestrator.application import apply_event
from saga_orchestrator.application.apply_event import SagaWriter
from saga_orchestrator.application.ports import Fate, Stored
from saga_orchestrator.application.relay import Relay
from saga_orchestrator.domain.decide import Decision, Verdict
from saga_orchestrator.domain.errors import RetryableError

_send = Relay.send
_replace = DynamoDbSagaStore.replace
_answer = SagaWriter.answer
_settle = SagaWriter._settle


def sends_and_says_nothing(self: Any, writes: Any) -> str | None:
    _send(self, writes)
    return None


def takes_every_entry_for_sent(_answer: Any) -> Any:
    return Fate.PUBLISHED


def every_write_counts_as_done(self: Any, old: Any, new: Any, claims: Any, releases: Any) -> Any:
    try:
        return _replace(self, old, new, claims, releases)
    except Exception:  # noqa: BLE001 - the bug: whatever went wrong, it goes on
        return Stored()


def writes_over(self: Any, old: Any, new: Any, claims: Any, releases: Any) -> Any:
    outcome = _replace(self, old, new, claims, releases)
    return outcome if isinstance(outcome, Stored) else Stored()


def gives_up_a_lost_race(self: Any, saga: Any, signal: Any, rules: Any, decided: Any = None) -> Any:
    """What is decided on what won the race is thrown away."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(apply_event, "MAX_ATTEMPTS", 2 if saga is None else 1)
        try:
            return _settle(self, saga, signal, rules, decided)
        except RetryableError:
            return Decision(saga, Verdict.DUPLICATE)


def forgets_one_answer(self: Any, reply: Any, rules: Any, known: Any = None, decided: Any = None) -> Any:
    if reply.message == "take_right#1":
        return Decision(self.store.get(reply.key, rules.definition.name), Verdict.DUPLICATE)
    return _answer(self, reply, rules, known, decided)
