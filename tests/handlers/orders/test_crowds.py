"""Many orders that are due in one second, several checkers at once, and one that is cut off in the middle."""

from collections import Counter
from typing import Final

import pytest

from saga_orchestrator.entrypoints.checker_function import CheckTimeouts
from saga_testing.faults import Fault, Killed
from saga_testing.lambda_context import Context
from saga_testing.samples.sample_events import iso
from saga_testing.wire import Wire
from tests.handlers.orders.shop import Shop

CROWD: Final = 300
TWO_DAYS: Final = 172_800


def awaiting_approval() -> tuple[Shop, list[str]]:
    shop = Shop()
    orders = [f"o-{number}" for number in range(CROWD)]
    for order in orders:
        shop.order("PLACED", order_id=order, amount=5000)
        for message in ("reserve_credit#1", "reserve_stock#1"):
            shop.reply(message, order_id=order)
    return shop, orders


@pytest.mark.parametrize("cut_off_at", [20, 151, 400])
@pytest.mark.parametrize("at", [100, 101], ids=["before it reads one", "before it writes one"])
def test_three_checkers_at_once_ask_for_each_undo_once_and_hold_no_reply_up(at: int, cut_off_at: int) -> None:
    shop, orders = awaiting_approval()
    shop.advance(TWO_DAYS + 1)
    shop.order("PLACED", order_id="late", timestamp=iso(shop.now))
    middle, cut_off = Wire(), Wire(plan={cut_off_at: Fault.KILLED_AFTER})

    def others_meanwhile(_operation: str) -> None:
        if len(middle.calls) == at:
            middle.before_call = lambda _operation: None
            with pytest.raises(Killed):
                CheckTimeouts(shop.container(wire=cut_off, seed=2)).run({}, Context())
            shop.reply("reserve_credit#1", order_id="late")
            CheckTimeouts(shop.container(seed=3)).run({}, Context())

    middle.before_call = others_meanwhile
    CheckTimeouts(shop.container(wire=middle)).run({}, Context())
    assert len(cut_off.calls) == cut_off_at + 1

    assert shop.standing("reserve_credit", "late") == "done"
    for order in orders:
        saga = shop.found(order)
        undos = [message for message in shop.sent(order) if message.startswith("release")]
        assert (saga.state, undos) == ("compensating", ["release_stock#1", "release_credit#1"]), order
        for undo in ("release_stock#1", "release_credit#1"):
            shop.reply(undo, order_id=order)
        assert shop.state(order) == "timeout"
    assert shop.rejected() == []
    while not shop.relay_stream():
        pass
    published = Counter(body["message_id"] for body in shop.published)
    assert max(published.values()) == 1  # two writes of one decision would send its messages twice
    assert sum(message.endswith(":release_credit#1") for message in published) == CROWD
