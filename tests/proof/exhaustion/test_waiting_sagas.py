"""No reservation without an owner, whatever participants and time do."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from saga_orchestrator.domain.definition import SagaDefinition, Step, Undo
from saga_orchestrator.domain.flow import compensation
from saga_orchestrator.domain.flow.ledger import UNDOING, Entry, Standing
from saga_orchestrator.domain.flow.signals import SagaOpened
from saga_orchestrator.domain.flow.terms import Command, Retry, Start
from saga_orchestrator.domain.flow.turn import Draft, Turn
from saga_orchestrator.domain.saga import Saga
from saga_orchestrator.domain.states import SagaState
from saga_testing.samples.sample_events import NOW_MS
from sagas.order import ORDER
from tests.proof.exhaustion.waiting_sagas import OWNER, Search, jumps, leak

PLACED = SagaOpened(
    event_id="e-1",
    event_type="ORDER_PLACED",
    key="o-1",
    correlation_id="c-1",
    requested_at=NOW_MS,
    owner=OWNER,
    input="{}",
    request_hash=b"h",
)


def searched(amount: int, **options: Any) -> Search:
    content = {"customer": "c-1", "amount": amount, "items": [{"sku": "a", "quantity": 1}]}
    placed = replace(PLACED, input=json.dumps(content))
    return Search(ORDER, placed, DATA, leak, settings={"order_attempts": 2}, **options)


DATA = {"reserve_stock": {"reservation": "shelf-7"}}


@pytest.mark.parametrize("amount", [100, 1001])
def test_an_order_never_leaves_a_reservation_behind(amount: int) -> None:
    reports = frozenset({"ORDER_APPROVED", "ORDER_DECLINED"}) if amount > 1000 else frozenset()
    search = searched(amount, reports=reports, most=8_000)

    search.run()

    assert search.seen >= 8_000


PAIR = SagaDefinition(
    name="pair_saga",
    version=1,
    starts=Start("PAIR_ASKED", key="pair_id", input=dict),
    cancels="PAIR_CANCELLED",
    steps=(
        Step("left", sends="take_left", within=30, retry=Retry(2), undo=Undo(sends="drop_left", within=30)),
        Step("right", sends="take_right", within=30, holds_earlier=True, undo=Undo(sends="drop_right", within=30)),
    ),
    messages={kind: Command(kind.upper()) for kind in ("take_left", "drop_left", "take_right", "drop_right")},
)


def pair(*, bars: bool = True) -> Search:
    return Search(PAIR, PLACED, {}, lambda here: leak(here) or jumps(PAIR, here), bars=bars)


def test_everything_that_can_become_of_a_pair_leaves_nothing_behind() -> None:
    search = pair()

    search.run()

    assert search.complete
    assert {"completed completed", "failed refused", "timeout no_answer", "cancelled cancelled"} <= {*search.endings}
    assert {("left", "UNDO_PARKED"), ("right", "UNDO_PARKED"), ("left", "UNDO_BACKING_OFF")} & search.standings


def owes_only_what_is_done(saga: Saga, step: Step) -> bool:
    entry = saga.ledger.of(step.key)
    return entry is not None and entry.standing in {Standing.DONE, *UNDOING} and step.key not in saga.compensated_steps


def finishes_early(draft: Draft, turn: Turn) -> Draft:
    return draft.change(state=SagaState.FAILED, outcome=SagaState.FAILED).emit("saga_failed")


def forgets_what_came_late(draft: Draft, _step: Step, entry: Entry) -> Draft:
    return draft.enter(entry)


@pytest.mark.parametrize(
    ("module", "name", "instead"),
    [
        pytest.param(compensation, "owes_undo", owes_only_what_is_done, id="an unanswered attempt owes nothing"),
        pytest.param(Entry, "answered", lambda entry, _: replace(entry, unanswered=0), id="attempts are mixed up"),
        pytest.param(compensation, "finish", finishes_early, id="the end comes before the undo is confirmed"),
    ],
)
def test_a_planted_bug_is_found(
    monkeypatch: pytest.MonkeyPatch, module: Any, name: str, instead: Callable[..., Any]
) -> None:
    monkeypatch.setattr(module, name, instead)

    with pytest.raises(AssertionError, match=r"is held by nobody|was told|nothing will move it"):
        pair().run()


def test_an_undo_that_jumps_its_barrier_is_found() -> None:
    left, right = PAIR.steps
    open_gate = replace(PAIR, steps=(left, replace(right, holds_earlier=False)))
    search = Search(open_gate, PLACED, {}, lambda here: leak(here) or jumps(PAIR, here))

    with pytest.raises(AssertionError, match="was taken back before"):
        search.run()


def test_where_a_participant_bars_nothing_a_late_done_is_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    careless = pair(bars=False)
    careless.run()
    assert careless.complete

    monkeypatch.setattr(compensation, "ask_again", forgets_what_came_late)
    with pytest.raises(AssertionError, match="is held by nobody"):
        pair(bars=False).run()
