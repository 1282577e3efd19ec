"""Orders beside the executions: a saga that waits for participants and for people, with all its endings."""

from demo.orders.cases import ORDER_ATTEMPTS, ORDER_CASES, OrderCase
from demo.orders.desk import OrderDesk
from demo.orders.placing import Order, planned_orders
from demo.orders.verification import OrderEvidence, OrderResult, order_results, order_violations

__all__ = [
    "ORDER_ATTEMPTS",
    "ORDER_CASES",
    "Order",
    "OrderCase",
    "OrderDesk",
    "OrderEvidence",
    "OrderResult",
    "order_results",
    "order_violations",
    "planned_orders",
]
