"""The stored form of a saga that waits: what executions have not, and what of it is corrupt."""

from dataclasses import replace
from typing import Any

import pytest

from saga_orchestrator.adapters.saga_codec import changes, decode, encode
from saga_orchestrator.domain.errors import CorruptSaga
from saga_orchestrator.domain.flow.ledger import Entry, Ledger, Standing, StepError
from saga_orchestrator.domain.saga import Cause, EarlyEvent, Saga, TimelineEntry
from saga_orchestrator.domain.states import SagaState

WAITING = Saga(
    execution_id="o-1",
    saga_name="order_saga",
    definition_version=1,
    state=SagaState.COMPENSATING,
    version=6,
    created_at=4,
    correlation_id="corr",
    timeline=(
        TimelineEntry(5, Cause.REPORTED, "e1"),
        TimelineEntry(6, Cause.ANSWERED, "a1", ("ship#1",)),
        TimelineEntry(7, Cause.OPERATED, "o1"),
    ),
    early=(EarlyEvent(5, Cause.REPORTED, "e2", actor="boss", event_type="ORDER_APPROVED"),),
    input='{"amount":1e2}',
    settings=(30, 0),
    ledger=Ledger((Entry("credit", Standing.UNDO_PARKED, 2, 4, 3, 1, 2, 70, 90), Entry("stock", Standing.DONE, 1))),
    data={"stock": {"reservation": "shelf \u00e4", "count": 2, "exact": True}},
    outcome=SagaState.CANCELLED,
    failed_step="ship",
    errors=(StepError("reserve_credit#1", "no_credit", 60), StepError("release_credit#2", "no_answer", 65)),
    saga_due=80,
    definition_hash="00c0ffee",
)
WAITING_ITEM: dict[str, Any] = {
    "execution_id": {"S": "o-1"},
    "saga_name": {"S": "order_saga"},
    "state": {"S": "compensating"},
    "dv": {"N": "1"},
    "dh": {"S": "00c0ffee"},
    "version": {"N": "6"},
    "created": {"N": "4"},
    "corr": {"S": "corr"},
    "timeline": {"L": [{"S": "5 E e1"}, {"S": "6 A a1 ship#1"}, {"S": "7 O o1"}]},
    "early": {"L": [{"M": {"e": {"S": "5 E e2"}, "by": {"S": "boss"}, "t": {"S": "ORDER_APPROVED"}}}]},
    "in": {"S": '{"amount":1e2}'},
    "set": {"S": "30 0"},
    "led": {"S": "credit:p2o4u3l1s2m70@90 stock:d1"},
    "data": {"S": '{"stock":{"reservation":"shelf \u00e4","count":2,"exact":true}}'},
    "out": {"S": "cancelled"},
    "fs": {"S": "ship"},
    "err": {"S": "reserve_credit#1=no_credit@60 release_credit#2=no_answer@65"},
    "sdue": {"N": "80"},
    "mark": {"S": "parked#2"},
    "mark_at": {"N": "70"},
}


def test_it_is_stored_and_read_in_exactly_this_form() -> None:
    assert encode(WAITING) == WAITING_ITEM
    assert decode(WAITING_ITEM) == WAITING


@pytest.mark.parametrize(
    ("damage", "detail"),
    [
        ({"set": {"S": "30 many"}}, "ValueError at a value"),
        ({"led": {"S": "credit:a1 secret"}}, "ValueError at a value"),
        ({"led": {"S": "credit:a1 credit:d1"}}, "ValueError at a value"),
        ({"led": {"S": "credit:z1"}}, "ValueError at a value"),
        ({"led": {"N": "1"}}, "KeyError at S"),
        ({"data": {"S": "no json"}}, "JSONDecodeError at a value"),
        ({"data": {"S": "[1]"}}, "ValueError at a value"),
        ({"data": {"S": '{"stock":1}'}}, "ValueError at a value"),
        ({"data": {"S": "[" * 100_000}}, "ValueError at a value"),
        ({"out": {"S": "dreaming"}}, "ValueError at a value"),
        ({"sdue": {"N": "soon"}}, "ValueError at a value"),
    ],
)
def test_what_cannot_be_read_is_corrupt_and_its_values_stay_out_of_the_message(
    damage: dict[str, Any], detail: str
) -> None:
    with pytest.raises(CorruptSaga) as corrupt:
        decode(WAITING_ITEM | damage)

    assert corrupt.value.detail == f"stored saga cannot be read: {detail}"


def test_the_mark_follows_from_the_item_and_is_removed_with_what_it_stands_for() -> None:
    undone = replace(WAITING, ledger=Ledger((Entry("credit", Standing.UNDONE), Entry("stock", Standing.DONE, 1))))

    changed, gone = changes(WAITING, undone)

    assert changed == {"led": {"S": "credit:n0 stock:d1"}}
    assert gone == ["mark", "mark_at"]
    forged = WAITING_ITEM | {"mark": {"S": "ended#1"}, "mark_at": {"S": "?"}}
    assert decode(forged) == WAITING


def test_a_step_that_was_asked_for_as_often_as_operators_can_ask_is_still_read() -> None:
    entry = Entry("ship", Standing.STUCK, 9999, unanswered=(1 << 9_999) - 2, since=1)

    assert decode(encode(replace(WAITING, ledger=Ledger((entry,))))).ledger.entries == (entry,)
