"""What other code makes of a stored saga: as the functions would, and before they are deployed."""

from dataclasses import replace
from typing import Any, Final

import pytest

from saga_orchestrator.domain.definition import SagaDefinition, Step, Undo
from saga_orchestrator.domain.errors import RejectedEvent, RetryableError
from saga_orchestrator.domain.flow.ledger import Entry, Ledger, Standing
from saga_orchestrator.domain.flow.terms import Answer, Outcome
from saga_orchestrator.domain.registry import SagaRegistry
from saga_orchestrator.domain.saga import Cause, EarlyEvent, Saga
from saga_orchestrator.domain.states import SagaState
from saga_orchestrator.domain.versions.emitting import Move
from saga_orchestrator.domain.versions.moving import moved
from saga_orchestrator.domain.versions.standing import STREAM_KEEPS_MS, Fate, Judgement, Why, judge
from saga_testing.samples.parked_orders import reserved_order, stuck_order
from saga_testing.samples.sample_events import NOW_MS
from sagas.execution import EXECUTION_SAGA
from sagas.order import ORDER

SECOND: Final = replace(ORDER, version=2, steps=(*ORDER.steps[:3], replace(ORDER.steps[3], within=9)))
WITHOUT_APPROVAL: Final = replace(ORDER, version=2, steps=(*ORDER.steps[:2], ORDER.steps[3]))
EDITED: Final = replace(ORDER, steps=(replace(ORDER.steps[0], within=7), *ORDER.steps[1:]))
RUNNING: Final = reserved_order()


def judged(saga: Saga, code: SagaRegistry, now: int = NOW_MS + STREAM_KEEPS_MS) -> Judgement:
    """When whatever it has emitted is published."""
    return judge(saga, code, now)


def known(*definitions: SagaDefinition) -> SagaRegistry:
    return SagaRegistry((EXECUTION_SAGA, *definitions))


def of_execution(**fields: Any) -> Saga:
    common: dict[str, Any] = {
        "state": SagaState.RUNNING,
        "definition_version": 1,
        "version": 1,
        "created_at": 1,
        "correlation_id": "c",
    }
    return Saga(execution_id="ex-1", saga_name="execution_saga", **{**common, **fields})


@pytest.mark.parametrize(
    ("code", "fate", "why"),
    [
        (known(ORDER), Fate.GOES_ON, None),
        (known(SECOND, ORDER), Fate.GOES_ON, None),
        (known(SECOND), Fate.SET_ASIDE, Why.UNKNOWN_DEFINITION),
        (known(EDITED), Fate.SET_ASIDE, Why.DEFINITION_CHANGED),
        (known(), Fate.SET_ASIDE, Why.UNKNOWN_DEFINITION),
    ],
    ids=["its own", "a newer one beside it", "its own is gone", "edited without a number", "its name is gone"],
)
def test_a_running_saga_needs_the_version_that_it_began_with(code: SagaRegistry, fate: Fate, why: Why | None) -> None:
    assert judged(RUNNING, code) == Judgement(fate, why, "ship")


def test_a_saga_of_newer_code_is_retried() -> None:
    newer = replace(RUNNING, definition_version=2, definition_hash=SECOND.fingerprint)

    assert judged(newer, known(ORDER)) == Judgement(Fate.RETRIED, Why.NEWER_VERSION, "ship")
    assert judged(newer, known(SECOND)).fate is Fate.GOES_ON


@pytest.mark.parametrize("code", [known(ORDER), known(SECOND, ORDER), known(SECOND), known(EDITED), known()])
@pytest.mark.parametrize("version", [1, 2, 3])
def test_it_is_judged_as_the_functions_will(code: SagaRegistry, version: int) -> None:
    """The judgement and what the event meets come from one place, and must not part."""
    saga = replace(RUNNING, definition_version=version)
    try:
        code.definition_of(saga)
        met = Fate.GOES_ON
    except RetryableError:
        met = Fate.RETRIED
    except RejectedEvent:
        met = Fate.SET_ASIDE

    assert judged(saga, code).fate is met


def test_the_steps_at_which_it_stands_are_told() -> None:
    ledger = Ledger((Entry("reserve_credit", Standing.UNDO_ASKED), Entry("reserve_stock", Standing.UNDO_PARKED)))
    back = replace(RUNNING, state=SagaState.COMPENSATING, ledger=ledger)

    assert judged(back, known(SECOND)).step == "reserve_credit, reserve_stock"
    assert judged(stuck_order(), known(SECOND)).step == "ship"


def test_numbers_that_are_not_the_definitions_make_it_unusable() -> None:
    assert judged(replace(RUNNING, settings=(30,), definition_hash=None), known(ORDER)).why is Why.CORRUPT_SAGA


# -- ended ones: a late answer may still ask for an undo


def ended(*entries: Entry) -> Saga:
    return replace(RUNNING, state=SagaState.FAILED, ledger=Ledger(entries))


@pytest.mark.parametrize(
    ("entry", "counts"),
    [
        (Entry("reserve_credit", Standing.GIVEN_UP, 2, 0b100), True),
        (Entry("reserve_credit", Standing.REFUSED, 2, 0b10), True),
        (Entry("reserve_credit", Standing.UNDONE, 2, 0b10, 1), True),
        (Entry("reserve_credit", Standing.UNDONE, 2, 0, 2, 1), True),
        (Entry("reserve_credit", Standing.UNDONE, 2, 0b10, 4, 3), False),
        (Entry("reserve_credit", Standing.UNDONE, 2, 0, 1), False),
        (Entry("reserve_credit", Standing.REFUSED, 1), False),
        (Entry("reserve_credit", Standing.DONE, 2, 0b10), False),
        (Entry("ship", Standing.GIVEN_UP, 2, 0b10), False),
        (Entry("approve", Standing.GIVEN_UP), False),
        (Entry("paid", Standing.GIVEN_UP), True),
    ],
    ids=[
        "an attempt has not answered",
        "refused, and an older attempt has not answered",
        "undone, and an older attempt has not answered",
        "its late undo may fail",
        "asked three times",
        "undone, all answered",
        "refused, all answered",
        "done, and never undone",
        "a step that nothing takes back",
        "an event about what nothing takes back",
        "an event about a step that nobody knows",
    ],
)
def test_an_ended_saga_counts_while_an_answer_may_ask_it_for_an_undo(entry: Entry, counts: bool) -> None:
    expected = Judgement(Fate.SET_ASIDE, Why.UNKNOWN_DEFINITION, entry.step) if counts else Judgement(Fate.GOES_ON)

    assert judged(ended(entry), known(SECOND)) == expected
    assert judged(ended(entry), known(SECOND, ORDER)).fate is Fate.GOES_ON


def test_of_an_ended_saga_that_nobody_knows_any_open_attempt_counts() -> None:
    assert judged(ended(Entry("ship", Standing.GIVEN_UP, 1, 0b10)), known()).fate is Fate.SET_ASIDE
    assert judged(ended(), known()).fate is Fate.GOES_ON


# -- stubs begin under the newest version


def stub(event_type: str, cause: Cause = Cause.REPORTED) -> Saga:
    early = EarlyEvent(1, cause, "e-1", event_type=event_type)
    return Saga("o-1", "order_saga", 1, SagaState.CREATED, 1, 1, "c", early=(early,))


def test_a_stub_forgets_what_the_newest_version_does_not_await() -> None:
    forgotten = Judgement(Fate.FORGETS, Why.UNKNOWN_EVENT)

    assert judged(stub("ORDER_APPROVED"), known(WITHOUT_APPROVAL, ORDER)) == forgotten
    assert judged(stub("ORDER_APPROVED"), known(ORDER)) == Judgement(Fate.GOES_ON)
    assert judged(stub("ORDER_CANCELLED", Cause.CANCELLED), known(WITHOUT_APPROVAL)) == Judgement(Fate.GOES_ON)
    assert judged(stub("ORDER_APPROVED"), known()) == Judgement(Fate.SET_ASIDE, Why.UNKNOWN_DEFINITION)


# -- executions go by the newest version, which has their retired steps


def test_an_execution_needs_every_step_that_it_has_done() -> None:
    mounted = of_execution(completed_steps=("validate_execution", "mount_disk"), definition_version=7)
    retired = replace(EXECUTION_SAGA, retired=(Step("mount_disk", undo=Undo()),))

    assert judged(mounted, known()) == Judgement(Fate.SET_ASIDE, Why.UNKNOWN_STEP, "mount_disk")
    assert judged(mounted, SagaRegistry((retired,))) == Judgement(Fate.GOES_ON)
    assert judged(replace(mounted, state=SagaState.COMPLETED), known()) == Judgement(Fate.GOES_ON)
    assert judged(of_execution(definition_version=7), known()) == Judgement(Fate.GOES_ON)


def test_an_execution_whose_deletes_are_confirmed_is_judged_with_its_ledger() -> None:
    saga = of_execution(
        state=SagaState.COMPENSATING, ledger=Ledger((Entry("create_pod", Standing.UNDO_ASKED, undo=1),))
    )

    assert judged(saga, known()) == Judgement(Fate.GOES_ON, step="create_pod")


def test_a_name_that_became_another_kind_of_saga_goes_on_with_nothing() -> None:
    as_order = replace(EXECUTION_SAGA, name="order_saga", version=2)

    assert judged(RUNNING, SagaRegistry((as_order,))).why is Why.OTHER_KIND


def test_a_step_that_awaits_an_event_and_has_an_undo_counts_by_the_code_that_knows_it() -> None:
    paid = Step("paid", awaits=(Outcome("ORDER_PAID", Answer.DONE),), within=5, undo=ORDER.steps[0].undo)
    third = replace(ORDER, version=3, steps=(paid, *ORDER.steps[1:]))
    saga = ended(Entry("paid", Standing.GIVEN_UP))

    assert judged(saga, known(third)).why is Why.UNKNOWN_DEFINITION
    assert judged(saga, known(replace(third, steps=(replace(paid, undo=None), *third.steps[1:])))).why is None


# -- what was emitted lately may not be published yet


def test_the_last_words_of_a_version_need_it_until_they_are_published() -> None:
    over = replace(RUNNING, state=SagaState.COMPLETED, ledger=Ledger())
    lately = NOW_MS + STREAM_KEEPS_MS - 1

    assert judged(over, known(SECOND), lately) == Judgement(Fate.SET_ASIDE, Why.MAY_BE_UNSENT)
    assert judged(over, known(SECOND, ORDER), lately) == Judgement(Fate.GOES_ON)
    assert judged(over, known(SECOND)) == Judgement(Fate.GOES_ON)
    # A name that nobody knows holds up the relay itself.
    assert judged(over, known(), lately) == Judgement(Fate.RETRIED, Why.MAY_BE_UNSENT)
    newer = replace(over, definition_version=3)
    assert judged(newer, known(SECOND), lately) == Judgement(Fate.RETRIED, Why.MAY_BE_UNSENT)


def test_a_saga_that_moved_still_has_words_of_the_version_that_it_left() -> None:
    second = replace(ORDER, version=2)
    there = moved(RUNNING, second, Move(1, ORDER.fingerprint, 2, "a"), NOW_MS)

    assert judged(there, known(second), NOW_MS) == Judgement(Fate.SET_ASIDE, Why.MAY_BE_UNSENT)
    assert judged(there, known(second)) == Judgement(Fate.GOES_ON, step="ship")
    assert judged(there, known(second, ORDER), NOW_MS) == Judgement(Fate.GOES_ON, step="ship")
