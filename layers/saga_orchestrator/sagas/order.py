"""An order: credit, stock, a person's word for the dear ones, then shipping, which nothing takes back."""

from dataclasses import dataclass
from typing import Annotated, Final

from annotated_types import Ge, Gt, Len

from saga_orchestrator.domain.definition import SagaDefinition, Step, Undo
from saga_orchestrator.domain.flow.terms import Announcement, Answer, Command, Kept, Outcome, Retry, Start, Who
from saga_orchestrator.domain.states import SagaState


@dataclass(frozen=True, slots=True)
class Item:
    sku: Annotated[str, Len(1, 64)]
    quantity: Annotated[int, Ge(1)]


@dataclass(frozen=True, slots=True)
class OrderPlaced:
    customer: Annotated[str, Len(1, 128)]
    amount: Annotated[int | float, Gt(0)]
    items: Annotated[tuple[Item, ...], Len(1, 50)]


REPLY: Final = "order_reply_seconds"
RETRY: Final = Retry(attempts="order_attempts", backoff_seconds=2)
NOT_THE_CUSTOMER: Final = frozenset({Who.NOT_OWNER})

ORDER: Final = SagaDefinition(
    name="order_saga",
    version=1,
    starts=Start("ORDER_PLACED", key="order_id", input=OrderPlaced, shown=("amount",)),
    cancels="ORDER_CANCELLED",
    settings={REPLY: 30, "order_attempts": 3, "approval_seconds": 172_800, "approval_above": 1000},
    steps=(
        Step(
            "reserve_credit",
            sends="reserve_credit",
            within=REPLY,
            retry=RETRY,
            undo=Undo(sends="release_credit", within=REPLY, retry=RETRY),
        ),
        Step(
            "reserve_stock",
            sends="reserve_stock",
            within=REPLY,
            retry=RETRY,
            keeps={"reservation": Kept(str, 64, shown=True)},
            undo=Undo(sends="release_stock", within=REPLY, retry=RETRY),
        ),
        Step(
            "approve",
            when=lambda order: order.input["amount"] > order.settings["approval_above"],
            awaits=(
                Outcome("ORDER_APPROVED", Answer.DONE, by=NOT_THE_CUSTOMER),
                Outcome("ORDER_DECLINED", Answer.REFUSED, by=NOT_THE_CUSTOMER),
            ),
            within="approval_seconds",
        ),
        Step("ship", sends="ship_order", within=REPLY, retry=RETRY, pivot=True),
    ),
    messages={
        "reserve_credit": Command(
            "RESERVE_CREDIT_COMMAND",
            lambda order: {"customer": order.input["customer"], "amount": order.input["amount"]},
        ),
        "release_credit": Command("RELEASE_CREDIT_COMMAND"),
        "reserve_stock": Command("RESERVE_STOCK_COMMAND", lambda order: {"items": order.input["items"]}),
        "release_stock": Command("RELEASE_STOCK_COMMAND"),
        "ship_order": Command(
            "SHIP_ORDER_COMMAND",
            lambda order: {"items": order.input["items"], "reservation": order.data["reserve_stock"]["reservation"]},
        ),
        "order_confirmed": Announcement(
            "ORDER_CONFIRMED",
            lambda order: {
                "customer": order.input["customer"],
                "reservation": order.data["reserve_stock"]["reservation"],
            },
        ),
    },
    announces={SagaState.COMPLETED: ("order_confirmed",)},
)
