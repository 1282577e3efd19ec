"""Everything at once on one version, each write also applied and answered with an error."""

from collections.abc import Callable
from itertools import permutations
from typing import Final

import pytest

from saga_orchestrator.domain.errors import RetryableError
from saga_orchestrator.domain.flow.dues import Wake
from saga_testing.faults import Fault
from tests.handlers.orders.shop import Shop, placed
from tests.handlers.orders.waking import waked

ACTS: Final[dict[str, Callable[[Shop], object]]] = {
    "reply": lambda shop: shop.reply("reserve_credit#1", event_id="the-reply"),
    "cancel": lambda shop: shop.order("CANCELLED", event_id="the-cancel"),
    "checker": lambda shop: shop.check(),
    "wake": lambda shop: shop.wake(*waked(Wake("o-1", "order_saga", 1))),
}


AGAIN: Final = {"batchItemFailures": ["whatever it was"]}


@pytest.mark.parametrize("fault", [None, Fault.REPLY_LOST, Fault.SDK_RETRIED, Fault.NOT_APPLIED, Fault.THROTTLED])
@pytest.mark.parametrize("order", [*permutations(ACTS)], ids="-".join)
def test_reply_cancel_wake_and_checker_on_one_version_make_one_ending(
    order: tuple[str, ...], fault: Fault | None
) -> None:
    shop = placed()
    shop.advance(31)
    for name in order:
        if fault is not None:
            # The write of this act: reply, wake and checker read before it, a cancel meets the item in its put.
            writes = {"reply": 1, "cancel": 1, "wake": 1, "checker": len(range(8)) + 2}
            shop.wire.plan[len(shop.wire.calls) + writes[name]] = fault
        try:
            answer = ACTS[name](shop)
        except RetryableError:
            answer = AGAIN
        if isinstance(answer, dict) and answer.get("batchItemFailures"):
            shop.wire.plan.clear()
            ACTS[name](shop)
        shop.wire.plan.clear()
    for undo in ("release_stock#1", "release_credit#1"):
        shop.reply(undo)

    assert shop.state() == "cancelled"
    assert len(set(shop.sent())) == len(shop.sent())
    assert shop.sent()[-1] == "saga_cancelled#1"
    assert shop.sent().count("release_credit#1") == 1
    assert set(shop.reasons()) <= {"never_sent"}
