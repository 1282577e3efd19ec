"""What a write tells of its due, what the relay makes of it, and what becomes of messages when the queue fails."""

from typing import Any

import pytest

from saga_testing.deployment import EXECUTIONS, WAKES
from saga_testing.faults import Fault
from saga_testing.samples.sample_events import event
from sagas.order import ORDER
from tests.handlers.orders.shop import Shop, placed, reserved
from tests.handlers.orders.waking import REPLY_MS, check_dues, let_pass, shop_with_wakes

# -- what a write tells, and what the relay makes of it


def test_a_silent_participant_is_asked_again_though_the_checker_never_runs() -> None:
    shop = shop_with_wakes()

    check_dues(shop)

    assert shop.standing("reserve_credit") == "asked"
    assert shop.found().ledger.entries[0].attempt == 2
    assert "DueSagas" not in shop.counted.counts


def test_every_attempt_and_every_undo_is_moved_by_wakes_alone() -> None:
    shop = shop_with_wakes()
    let_pass(shop, 31 * 3 + 2 + 4 + 8)
    assert (shop.state(), shop.standing("reserve_credit")) == ("compensating", "undo_asked")

    let_pass(shop, 31 * 3 + 2 + 4 + 8)

    assert shop.standing("reserve_credit") == "undo_parked"
    assert shop.counted.counts["SagasTimedOut"] == 1
    assert shop.counted.counts["WakesNotSent"] == 0


def test_a_wake_is_told_where_this_write_set_a_near_deadline_and_nowhere_else() -> None:
    shop = shop_with_wakes()
    assert shop.found().wake == shop.found().deadline == shop.now + REPLY_MS

    shop.order("APPROVED", user_id="boss")  # remembered: an unrelated write between
    assert (shop.found().wake, shop.found().deadline) == (None, shop.now + REPLY_MS)


@pytest.mark.parametrize(("seconds", "is_near"), [("59", True), ("60", False)])
def test_a_due_of_a_minute_or_more_is_the_checkers(seconds: str, is_near: bool) -> None:
    settings = f'{{"order_saga": {{"order_reply_seconds": {seconds}}}}}'

    assert (shop_with_wakes(SAGA_SETTINGS=settings).found().wake is not None) is is_near


def test_an_approval_of_two_days_wakes_nobody() -> None:
    shop = reserved(2000, **WAKES)

    assert shop.standing("approve") == "asked"
    assert shop.found().wake is None


def test_an_execution_never_tells_a_wake() -> None:
    shop = Shop({**WAKES, "START_DEADLINE_SECONDS": "2", "CONFIRM_DELETES": "true"})
    for name in ("REQUESTED", "STARTED", "CANCELLED"):
        shop.deliver(event(f"EXECUTION_{name}"))

    saga = shop.stored("ex-1", "execution_saga")

    assert saga is not None
    assert saga.ledger
    assert all("wake" not in record["dynamodb"].get("NewImage", {}) for record in shop.records())


def test_a_wake_is_no_message() -> None:
    shop = shop_with_wakes()
    shop.relay_stream()

    assert shop.published_types() == ["SAGA_STARTED", "RESERVE_CREDIT_COMMAND"]
    assert shop.found().outbox == ("saga_started#1", "reserve_credit#1")
    assert not [key for key in shop.sent() if "wake" in key]


def test_republishing_and_what_an_earlier_write_left_send_no_wake() -> None:
    shop = shop_with_wakes()
    shop.relay_stream()
    sent = shop.counted.counts["WakesSent"]
    record = shop.records()[-1]
    later = record | {
        "eventName": "MODIFY",
        "dynamodb": record["dynamodb"] | {"OldImage": record["dynamodb"]["NewImage"], "SequenceNumber": "999"},
    }

    shop.at.relay.send_again("o-1", ORDER.name)
    shop.relay(later)

    assert sent == shop.counted.counts["WakesSent"] == 1


def test_a_relay_without_a_queue_sends_none_and_the_checker_finds_what_is_due() -> None:
    shop = placed()
    shop.relay_stream()
    shop.wait(31, every=31)

    assert shop.sent()[-1] == "reserve_credit#2"
    assert shop.counted.counts["WakesSent"] == shop.counted.counts["WakesNotSent"] == 0


@pytest.mark.parametrize("broken", [{"S": "soon"}, {"N": "1.5"}, {"N": "-3"}, {"L": []}, None])
def test_a_wake_that_cannot_be_read_holds_back_no_message(broken: Any) -> None:
    shop = shop_with_wakes()
    (record,) = shop.records()
    record["dynamodb"]["NewImage"]["wake"] = broken

    answer = shop.relay(record)

    assert answer == {"batchItemFailures": []}
    assert shop.counted.counts["WakesSent"] == 0


# -- the queue fails: messages go on, the loss is counted, the checker makes it good


@pytest.mark.parametrize(
    "fault", [Fault.NOT_APPLIED, Fault.THROTTLED, Fault.REPLY_LOST, Fault.PASSING_ANSWER, Fault.NO_ANSWER]
)
def test_a_queue_that_fails_holds_back_no_message_and_is_counted(fault: Fault) -> None:
    shop = shop_with_wakes()
    shop.wire.plan[len(shop.wire.calls) + 1] = fault

    assert shop.relay_stream()

    assert shop.wire.calls[-1] == "send_message_batch"
    assert shop.published_types() == ["SAGA_STARTED", "RESERVE_CREDIT_COMMAND"]
    assert shop.counted.counts["WakesNotSent"] == 1
    assert shop.counted.lines["wakes were not sent"] == 1
    shop.wait(31, every=31)
    assert shop.sent()[-1] == "reserve_credit#2"


def test_what_the_queue_refuses_of_a_batch_is_counted_and_the_queue_is_not_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop = shop_with_wakes()
    shop.order("PLACED", order_id="o-2")
    send = shop.aws.sqs.send_message_batch

    def refuse_the_first(**request: Any) -> Any:
        taken = send(**request | {"Entries": request["Entries"][1:]})
        return taken | {"Failed": [{"Id": "0", "SenderFault": False, "Code": "InternalError"}]}

    monkeypatch.setattr(shop.aws.sqs, "send_message_batch", refuse_the_first)

    assert shop.relay_stream()

    assert (shop.counted.counts["WakesSent"], shop.counted.counts["WakesNotSent"]) == (1, 1)
    assert not shop.counted.lines["wakes were not sent"]


def test_a_queue_that_fails_is_left_alone_for_half_a_minute() -> None:
    shop = shop_with_wakes()
    shop.wire.plan[len(shop.wire.calls) + 1] = Fault.NOT_APPLIED
    shop.relay_stream()

    for number in range(3):
        shop.order("PLACED", order_id=f"next-{number}")
        shop.relay_stream()
    assert shop.wire.calls.count("send_message_batch") == 1
    assert shop.counted.counts["WakesNotSent"] == 4

    shop.advance(30)
    shop.order("PLACED", order_id="later")
    shop.relay_stream()
    assert shop.counted.counts["WakesSent"] == 1


def test_wakes_wait_for_the_messages_of_their_record_and_come_again_with_it() -> None:
    shop = shop_with_wakes()
    shop.wire.plan[len(shop.wire.calls)] = Fault.THROTTLED  # the bus

    assert not shop.relay_stream()
    assert shop.counted.counts["WakesSent"] == 0

    assert shop.relay_stream()
    assert shop.counted.counts["WakesSent"] == 1


def test_messages_that_nobody_can_make_keep_their_saga_from_no_wake() -> None:
    shop = shop_with_wakes()
    (record,) = shop.records()
    record["dynamodb"]["NewImage"]["timeline"] = {"S": "broken"}

    shop.relay(record)

    assert shop.reasons() == ["corrupt_saga"]
    assert shop.counted.counts["WakesSent"] == 1


def test_an_execution_registry_needs_no_queue() -> None:
    shop = Shop(sagas=EXECUTIONS)
    shop.deliver(event("EXECUTION_REQUESTED"))

    assert shop.relay_stream()
    assert "send_message_batch" not in shop.wire.calls
