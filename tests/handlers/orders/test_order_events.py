"""Events of the order saga and replies to it: what each of them makes of the table, call by call."""

from typing import Any

import pytest

from saga_orchestrator.entrypoints.kafka_batch import BatchUnfinished
from saga_orchestrator.entrypoints.saga_functions import CommandReplyFunction, SagaEventFunction
from saga_testing.faults import Fault
from saga_testing.lambda_context import Context
from saga_testing.samples.sample_events import kafka
from saga_testing.samples.sample_orders import CUSTOMER, order_event, reply
from tests.handlers.orders.shop import Shop, placed, reserved


def calls(shop: Shop, act: Any) -> list[str]:
    before = len(shop.wire.calls)
    act()
    return shop.wire.calls[before:]


def test_an_order_is_placed_answered_and_confirmed() -> None:
    shop = Shop()

    assert calls(shop, lambda: shop.order("PLACED")) == ["put_item"]
    for message in ("reserve_credit#1", "reserve_stock#1", "ship_order#1"):
        assert calls(shop, lambda message=message: shop.reply(message)) == ["get_item", "update_item"]

    assert (shop.state(), shop.found().owner) == ("completed", CUSTOMER)
    assert shop.found().completed_steps == ("reserve_credit", "reserve_stock", "ship")
    assert shop.sent() == [
        "saga_started#1", "reserve_credit#1", "reserve_stock#1", "ship_order#1",
        "order_confirmed#1", "saga_completed#1",
    ]  # fmt: skip
    assert shop.reasons() == []


def test_the_same_start_again_is_a_duplicate_and_another_one_a_conflict() -> None:
    shop = placed()

    assert calls(shop, lambda: shop.order("PLACED")) == ["put_item"]
    assert shop.found().version == 1
    for other in ({"amount": 101}, {"user_id": "eve"}):
        shop.order("PLACED", **other)
    assert shop.reasons() == ["conflicting_request", "conflicting_request"]


def test_equal_numbers_are_the_same_order_however_they_are_written() -> None:
    shop = placed(amount=100)

    shop.order("PLACED", amount=1e2)

    assert shop.reasons() == []
    assert shop.found().version == 1
    assert '"amount":100,' in (shop.found().input or "")


def test_an_approval_before_its_order_makes_a_stub_and_is_applied_when_its_step_is_reached() -> None:
    shop = Shop()
    assert calls(shop, lambda: shop.order("APPROVED")) == ["put_item"]
    assert shop.state() == "created"

    assert calls(shop, lambda: shop.order("PLACED", amount=2000)) == ["put_item", "update_item"]
    assert (shop.standing("reserve_credit"), shop.standing("approve")) == ("asked", "unreached")
    shop.reply("reserve_credit#1", "reserve_stock#1")

    assert (shop.standing("approve"), shop.standing("ship")) == ("done", "asked")


def test_an_approval_while_credit_is_asked_is_remembered_and_implies_nothing() -> None:
    shop = placed(amount=2000)

    assert calls(shop, lambda: shop.order("APPROVED")) == ["put_item", "update_item"]
    shop.order("APPROVED")
    assert shop.standing("reserve_credit") == "asked"
    shop.reply("reserve_credit#1", "reserve_stock#1")

    assert shop.standing("ship") == "asked"


def test_the_customer_does_not_approve_his_own_order() -> None:
    shop = reserved(amount=2000)

    shop.order("APPROVED", user_id=CUSTOMER)

    assert shop.reasons() == ["unauthorised_report"]
    assert shop.counted.counts["UnauthorisedCancels"] == 1
    assert shop.standing("approve") == "asked"


@pytest.mark.parametrize(
    ("sender", "source", "state"),
    [
        (CUSTOMER, "executions", "compensating"),
        ("root-admin", "executions", "compensating"),
        ("ops", "saga-operator", "compensating"),
        ("eve", "executions", "running"),
    ],
)
def test_owner_admin_and_operator_cancel_and_nobody_else(sender: str, source: str, state: str) -> None:
    shop = placed()

    shop.order("CANCELLED", user_id=sender, source=source)

    assert shop.state() == state
    assert shop.reasons() == ([] if state == "compensating" else ["unauthorised_cancel"])


def test_an_early_cancel_of_the_owner_ends_the_order_before_anybody_is_asked() -> None:
    shop = Shop()
    shop.order("CANCELLED", user_id="eve")
    shop.order("CANCELLED")

    shop.order("PLACED")

    assert (shop.state(), shop.sent()) == ("cancelled", ["saga_cancelled#1"])
    assert shop.counted.counts["UnauthorisedCancels"] == 1


def test_from_the_pivot_on_a_cancel_is_too_late() -> None:
    shop = reserved()

    assert calls(shop, lambda: shop.order("CANCELLED")) == ["put_item"]

    assert (shop.state(), shop.standing("ship")) == ("running", "asked")
    shop.reply("ship_order#1")
    assert shop.state() == "completed"


def test_a_reply_never_makes_a_stub() -> None:
    shop = Shop()

    assert calls(shop, lambda: shop.reply("reserve_credit#1"))[:1] == ["get_item"]
    shop.order("APPROVED")
    shop.reply("reserve_credit#1")

    assert shop.reasons() == ["never_sent", "never_sent"]
    assert shop.found().version == 1


def test_kafka_keeps_the_order_of_one_saga_and_reports_its_first_failure() -> None:
    shop = Shop({"KAFKA_MODE": "provisioned"})
    shop.wire.plan[0] = Fault.THROTTLED
    batch = kafka(order_event("PLACED"), order_event("CANCELLED"), order_event("PLACED", "o-2"))

    answer = SagaEventFunction(shop.at).run(batch, Context())

    assert [failure["itemIdentifier"]["offset"] for failure in (answer or {})["batchItemFailures"]] == [10, 11]
    assert shop.stored() is None
    assert shop.state("o-2") == "running"


def test_replies_of_one_saga_keep_their_order_too() -> None:
    shop = placed()
    shop.order("PLACED", order_id="o-2")
    shop.wire.plan[len(shop.wire.calls) + 1] = Fault.THROTTLED  # the first write, after the read of the batch
    answers = [reply("reserve_credit#1"), reply("reserve_stock#1"), reply("reserve_credit#1", order_id="o-2")]

    with pytest.raises(BatchUnfinished, match="2 records"):
        CommandReplyFunction(shop.at).run(kafka(*answers), Context())

    assert (shop.standing("reserve_credit"), shop.standing("reserve_credit", "o-2")) == ("asked", "done")
    assert shop.reasons() == []


def test_events_of_executions_go_to_executions_alone() -> None:
    from saga_testing.samples.sample_events import event  # noqa: PLC0415 - of this test alone

    shop = Shop()

    shop.deliver(event("EXECUTION_REQUESTED"))

    assert shop.at.store.get("ex-1", "execution_saga") is not None
    assert shop.at.store.get("ex-1", "order_saga") is None


def test_every_step_is_measured_by_definition_and_step() -> None:
    shop = placed(amount=2000)
    shop.reply("reserve_credit#1", outcome="failed")
    shop.wait(3)
    shop.reply("reserve_credit#2")
    shop.reply("reserve_stock#1")
    shop.order("DECLINED")

    counts = {name: value for name, value in shop.counted.counts.items() if name.startswith("order_saga ")}
    assert counts.pop("order_saga reserve_credit StepDuration") == 3000
    assert counts == {
        "order_saga reserve_credit StepsAsked": 2,
        "order_saga reserve_credit StepsFailed": 1,
        "order_saga reserve_credit StepsDone": 1,
        "order_saga reserve_stock StepsAsked": 1,
        "order_saga reserve_stock StepsDone": 1,
        "order_saga reserve_stock StepDuration": 0,
        "order_saga approve StepsAsked": 1,
        "order_saga approve StepsRefused": 1,
        "order_saga approve StepDuration": 0,
        "order_saga reserve_credit UndosAsked": 1,
        "order_saga reserve_stock UndosAsked": 1,
    }
