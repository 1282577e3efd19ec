"""Faults that a search through all runs has found, each as the shortest run that shows it."""

from saga_orchestrator.domain.definition import SagaDefinition, Step, Undo
from saga_orchestrator.domain.flow.terms import Announcement, Answer, Command, OnExhausted, Retry, Start
from saga_orchestrator.domain.flow.verbs import Refused, Verb
from tests.unit.domain.flow.orders import Played, reserved

DEED = SagaDefinition(
    name="deed_saga",
    version=1,
    starts=Start("DEED_ASKED", key="deed_id", input=dict),
    steps=(
        Step("draw_up", sends="draw_up", within=30, retry=Retry(2), undo=Undo(sends="tear_up", within=30)),
        Step("sign", sends="sign", within=30, emits=("signing",), on_exhausted=OnExhausted.PARK),
        Step("pay", sends="pay", within=30, pivot=True),
        Step("file", sends="file", within=30),
    ),
    messages={
        **{kind: Command(kind.upper()) for kind in ("draw_up", "tear_up", "sign", "pay", "file")},
        "signing": Announcement("SIGNING", lambda deed: {"done": list(deed.completed_steps)}),
    },
)


def deed() -> Played:
    return Played(DEED).place()


def test_no_step_is_reached_by_an_answer_that_led_back() -> None:
    order = reserved(amount=1001)
    assert order.standing("approve") == "asked"

    unusable = Played(amount=1001).place().reply("reserve_credit#1").reply("reserve_stock#1", data={})

    assert (unusable.state, unusable.standing("approve")) == ("compensating", "unreached")


def test_what_a_step_tells_beside_its_command_has_the_same_bytes_for_ever() -> None:
    saga = deed().reply("draw_up#1")
    told = saga.body("signing#1")

    saga.reply("sign#1").reply("pay#1").reply("file#1")

    assert saga.body("signing#1") == told
    assert told["done"] == ["draw_up"]


def test_behind_the_point_of_no_return_no_operator_takes_back_what_happened() -> None:
    saga = deed().reply("draw_up#1").reply("sign#1").reply("pay#1").reply("file#1", Answer.REFUSED)

    saga.act(Verb.UNDO)

    assert (saga.state, saga.last and saga.last.told) == ("running", Refused.NO_PIVOT)


def test_an_older_undos_refusal_told_again_does_not_park_what_an_operator_retries() -> None:
    saga = deed().reply("draw_up#1").reply("sign#1", Answer.REFUSED).reply("tear_up#1", Answer.REFUSED)
    saga.act(Verb.RETRY)

    saga.reply("tear_up#1", Answer.REFUSED)

    assert saga.standing("draw_up") == "undo_asked"
