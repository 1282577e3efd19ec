"""A definition with a mistake is refused when its module is imported, with all of its mistakes, in sentences."""

from dataclasses import replace
from typing import Any

import pytest

from saga_orchestrator.domain.definition import MessageSpec, SagaDefinition, Step, Undo
from saga_orchestrator.domain.flow.terms import Announcement, Answer, Command, Kept, Outcome, Retry
from saga_orchestrator.domain.registry import Role, SagaRegistry
from saga_orchestrator.domain.states import SagaState
from sagas.execution import EXECUTION_SAGA
from sagas.order import ORDER

CREDIT, STOCK, APPROVE, SHIP = ORDER.steps
SAID = Outcome("SAID", Answer.DONE)
UNDO = Undo(sends="release_credit", within=30)


@pytest.mark.parametrize(
    ("steps", "problem"),
    [
        ((replace(CREDIT, within=None),), "step 'reserve_credit' waits without a limit"),
        ((replace(CREDIT, awaits=(SAID,), keeps={"x": Kept(str)}),), "and an event may come instead of it"),
        (
            (replace(CREDIT, undo=replace(UNDO, retry=Retry(16))),),
            "the undo of step 'reserve_credit' makes 16 attempts",
        ),
        ((replace(CREDIT, retry=Retry(backoff_seconds=-1)),), "backs off for less than nothing"),
        ((replace(CREDIT, retry=Retry(backoff_seconds=9, cap_seconds=3)),), "or for longer than its cap"),
        ((replace(CREDIT, within=0),), "a limit of 0 seconds is none"),
        ((replace(CREDIT, undo=replace(UNDO, within=-3)),), "a limit of -3 seconds is none"),
        ((replace(STOCK, keeps={f"x{n}": Kept(str, 1024) for n in range(5)}),), "may keep 5120 bytes of answers"),
        (tuple(Step(f"s{n}") for n in range(25)), "it has 25 steps, and 24 are possible"),
        ((STOCK, replace(APPROVE, awaits=(replace(SAID, implies=True),))), "a later event implies it without one"),
        ((replace(CREDIT, emits=("order_confirmed",)),), "message 'order_confirmed' is emitted in two places"),
        ((SHIP, STOCK), "message 'ship_order' reads data of 'reserve_stock', which is not known by then"),
        ((replace(APPROVE, when=lambda order: order.data["x"]["y"]),), "when of step 'approve' reads data of 'x'"),
        ((replace(APPROVE, when=lambda order: order.input["prize"] > 3),), "reads input field 'prize'"),
        ((replace(APPROVE, when=lambda order: order.settings["most"] > 3),), "reads setting 'most'"),
        ((replace(CREDIT, check=lambda order: order.data["x"]["y"]),), "check of step 'reserve_credit' reads"),
        ((replace(STOCK, when=lambda _: True), SHIP), "message 'ship_order' reads data of 'reserve_stock'"),
        ((replace(CREDIT, retry=Retry(16)),), "step 'reserve_credit' makes 16 attempts, and 1 to 15 are possible"),
        ((replace(APPROVE, pivot=True),), "step 'approve' is the point of no return and sends nothing"),
        ((replace(STOCK, keeps={"x": Kept(list)}), SHIP), "step 'reserve_stock' keeps 'x', which is no text"),
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
    with pytest.raises(ValueError, match=r"16 attempts.*without a limit"):
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


def test_an_undo_reads_nothing_that_a_step_that_was_given_up_never_told() -> None:
    reads: Any = lambda order: {"reservation": order.data["reserve_stock"]["reservation"]}  # noqa: E731 - a body
    asks: Any = lambda order: {"reservation": order.data.get("reserve_stock", {}).get("reservation")}  # noqa: E731 - a body
    with pytest.raises(ValueError, match="message 'release_stock' reads data of 'reserve_stock'"):
        replace(ORDER, messages={**ORDER.messages, "release_stock": Command("RELEASE_STOCK_COMMAND", reads)})

    assert replace(ORDER, messages={**ORDER.messages, "release_stock": Command("RELEASE_STOCK_COMMAND", asks)})


def test_an_outcome_other_than_completed_reads_nothing_of_answers() -> None:
    with pytest.raises(ValueError, match="message 'order_confirmed' reads data of 'reserve_stock'"):
        replace(ORDER, announces={SagaState.FAILED: ("order_confirmed",)})


def test_a_setting_that_limits_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="the default of order_reply_seconds of order_saga must be"):
        replace(ORDER, settings={**ORDER.settings, "order_reply_seconds": 0})


def test_a_function_that_raises_over_stand_ins_is_no_mistake_yet() -> None:
    raises: Any = lambda order: 1 / 0  # noqa: E731, ARG005 - a body that always raises
    assert replace(ORDER, messages={**ORDER.messages, "release_stock": Command("RELEASE_STOCK_COMMAND", raises)})


def test_what_is_shown_is_a_field_of_the_input() -> None:
    assert ORDER.starts is not None
    with pytest.raises(ValueError, match="'price' is shown, and the input has no such field"):
        replace(ORDER, starts=replace(ORDER.starts, shown=("customer", "price")))
