"""The move itself, and what was emitted before it: each message is made by the version that emitted it."""

from dataclasses import replace
from typing import Final

import pytest

from saga_orchestrator.domain.errors import RejectedEvent, RetryableError
from saga_orchestrator.domain.flow.terms import Command
from saga_orchestrator.domain.registry import SagaRegistry
from saga_orchestrator.domain.render import encoded, render
from saga_orchestrator.domain.saga import Cause, Saga, TimelineEntry
from saga_orchestrator.domain.states import SagaState
from saga_orchestrator.domain.versions.emitting import Move, as_emitted
from saga_orchestrator.domain.versions.moving import moved
from saga_testing.samples.parked_orders import replied
from sagas.order import ORDER
from tests.unit.domain.order_versions import APPROVE, CREDIT, MESSAGES, SHIP, SHIPPING, STOCK, second


def test_a_move_changes_the_version_and_tells_it_and_nothing_else() -> None:
    new = second()
    after = moved(SHIPPING, new, Move(1, ORDER.fingerprint, 2, "ab12"), 77)

    assert after.timeline[-1] == TimelineEntry(77, Cause.OPERATED, f"moved:1:{ORDER.fingerprint}:2:ab12")
    assert after.outbox == ()
    assert (after.definition_version, after.definition_hash) == (2, new.fingerprint)
    same = ("timeline", "outbox", "version", "definition_version", "definition_hash")
    assert replace(after, **{name: getattr(SHIPPING, name) for name in same}) == SHIPPING
    assert after.version == SHIPPING.version + 1


SLOWER: Final = second(
    CREDIT,
    STOCK,
    APPROVE,
    replace(SHIP, within=60),
    settings={**ORDER.settings, "packing_seconds": 7},
    messages={
        **MESSAGES,
        "ship_order": Command("SHIP_ORDER_COMMAND", lambda order: {"pack": order.settings["packing_seconds"]}),
    },
)
THIRD: Final = replace(SLOWER, version=3, steps=(CREDIT, STOCK, APPROVE, replace(SHIP, within=90)))
CODE: Final = SagaRegistry((THIRD, SLOWER, ORDER))


def text(saga: Saga, key: str, sagas: SagaRegistry = CODE) -> str:
    then, definition = as_emitted(saga, key, sagas)
    return encoded(render(then, key, definition))


def keys(saga: Saga) -> list[str]:
    return [key for entry in saga.timeline for key in entry.messages]


def test_each_message_is_made_by_the_version_that_emitted_it_however_often_the_saga_moved() -> None:
    before = {key: encoded(render(SHIPPING, key, ORDER)) for key in keys(SHIPPING)}
    saga = moved(SHIPPING, SLOWER, Move(1, ORDER.fingerprint, 2, "a"), 1)
    again = replace(saga, timeline=(*saga.timeline, TimelineEntry(9, Cause.DEADLINE, "d", ("ship_order#2",))))
    between = encoded(render(again, "ship_order#2", SLOWER))
    last = moved(again, THIRD, Move(2, SLOWER.fingerprint, 3, "b"), 2)

    assert {key: text(last, key) for key in keys(SHIPPING)} == before
    assert text(last, "ship_order#2") == between
    assert '"pack":7' in between
    assert as_emitted(last, "ship_order#9", CODE)[1] is THIRD


def test_a_version_that_emitted_something_and_is_not_in_the_code_is_not_guessed() -> None:
    saga = moved(SHIPPING, SLOWER, Move(1, ORDER.fingerprint, 2, "a"), 1)
    edited = replace(ORDER, steps=(replace(CREDIT, within=7), *ORDER.steps[1:]))

    for code in ((SLOWER,), (SLOWER, edited)):
        with pytest.raises(RejectedEvent):
            text(saga, "reserve_credit#1", SagaRegistry(code))
    with pytest.raises(RetryableError):
        text(replace(saga, definition_version=9), "ship_order#9", CODE)


@pytest.mark.parametrize(
    "entry",
    [
        TimelineEntry(1, Cause.REPORTED, "moved:1:-:2:a"),
        TimelineEntry(1, Cause.OPERATED, "act:0123"),
        TimelineEntry(1, Cause.OPERATED, "moved:1:-:2"),
    ],
)
def test_no_other_entry_is_taken_for_a_move(entry: TimelineEntry) -> None:
    assert Move.told_by(entry) is None


@pytest.mark.parametrize("move", [Move(1, None, 2, "ab"), Move(12, "00c0ffee", 340, "0")])
def test_a_move_is_read_as_it_was_told(move: Move) -> None:
    assert Move.told_by(TimelineEntry(1, Cause.OPERATED, str(move))) == move


def test_a_saga_that_moved_goes_on_under_the_new_version() -> None:
    saga = moved(SHIPPING, SLOWER, Move(1, ORDER.fingerprint, 2, "a"), 1)

    assert CODE.definition_of(saga) is SLOWER
    assert replied(SHIPPING, "ship_order#1").state is SagaState.COMPLETED
