"""A definition with a mistake is refused when its module is imported, with all of its mistakes, in sentences."""

from dataclasses import replace
from typing import Any

import pytest

from saga_orchestrator.domain.definition import MessageSpec, SagaDefinition, Step, Undo
from saga_orchestrator.domain.flow.terms import Announcement, Answer, Command, Kept, Outcome, Retry
from saga_orchestrator.domain.registry import Role, SagaRegistry
from sagas.execution import EXECUTION_SAGA
from sagas.order import ORDER

CREDIT, STOCK, APPROVE, SHIP = ORDER.steps
SAID = Outcome("SAID", Answer.DONE)


@pytest.mark.parametrize(
    ("steps", "problem"),
    [
        ((replace(CREDIT, within=None),), "step 'reserve_credit' waits without a limit"),
        ((replace(CREDIT, awaits=(SAID,)),), "step 'reserve_credit' waits for an answer and for an event"),
        ((replace(CREDIT, retry=Retry(16)),), "step 'reserve_credit' makes 16 attempts, and 1 to 15 are possible"),
        ((replace(APPROVE, pivot=True),), "step 'approve' is the point of no return and sends nothing"),
        ((replace(STOCK, keeps={"x": Kept(list)}),), "step 'reserve_stock' keeps 'x', which is no text"),
        ((replace(APPROVE, keeps={"x": Kept(str)}),), "step 'approve' keeps data and asks nobody"),
        ((CREDIT, replace(CREDIT, key="other")), "command 'reserve_credit' is sent by two steps"),
        ((APPROVE, replace(APPROVE, key="again")), "event 'ORDER_APPROVED' means two things"),
        ((SHIP, replace(SHIP, key="again", sends="reserve_credit")), "only one step may be the point of no return"),
        ((SHIP, CREDIT), "step 'reserve_credit' has an undo after the point of no return"),
        ((SHIP, Step("check", check=lambda _: None)), "step 'check' may refuse after the point of no return"),
        ((replace(CREDIT, within="patience"),), "'patience' is no declared setting"),
        ((replace(CREDIT, sends="order_confirmed"),), "message 'order_confirmed' is awaited and no Command"),
        ((CREDIT, CREDIT), "step 'reserve_credit' is declared twice"),
        ((replace(CREDIT, sends="unheard"),), "message 'unheard' is not declared"),
    ],
)
def test_a_mistake_is_named(steps: tuple[Step, ...], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        replace(ORDER, steps=steps)


def test_all_mistakes_are_named_together() -> None:
    with pytest.raises(ValueError, match=r"without a limit.*16 attempts"):
        replace(ORDER, steps=(replace(CREDIT, within=None, retry=Retry(16)),))


def test_names_of_the_engines_own_messages_are_taken() -> None:
    with pytest.raises(ValueError, match="message 'saga_done' has a name of the engine's own"):
        replace(ORDER, messages={**ORDER.messages, "saga_done": Announcement("DONE")})


def test_a_waiting_sagas_messages_are_made_from_what_was_known() -> None:
    spec: Any = MessageSpec("X", lambda _saga, _entry: {})
    with pytest.raises(ValueError, match="message 'x' is neither a Command nor an Announcement"):
        replace(ORDER, messages={**ORDER.messages, "x": spec})


def test_a_saga_of_executions_cannot_wait() -> None:
    step = Step("ask", sends="ask", within=1, undo=Undo(sends="drop", within=1))
    with pytest.raises(ValueError, match="step 'ask' waits, and only a saga with a start event of its own can wait"):
        SagaDefinition("plain", 1, (step,), messages={"ask": Command("ASK"), "drop": Command("DROP")})


def test_events_lead_to_the_saga_that_names_them() -> None:
    routes = SagaRegistry((EXECUTION_SAGA, ORDER)).routes

    assert {name: (route.definition.name, route.role) for name, route in routes.items()} == {
        "ORDER_PLACED": ("order_saga", Role.STARTS),
        "ORDER_CANCELLED": ("order_saga", Role.CANCELS),
        "ORDER_APPROVED": ("order_saga", Role.REPORTS),
        "ORDER_DECLINED": ("order_saga", Role.REPORTS),
    }
    assert SagaRegistry((EXECUTION_SAGA, ORDER)).of_executions == (EXECUTION_SAGA,)


def test_two_sagas_cannot_name_one_event() -> None:
    with pytest.raises(ValueError, match="event ORDER_PLACED is named by order_saga and by another"):
        SagaRegistry((ORDER, replace(ORDER, name="another")))
