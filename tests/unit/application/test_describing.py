"""What people are told of a saga: all that is stored, except what is somebody's own and not marked as shown."""

from dataclasses import fields, replace

import pytest

from saga_orchestrator.application.describing import details
from saga_orchestrator.domain.flow.terms import Answer
from saga_orchestrator.domain.saga import Saga
from saga_orchestrator.domain.traceparent import packed
from saga_testing.samples.parked_orders import replied, reserved_order
from sagas.order import ORDER

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
ELSEWHERE = {
    "claim": "slot",
    "data": "shown",
    "input": "shown",
    "create_before": "start_before",
    "early": "early_events",
    "expires": "kept_until",
    "faults": "invalid",
    "ledger": "steps",
    "saga_due": "must_end_by",
}
"""Fields that are told under another name."""
WITHHELD = {
    "deadline_shard": "which partition of the index it lies in",
    "definition_hash": "for `sagactl reconcile`, which tells it in words",
    "inline_script": "how the script travels",
    "outbox": "the messages of the last write, which stand in the timeline",
    "request": "the user's own; its language, image and limits are told",
    "request_hash": "a digest of the user's own",
    "script_bucket": "where the user's own lies",
    "settings": "the deployment's numbers, by place",
    "wake": "for the relay, and stale at once",
}


def undo_refused() -> Saga:
    return replied(replied(reserved_order(), "ship_order#1", Answer.REFUSED), "release_stock#1", Answer.REFUSED)


def test_every_field_of_a_saga_is_told_or_withheld_for_a_reason() -> None:
    told = details(undo_refused(), lambda _name: ORDER)

    for field in fields(Saga):
        assert (ELSEWHERE.get(field.name, field.name) in told) is (field.name not in WITHHELD), field.name


def test_why_each_step_was_not_done_or_not_undone_is_told() -> None:
    told = details(undo_refused(), lambda _name: ORDER)

    assert {step["step"]: step["reason"] for step in told["steps"]} == {
        "reserve_credit": None,
        "reserve_stock": "refused",
        "approve": None,
        "ship": "refused",
    }
    assert [(each["message"], each["reason"]) for each in told["errors"]] == [
        ("ship_order#1", "refused"),
        ("release_stock#1", "refused"),
    ]
    assert (told["failed_step"], told["outcome"]) == ("ship", "failed")


@pytest.mark.parametrize("stored", [None, "[1]", "{", "[" * 100_000])
def test_an_input_that_cannot_be_read_hides_no_other_fact(stored: str | None) -> None:
    told = details(replace(undo_refused(), input=stored), lambda _name: ORDER)

    assert [each["name"] for each in told["shown"]] == ["reservation"]
    assert told["state"] == "compensating"


def test_its_trace_is_told_as_text() -> None:
    assert details(replace(undo_refused(), traceparent=packed(TRACE)), lambda _name: None)["traceparent"] == TRACE
