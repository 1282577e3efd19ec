"""Which saga may go on under a newer version: all that it has taken and skipped is how that one begins."""

from dataclasses import dataclass, make_dataclass, replace
from types import SimpleNamespace
from typing import Annotated, Any, Final

import pytest
from annotated_types import Len

from saga_orchestrator.domain.definition import SagaDefinition, Step, Undo
from saga_orchestrator.domain.flow.ledger import Entry, Ledger, Standing
from saga_orchestrator.domain.flow.terms import Announcement, Answer, Command, Kept, Outcome, Retry, Start, Who
from saga_orchestrator.domain.registry import SagaRegistry
from saga_orchestrator.domain.saga import Cause, EarlyEvent, Saga
from saga_orchestrator.domain.states import SagaState
from saga_orchestrator.domain.versions.emitting import Move
from saga_orchestrator.domain.versions.moving import Obstacle, Refusal, moved, refusal_of
from saga_testing.samples.parked_orders import stuck_order
from sagas.execution import EXECUTION_SAGA
from sagas.order import ORDER, OrderPlaced
from tests.unit.domain.order_versions import (
    APPROVE,
    CREDIT,
    MESSAGES,
    PACK,
    READING_NOTHING,
    SHIP,
    SHIPPING,
    STOCK,
    second,
)


def refused(saga: Saga, new: SagaDefinition, *others: SagaDefinition) -> Refusal | None:
    return refusal_of(saga, new, SagaRegistry((EXECUTION_SAGA, new, *(others or (ORDER,)))))


def asked_for_credit() -> Saga:
    """Only the first step is reached."""
    began = [replace(entry, messages=("saga_started#1", "reserve_credit#1")) for entry in SHIPPING.timeline[:1]]
    ledger = Ledger((Entry("reserve_credit", Standing.ASKED, 1, 2, due=9),))
    return replace(SHIPPING, timeline=tuple(began), completed_steps=(), data={}, ledger=ledger)


@pytest.mark.parametrize(
    "new",
    [
        second(),
        second(*ORDER.steps, PACK),
        second(replace(CREDIT, within=7, retry=Retry(9, 1, 1)), STOCK, APPROVE, replace(SHIP, within=60)),
        second(CREDIT, replace(STOCK, keeps={}), APPROVE, SHIP, announces={}, messages=READING_NOTHING),
        second(CREDIT, STOCK, replace(APPROVE, when=lambda _order: True), SHIP),
        second(settings={**ORDER.settings, "packing_seconds": 7}),
        second(cancels="ORDER_STOPPED", within=3600),
    ],
    ids=[
        "the same",
        "a step more at the end",
        "other times and attempts",
        "keeps less",
        "another condition of a step that was skipped",
        "a setting more",
        "another cancel, and a limit of its own",
    ],
)
def test_a_saga_moves_where_what_has_happened_is_the_beginning_of_the_new_version(new: SagaDefinition) -> None:
    assert refused(SHIPPING, new) is None
    assert refused(stuck_order(), new) is None


def test_what_comes_after_the_steps_that_were_reached_may_be_anything() -> None:
    new = second(
        CREDIT, PACK, STOCK, replace(SHIP, sends="pack_order_2"), messages={**MESSAGES, "pack_order_2": PACK_2}
    )

    assert refused(asked_for_credit(), new) is None
    assert refused(SHIPPING, new) == Refusal(Obstacle.STEPS, "reserve_stock")


PACK_2: Final = Command("PACK_AGAIN_COMMAND")
RENAMED: Final = replace(CREDIT, key="reserve_money")
OTHERWISE: Final = {**MESSAGES, "reserve_credit": Command("RESERVE_MONEY_COMMAND")}
BY_EVENT: Final = Outcome("CREDIT_RESERVED", Answer.DONE)


@pytest.mark.parametrize(
    ("new", "obstacle", "what"),
    [
        (second(STOCK, CREDIT, APPROVE, SHIP), Obstacle.STEPS, "reserve_credit"),
        (second(CREDIT, PACK, STOCK, APPROVE, SHIP), Obstacle.STEPS, "reserve_stock"),
        (second(CREDIT, STOCK, SHIP), Obstacle.STEPS, "approve"),
        (second(CREDIT, STOCK, APPROVE), Obstacle.STEPS, "ship"),
        (second(RENAMED, STOCK, APPROVE, SHIP), Obstacle.STEPS, "reserve_credit"),
        (second(STOCK, APPROVE, SHIP, retired=(CREDIT,)), Obstacle.STEPS, "reserve_credit"),
        (second(messages=OTHERWISE), Obstacle.MESSAGES, "reserve_credit"),
        (second(replace(CREDIT, undo=None), STOCK, APPROVE, SHIP), Obstacle.MESSAGES, "reserve_credit"),
        (
            second(replace(CREDIT, undo=Undo(sends="pack_order")), STOCK, APPROVE, SHIP),
            Obstacle.MESSAGES,
            "reserve_credit",
        ),
        (second(replace(CREDIT, awaits=(BY_EVENT,)), STOCK, APPROVE, SHIP), Obstacle.MESSAGES, "reserve_credit"),
        (second(CREDIT, replace(STOCK, holds_earlier=True), APPROVE, SHIP), Obstacle.MESSAGES, "reserve_stock"),
        (second(CREDIT, STOCK, APPROVE, replace(SHIP, pivot=False)), Obstacle.MESSAGES, "ship"),
        (second(CREDIT, STOCK, replace(APPROVE, sends="pack_order"), SHIP), Obstacle.MESSAGES, "approve"),
        (second(CREDIT, replace(STOCK, claims=lambda _order: "x"), APPROVE, SHIP), Obstacle.MESSAGES, "reserve_stock"),
    ],
)
def test_other_steps_or_other_messages_keep_it(new: SagaDefinition, obstacle: Obstacle, what: str) -> None:
    assert refused(SHIPPING, new) == Refusal(obstacle, what)


# -- settings, input, data


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"more": 1, **ORDER.settings}, "order_reply_seconds"),
        ({name: value for name, value in ORDER.settings.items() if name != "approval_above"}, "approval_above"),
    ],
)
def test_numbers_are_kept_by_place_so_the_names_that_were_there_come_first(settings: Any, what: str) -> None:
    new = second(CREDIT, STOCK, replace(APPROVE, when=lambda _order: False), SHIP, settings=settings)

    assert refused(SHIPPING, new) == Refusal(Obstacle.SETTINGS, what)


def test_a_number_that_is_new_has_its_default_and_the_others_stay() -> None:
    began_otherwise = replace(SHIPPING, settings=(31, 4, 5, 6))
    new = second(settings={**ORDER.settings, "packing_seconds": 7})

    assert moved(began_otherwise, new, Move(1, None, 2, "a"), 5).settings == (31, 4, 5, 6, 7)


def starting(*fields: Any, key: str = "order_id") -> SagaDefinition:
    return second(starts=Start("ORDER_PLACED", key, make_dataclass("Placed", fields, frozen=True)))


CUSTOMER: Final = ("customer", Annotated[str, Len(1, 128)])
SAME: Final = [(name, kind) for name, kind in OrderPlaced.__annotations__.items()]


@pytest.mark.parametrize(
    ("new", "what"),
    [
        (starting(*SAME), None),
        (starting(*SAME, ("gift", bool)), "gift"),
        (starting(("customer", str), *SAME[1:]), "customer"),
        (starting(*SAME, key="order_key"), "key"),
    ],
)
def test_the_new_model_may_ask_for_nothing_that_the_old_one_did_not(new: SagaDefinition, what: str | None) -> None:
    assert refused(SHIPPING, new) == (Refusal(Obstacle.INPUT, what) if what else None)


def test_a_model_that_does_not_tell_its_fields_is_not_trusted() -> None:
    @dataclass(frozen=True)
    class Unknown:
        customer: "NotThere"  # type: ignore[name-defined] # noqa: F821 - what is tried

    new = replace(second(), starts=Start("ORDER_PLACED", "order_id", Unknown), steps=(PACK,), announces={})

    assert refusal_of(replace(asked_for_credit(), ledger=Ledger()), new, SagaRegistry((ORDER, new))) == Refusal(
        Obstacle.INPUT, "model"
    )


@pytest.mark.parametrize(
    ("keeps", "what"),
    [
        ({"reservation": Kept(str, 64), "shelf": Kept(int)}, "reserve_stock.shelf"),
        ({"reservation": Kept(int)}, "reserve_stock.reservation"),
        ({"reservation": Kept(str, 2)}, "reserve_stock.reservation"),
    ],
)
def test_data_that_was_kept_must_be_what_the_new_version_reads(keeps: dict[str, Kept], what: str) -> None:
    new = second(CREDIT, replace(STOCK, keeps=keeps), APPROVE, SHIP)

    assert refused(SHIPPING, new) == Refusal(Obstacle.DATA, what)


def test_a_step_that_told_nothing_keeps_it_where_the_new_version_reads_of_it() -> None:
    new = second(replace(CREDIT, keeps={"line": Kept(str)}), STOCK, APPROVE, SHIP)

    assert refused(SHIPPING, new) == Refusal(Obstacle.DATA, "reserve_credit.line")
    assert refused(asked_for_credit(), new) is None


def test_a_step_that_was_skipped_and_can_no_longer_be_must_have_told_nothing_that_is_read() -> None:
    gift = Step("gift", sends="pack_order", within=5, keeps={"paper": Kept(str)}, when=lambda _order: False)
    old = replace(ORDER, steps=(CREDIT, STOCK, gift, SHIP), messages=MESSAGES)
    ledger = Ledger(tuple(replace(e, step="gift") if e.step == "approve" else e for e in SHIPPING.ledger.entries))
    saga = replace(SHIPPING, ledger=ledger, definition_hash=old.fingerprint)

    assert refused(saga, replace(old, version=2), old) is None
    always = replace(old, version=2, steps=(CREDIT, STOCK, replace(gift, when=None), SHIP))
    assert refused(saga, always, old) == Refusal(Obstacle.DATA, "gift.paper")


# -- events that came early


MAY_WAVE: Final = replace(APPROVE, awaits=tuple(replace(each, by=frozenset({Who.ANYONE})) for each in APPROVE.awaits))


def test_an_event_that_is_remembered_must_say_the_same() -> None:
    early = EarlyEvent(1, Cause.REPORTED, "e", actor="boss", event_type="ORDER_APPROVED")
    saga = replace(asked_for_credit(), early=(early,))
    stricter = replace(APPROVE, awaits=(Outcome("ORDER_APPROVED", Answer.DONE, by=frozenset({Who.ADMIN})),))
    differs = Refusal(Obstacle.REMEMBERED, "ORDER_APPROVED")

    assert refused(saga, second()) is None
    assert refused(saga, second(CREDIT, STOCK, stricter, SHIP)) == differs
    assert refused(saga, second(CREDIT, STOCK, SHIP)) == differs
    assert refused(saga, second(CREDIT, STOCK, replace(APPROVE, key="agree"), SHIP)) == differs
    assert refused(replace(saga, early=(replace(early, cause=Cause.CANCELLED),)), second(CREDIT, STOCK, SHIP)) is None
    # What it meant has been decided; who may say it from now on is no matter of its past.
    assert refused(replace(SHIPPING, early=(early,)), second(CREDIT, STOCK, MAY_WAVE, SHIP)) is None
    assert refused(saga, second(CREDIT, STOCK, MAY_WAVE, SHIP)) == differs


# -- what is sent next can be made


def raising(_order: Any) -> dict[str, Any]:
    raise ZeroDivisionError


def no_json(_order: Any) -> dict[str, Any]:
    return {"at": SimpleNamespace()}


@pytest.mark.parametrize("body", [raising, no_json])
@pytest.mark.parametrize("kind", ["release_credit", "release_stock", "ship_order"])
def test_what_the_new_version_would_send_next_is_made_before_the_move(kind: str, body: Any) -> None:
    new = second(messages={**MESSAGES, kind: Command(ORDER.messages[kind].type, body)})

    assert refused(SHIPPING, new) == Refusal(Obstacle.NOT_MADE, kind)
    asked = asked_for_credit()
    assert (refused(asked, new) is None) is (kind != "release_credit")


def test_of_one_that_compensates_the_undos_and_the_outcome_are_made() -> None:
    told = Announcement("ORDER_LOST", raising)
    new = second(messages={**MESSAGES, "order_lost": told}, announces={SagaState.FAILED: ("order_lost",)})
    entries = (Entry("reserve_credit", Standing.UNDO_ASKED, 1, undo=1), Entry("reserve_stock", Standing.REFUSED, 1))
    saga = replace(
        asked_for_credit(),
        state=SagaState.COMPENSATING,
        outcome=SagaState.FAILED,
        failed_step="reserve_stock",
        ledger=Ledger(entries),
    )

    assert refused(saga, second()) is None
    assert refused(saga, new) == Refusal(Obstacle.NOT_MADE, "order_lost")
    assert refused(saga, second(CREDIT, PACK, STOCK, SHIP)) == Refusal(Obstacle.STEPS, "reserve_stock")


def test_the_step_that_it_failed_at_is_a_part_of_its_past() -> None:
    """A check that refused has no word in the ledger."""
    weigh = Step("weigh", check=lambda _order: "too_heavy")
    old = replace(ORDER, steps=(CREDIT, weigh, STOCK, SHIP))
    saga = replace(
        asked_for_credit(),
        state=SagaState.COMPENSATING,
        outcome=SagaState.FAILED,
        failed_step="weigh",
        ledger=Ledger((Entry("reserve_credit", Standing.UNDO_ASKED, 1, undo=1),)),
        definition_hash=old.fingerprint,
    )

    assert refused(saga, replace(old, version=2), old) is None
    assert refused(saga, second(), old) == Refusal(Obstacle.STEPS, "weigh")


# -- sagas that are not moved at all


def test_what_has_ended_not_begun_or_is_there_already_stays() -> None:
    assert refused(replace(SHIPPING, state=SagaState.FAILED), second()) == Refusal(Obstacle.ENDED)
    assert refused(replace(SHIPPING, state=SagaState.CREATED), second()) == Refusal(Obstacle.NOT_BEGUN)
    for version in (2, 3):
        assert refused(replace(SHIPPING, definition_version=version), second()) == Refusal(Obstacle.NOT_OLDER)


def test_its_own_version_must_be_in_the_code_for_it_makes_what_it_has_emitted() -> None:
    edited = replace(ORDER, steps=(replace(CREDIT, within=7), *ORDER.steps[1:]))

    assert refusal_of(SHIPPING, second(), SagaRegistry((second(),))) == Refusal(Obstacle.VERSION_GONE)
    assert refused(SHIPPING, second(), edited) == Refusal(Obstacle.VERSION_EDITED)


def test_a_refusal_is_one_line() -> None:
    assert str(Refusal(Obstacle.ENDED)) == "ended"
    assert str(Refusal(Obstacle.STEPS, "ship")) == "steps_differ: ship"
