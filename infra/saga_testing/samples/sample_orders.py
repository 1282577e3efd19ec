"""Well-formed events of the order saga, and replies of its participants."""

import itertools
from typing import Any, Final

from saga_testing.samples.sample_events import NOW_MS, iso

CUSTOMER: Final = "ada"
RESERVED: Final = {"reservation": "shelf-7"}
_ids = itertools.count(1)


def order_event(name: str, order_id: str = "o-1", user_id: str | None = None, **fields: Any) -> dict[str, Any]:
    """`name` without its prefix: PLACED, APPROVED, DECLINED or CANCELLED. The customer places and cancels."""
    own = {"customer": "c-1", "amount": 100, "items": [{"sku": "a", "quantity": 1}]} if name == "PLACED" else {}
    sender = user_id or (CUSTOMER if name in {"PLACED", "CANCELLED"} else "boss")
    return {
        "event_id": f"ord-{next(_ids)}",
        "event_type": f"ORDER_{name}",
        "event_version": "1.0",
        "timestamp": iso(NOW_MS),
        "metadata": {"service_name": "shop", "correlation_id": "corr-1", "user_id": sender},
        "order_id": order_id,
        **own,
        **fields,
    }


def reply(message: str, outcome: str = "done", order_id: str = "o-1", **fields: Any) -> dict[str, Any]:
    """An answer to the order saga's `message`, such as `reserve_credit#1`; a stock reservation brings its data."""
    data = {"data": RESERVED} if message.startswith("reserve_stock#") and outcome == "done" else {}
    return {
        "event_id": f"rep-{next(_ids)}",
        "event_type": "COMMAND_REPLY",
        "event_version": "1.0",
        "timestamp": iso(NOW_MS),
        "in_reply_to": f"order_saga:{order_id}:{message}",
        "outcome": outcome,
        **data,
        **fields,
    }
