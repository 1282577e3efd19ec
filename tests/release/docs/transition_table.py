"""The two tables of docs/architecture.md, made by the code that decides.

Printed by `python -m tests.release.docs.transition_table`.
"""

import sys
from collections.abc import Iterable, Mapping
from typing import Final

from saga_orchestrator.domain.decide import Rules, Verdict, decide
from saga_orchestrator.domain.events import DeadlinePassed, Event, EventType, Signal
from saga_orchestrator.domain.policy import Policy
from saga_orchestrator.domain.saga import Saga
from saga_orchestrator.domain.states import TRANSITIONS, SagaState
from saga_orchestrator.entrypoints.decoding import decode_event
from saga_testing.samples.sample_events import NOW_MS, event
from sagas.execution import EXECUTION_SAGA

RULES: Final = Rules(EXECUTION_SAGA, Policy())
LONG_AFTER: Final = NOW_MS + 86_400_000 // 2


def transitions() -> str:
    """Which state may follow which, as `domain/states.py` allows it."""
    rows = (
        (
            f"`{state}`",
            ", ".join(f"`{after}`" for after in SagaState if after in TRANSITIONS[state]) or "nothing: final",
        )
        for state in SagaState
    )
    return _table(("state", "may become"), rows)


def outcomes() -> str:
    """What `decide` makes of each signal in each situation: the state afterwards, and the messages sent."""
    signals = (*(event_type.removeprefix("EXECUTION_") for event_type in EventType), "deadline passed")
    rows = (
        (situation, *(_outcome(saga, signal) for signal in _every_signal()))
        for situation, saga in _situations().items()
    )
    return _table(("", *signals), rows)


def _situations() -> Mapping[str, Saga | None]:
    running = _after(None, EventType.REQUESTED)
    started = _after(running, EventType.STARTED)
    return {
        "nothing stored": None,
        "`created`, a start remembered": _after(None, EventType.STARTED),
        "`created`, a failure remembered": _after(None, EventType.FAILED),
        "`running`, pod not seen": running,
        "`running`, pod started": started,
        "`completed`": _after(started, EventType.COMPLETED),
        "`failed`": _after(started, EventType.FAILED),
        "`timeout`": _after(started, EventType.TIMEOUT),
        "`cancelled`": _after(started, EventType.CANCELLED),
    }


def _after(saga: Saga | None, event_type: EventType) -> Saga | None:
    return decide(saga, _arrival(event_type), NOW_MS, RULES).saga


def _arrival(event_type: EventType) -> Event:
    """A well-formed event that nobody has seen; a cancel comes from the owner."""
    return decode_event(event(event_type), event_type, by_operator=False, script_buckets=frozenset())


def _every_signal() -> tuple[Signal, ...]:
    return (*(_arrival(event_type) for event_type in EventType), DeadlinePassed())


def _outcome(saga: Saga | None, signal: Signal) -> str:
    now = LONG_AFTER if isinstance(signal, DeadlinePassed) else NOW_MS
    decision = decide(saga, signal, now, RULES)
    if decision.verdict is not Verdict.APPLIED or decision.saga is None:
        return str(decision.verdict)
    return "<br/>".join([f"**{decision.saga.state}**", *(key.partition("#")[0] for key in decision.messages)])


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


if __name__ == "__main__":
    sys.stdout.write(f"{transitions()}\n{outcomes()}")
