"""Orders whose relay sends wakes. The clock stands still by itself, so "within" is exact: the queue shows a message in
the moment its delay is over.
"""

import json
from typing import Any, Final

from saga_orchestrator.domain.flow.dues import Wake
from saga_testing.deployment import WAKES
from sagas.order import ORDER
from tests.handlers.orders.shop import Shop

REPLY_MS: Final = 30_000
USUALLY_MS: Final = 2_000


def shop_with_wakes(**settings: str) -> Shop:
    shop = Shop({**WAKES, **settings})
    shop.order("PLACED", amount=100)
    return shop


def let_pass(shop: Shop, seconds: float, *, every_ms: int = 50) -> None:
    """Time goes by, the relay and the queue of wakes do their work, and the checker does not run."""
    until = shop.now + int(seconds * 1000)
    while shop.now < until:
        shop.relay_stream()
        shop.wake_up()
        shop.now = min(until, shop.now + every_ms)
    shop.relay_stream()
    shop.wake_up()


def waked(*sagas: Wake | str) -> list[dict[str, Any]]:
    """Messages as Lambda passes them on."""
    return [
        {
            "eventSource": "aws:sqs",
            "messageId": f"m-{place}",
            "body": saga if isinstance(saga, str) else body_of(saga),
        }
        for place, saga in enumerate(sagas)
    ]


def body_of(wake: Wake) -> str:
    return json.dumps({"execution_id": wake.execution_id, "saga_name": wake.saga_name, "due": wake.due})


def order_wake(shop: Shop, order_id: str = "o-1") -> Wake:
    return Wake(order_id, ORDER.name, shop.found(order_id).deadline or 0)


def check_dues(shop: Shop) -> None:
    """No attempt is given up before its answer is due, and none much later: what scenario 6 promises."""
    before = shop.now
    let_pass(shop, 40)
    entries = shop.found().timeline
    silences = [entry.at for entry in entries if entry.event_id.startswith("deadline:")]
    dues = [int(entry.event_id.partition(":")[2]) for entry in entries if entry.event_id.startswith("deadline:")]
    assert silences, f"nobody noticed the silence within {shop.now - before} ms"
    for noticed, due in zip(silences, dues, strict=True):
        assert due <= noticed <= due + USUALLY_MS, f"due at {due}, noticed at {noticed}"
