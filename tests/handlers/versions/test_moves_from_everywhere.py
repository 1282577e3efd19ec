"""From every situation in which a parcel can be: where it may move, it goes on to its end, and owes nobody anything."""

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any, Final

import pytest

from saga_orchestrator.domain.decide import Rules
from saga_orchestrator.domain.definition import SagaDefinition
from saga_orchestrator.domain.events import DeadlinePassed
from saga_orchestrator.domain.flow.compensation import owes_undo
from saga_orchestrator.domain.flow.deciding import Signal, decide_waiting
from saga_orchestrator.domain.flow.signals import CancelAsked, CommandAnswered, SagaOpened
from saga_orchestrator.domain.flow.terms import Answer
from saga_orchestrator.domain.policy import Policy
from saga_orchestrator.domain.render import encoded, render
from saga_orchestrator.domain.saga import Saga
from saga_orchestrator.domain.versions.emitting import Move, as_emitted
from saga_orchestrator.domain.versions.moving import Obstacle, moved, refusal_of
from saga_testing.samples.sample_events import NOW_MS
from tests.handlers.versions.parcel import FIRST, NEW, SECOND

EVENTS: Final = itertools.count(1)
ASKING: Final = frozenset({"collect_parcel", "return_parcel", "insure_parcel", "drop_insurance", "deliver_parcel"})
LONGEST: Final = 40


def common() -> dict[str, Any]:
    return {"event_id": f"e-{next(EVENTS)}", "event_type": "any", "key": "p-1", "correlation_id": "c"}


def opened() -> SagaOpened:
    content = json.dumps({"contents": "a clock"})
    return SagaOpened(requested_at=NOW_MS, owner="ada", input=content, request_hash=b"h", **common())


def answered(message: str, answer: Answer) -> CommandAnswered:
    data = {"policy": "pol-1"} if message.startswith("insure_parcel#") else {}
    return CommandAnswered(message=message, answer=answer, data=data, **common())


def after(saga: Saga | None, signal: Signal, definition: SagaDefinition) -> Saga | None:
    """None: nothing changes."""
    now = NOW_MS if saga is None or saga.deadline is None else saga.deadline
    decision = decide_waiting(saga, signal, now, Rules(definition, Policy()))
    return decision.saga if decision.changed else None


def asked(saga: Saga) -> list[str]:
    keys = (key for entry in saga.timeline for key in entry.messages)
    return [key for key in keys if key.partition("#")[0] in ASKING]


def possible(saga: Saga) -> Iterator[Signal]:
    yield DeadlinePassed()
    yield CancelAsked(actor="ada", **common())
    for key in asked(saga):
        yield from (answered(key, answer) for answer in Answer)


def situations(depth: int) -> list[Saga]:
    """All that can become of a parcel of the first version, each kind of situation once."""
    first = after(None, opened(), FIRST)
    assert first is not None
    known, edge = {situation(first): first}, [first]
    for _ in range(depth):
        found = [each for saga in edge for signal in possible(saga) if (each := after(saga, signal, FIRST))]
        edge = [saga for saga in found if situation(saga) not in known]
        known |= {situation(saga): saga for saga in edge}
    return list(known.values())


def situation(saga: Saga) -> tuple[object, ...]:
    words = tuple(replace(entry, due=None, since=None) for entry in saga.ledger.entries)
    return (saga.state, saga.completed_steps, saga.outcome, saga.failed_step, words)


@cache
def everywhere() -> list[Saga]:
    return situations(7)


@cache
def movable() -> list[Saga]:
    return [saga for saga in everywhere() if refusal_of(saga, SECOND, NEW) is None]


def test_there_are_many_situations_of_both_kinds() -> None:
    left = {refusal.obstacle for saga in everywhere() if (refusal := refusal_of(saga, SECOND, NEW))}

    assert len(everywhere()) > 50
    assert len(movable()) > 10
    assert {str(saga.state) for saga in movable()} == {"running", "compensating"}
    assert left == {Obstacle.ENDED, Obstacle.STEPS}


def of_latest(answer: Answer) -> Callable[[Saga], Signal]:
    return lambda saga: answered(asked(saga)[-1], answer)


def silence(_saga: Saga) -> Signal:
    return DeadlinePassed()


def cancelled_and_done(saga: Saga) -> Signal:
    if saga.outcome is None:
        return CancelAsked(actor="ada", **common())
    return answered(asked(saga)[-1], Answer.DONE)


GOING_ON: Final = {
    "all is done": of_latest(Answer.DONE),
    "all is refused": of_latest(Answer.REFUSED),
    "all fails": of_latest(Answer.FAILED),
    "nobody answers": silence,
    "it is recalled": cancelled_and_done,
}


def text(saga: Saga, key: str) -> str:
    then, definition = as_emitted(saga, key, NEW)
    return encoded(render(then, key, definition))


@pytest.mark.parametrize("goes_on", GOING_ON.values(), ids=GOING_ON)
def test_whatever_comes_after_the_move_ends_well_or_waits_for_an_operator(goes_on: Callable[[Saga], Signal]) -> None:
    for before in movable():
        told = {key: encoded(render(before, key, FIRST)) for entry in before.timeline for key in entry.messages}
        saga = moved(before, SECOND, Move(1, before.definition_hash, 2, "a"), NOW_MS)
        for _ in range(LONGEST):
            if saga.state.is_terminal or saga.ledger.parked:
                break
            saga = after(saga, goes_on(saga), SECOND) or after(saga, DeadlinePassed(), SECOND) or saga
            assert all(text(saga, key) for key in saga.outbox)

        assert saga.state.is_terminal or saga.ledger.parked, saga
        assert {key: text(saga, key) for key in told} == told
        if saga.state.is_terminal and saga.state != "completed":
            assert not any(owes_undo(saga, step) for step in SECOND.steps)
        if saga.state == "completed":
            assert saga.completed_steps == ("collect", "track", "insure", "deliver")
