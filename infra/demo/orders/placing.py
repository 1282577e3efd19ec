"""One order of the demo, and the events that are sent about it: bodies as any shop would make them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from demo.orders.cases import ORDER_CASES, OrderCase, Say
from stack_client import Transport, alternating

_APPROVER = "approver"
_TYPES = {
    Say.PLACE: "ORDER_PLACED",
    Say.APPROVE: "ORDER_APPROVED",
    Say.APPROVE_BY_CUSTOMER: "ORDER_APPROVED",
    Say.DECLINE: "ORDER_DECLINED",
    Say.CANCEL: "ORDER_CANCELLED",
}


@dataclass(frozen=True)
class Order:
    """A case played once."""

    id: str
    case: OrderCase

    @property
    def customer(self) -> str:
        return f"customer-of-{self.case.slug}1"

    @property
    def transport(self) -> Transport:
        return alternating(self.id)


def planned_orders(seed: int) -> tuple[Order, ...]:
    """The same for the same seed."""
    return tuple(Order(f"{case.slug}{seed}-{number}", case) for case in ORDER_CASES for number in range(case.count))


def said(order: Order, what: Say) -> tuple[str, dict[str, Any]]:
    """Event type and body. The same thing has the same id every time, so that a copy is a copy."""
    by_customer = what in {Say.PLACE, Say.CANCEL, Say.APPROVE_BY_CUSTOMER}
    own: dict[str, Any] = {}
    if what is Say.PLACE:
        items = [{"sku": "tea", "quantity": 2}, {"sku": "cup", "quantity": 1}]
        own = {"customer": order.customer, "amount": order.case.amount, "items": items}
    body = {
        "event_id": f"{what.value.replace(' ', '-')}:{order.id}",
        "event_type": _TYPES[what],
        "event_version": "1.0",
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "metadata": {
            "service_name": "demo-shop",
            "service_version": "1.0.0",
            "correlation_id": f"demo-{order.id}",
            "user_id": order.customer if by_customer else _APPROVER,
        },
        "order_id": order.id,
        **own,
    }
    return _TYPES[what], body
