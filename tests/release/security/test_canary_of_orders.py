"""What a customer, a participant or an approver writes into an order's events stays out of logs, metrics, pointers.

An order's own fields are for its participants: they travel in commands, and nowhere else but the saga's item.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from saga_testing.deployment import EXECUTIONS_AND_ORDERS
from saga_testing.history import History
from saga_testing.lambda_context import Context
from saga_testing.moto_world import World
from saga_testing.samples.sample_events import kafka
from saga_testing.samples.sample_orders import order_event, reply
from tests.release.security.canary import CANARY, assert_hidden
from tests.release.security.printed import Printed

COMMANDS_OF_THE_ORDER = {"RESERVE_CREDIT_COMMAND", "RESERVE_STOCK_COMMAND", "SHIP_ORDER_COMMAND", "ORDER_CONFIRMED"}


@pytest.fixture
def shop(world: World) -> World:
    world.register(EXECUTIONS_AND_ORDERS)
    return world


@pytest.fixture
def printed(shop: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Printed:
    return Printed(shop.at, capsys, monkeypatch)


def placed(**fields: Any) -> dict[str, Any]:
    return order_event("PLACED", customer=f"c {CANARY}", items=[{"sku": CANARY, "quantity": 1}], **fields)


def look_everywhere(shop: World, printed: Printed) -> None:
    assert_hidden(shop.rejected(), "a rejected pointer")
    assert_hidden(printed.text(), "a log line or a metric")
    for operation, arguments in shop.calls:
        if operation == "SendMessageBatch":
            assert_hidden(arguments, "a wake")
    told = [body for body in shop.published if body["message_type"] not in COMMANDS_OF_THE_ORDER]
    assert_hidden(told, "a message that is none of the order's own")


@pytest.mark.parametrize("ending", ["confirmed", "refused", "declined", "cancelled"])
def test_through_a_whole_life(shop: World, printed: Printed, ending: str) -> None:
    history = History(shop, "o-1", "order_saga")
    beyond = {"reason": f"because {CANARY}", "note": CANARY}
    history.deliver(placed(amount=5000))
    history.deliver(reply("reserve_credit#1", data={"unasked": CANARY}, **beyond))
    if ending == "refused":
        history.deliver(reply("reserve_stock#1", "refused", **beyond))
    else:
        history.deliver(reply("reserve_stock#1", **beyond))
        name = {"confirmed": "APPROVED", "declined": "DECLINED", "cancelled": "CANCELLED"}[ending]
        history.deliver(order_event(name, **beyond))
        history.deliver(reply("ship_order#1", **beyond))
    shop.relay(*history.records)

    assert any(CANARY in str(body) for body in shop.published), "a canary that nobody carried proves nothing"
    assert "SendMessageBatch" in [operation for operation, _ in shop.calls]
    look_everywhere(shop, printed)
    (item,) = shop.items()
    assert_hidden({name: value for name, value in item.items() if name != "in"}, "the item beside the order's input")


def hostile() -> Iterator[bytes | dict[str, Any]]:
    """Ways to be rejected, with the canary next to what is wrong."""
    for good in (placed(), order_event("DECLINED", reason=CANARY), reply("reserve_credit#1", reason=CANARY)):
        for name in good:
            yield {**good, name: {CANARY: [CANARY]}}
            yield {**good, name: CANARY + "\n"}
        yield {**good, CANARY: CANARY, "event_version": CANARY}
    yield {**placed(), "items": [{CANARY: CANARY, "quantity": CANARY}]}
    yield f'{{"in_reply_to": "{CANARY}"'.encode()


def test_in_wakes_and_in_what_is_none(shop: World, printed: Printed) -> None:
    """Whoever writes into that queue is not the relay: of their body nothing is shown but its place."""
    shop.deliver(placed())
    shop.advance(31)
    bodies = ('{"execution_id": "o-1", "saga_name": "order_saga", "due": 1}', CANARY, f'{{"saga_name": "{CANARY}"}}')

    shop.wake(*({"eventSource": "aws:sqs", "messageId": str(at), "body": body} for at, body in enumerate(bodies)))

    pointers = shop.rejected()
    assert [each["reason"] for each in pointers] == ["not_a_wake"] * 2
    assert_hidden(pointers, "a rejected pointer")
    look_everywhere(shop, printed)


@pytest.mark.parametrize("function", ["ORDER_PLACED", "COMMAND_REPLY"])
def test_in_whatever_is_rejected(shop: World, printed: Printed, function: str) -> None:
    shop.function(function).run(kafka(*hostile()), Context())

    pointers = shop.rejected()
    assert len(pointers) > 20
    assert_hidden(pointers, "a rejected pointer")
    look_everywhere(shop, printed)
