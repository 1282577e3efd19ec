"""The kinds of orders, as data: what is sent, when, what the participant does, and how each must end."""

from dataclasses import dataclass
from enum import StrEnum

ORDER_ATTEMPTS = 3
"""Of every step and undo; then a step is given up, and an undo parked."""

CREDIT, STOCK, SHIP = "RESERVE_CREDIT_COMMAND", "RESERVE_STOCK_COMMAND", "SHIP_ORDER_COMMAND"
RELEASE_CREDIT, RELEASE_STOCK = "RELEASE_CREDIT_COMMAND", "RELEASE_STOCK_COMMAND"
CONFIRMED = "ORDER_CONFIRMED"


class Say(StrEnum):
    """Something that a person or a program sends about an order."""

    PLACE = "place"
    APPROVE = "approve"
    APPROVE_BY_CUSTOMER = "approve by customer"
    """Not his to say: rejected, and without effect."""
    DECLINE = "decline"
    CANCEL = "cancel"


@dataclass(frozen=True)
class Line:
    """Say `what` once a message of type `after` was heard, so many times."""

    what: Say
    after: str | None = None
    copies: int = 1


@dataclass(frozen=True)
class OrderEnd:
    """How an order must end, and which of its participants' commands and messages are heard, whatever the attempt."""

    state: str
    reason: str
    heard: frozenset[str]


@dataclass(frozen=True)
class OrderCase:
    """One kind of order. The beginning of its id is what the participant knows it by."""

    slug: str
    title: str
    end: OrderEnd
    lines: tuple[Line, ...] = (Line(Say.PLACE),)
    amount: int = 100
    rejects: tuple[str, ...] = ()
    """Reasons for which one event each of such an order is rejected."""
    count: int = 1
    releases: int = 0
    """So often, at least, is its credit asked back: again after a late answer, or until the undo is parked."""


_DEAR = 5000
_WHOLE = OrderEnd("completed", "completed", frozenset({CREDIT, STOCK, SHIP, CONFIRMED}))
_NO_STOCK = OrderEnd("failed", "told_to", frozenset({CREDIT, STOCK, RELEASE_CREDIT}))
_NO_ANSWER = OrderEnd("timeout", "no_answer", frozenset({CREDIT, RELEASE_CREDIT}))
_BOTH_BACK = frozenset({CREDIT, STOCK, RELEASE_CREDIT, RELEASE_STOCK})

ORDER_CASES: tuple[OrderCase, ...] = (
    OrderCase("order-", "reserved, shipped, confirmed", _WHOLE, count=4),
    OrderCase("twice-", "placed twice, and answered twice", _WHOLE, (Line(Say.PLACE, copies=2),)),
    OrderCase("flaky-", "attempts that fail, and then work", _WHOLE),
    OrderCase("swapped-", "answers out of order", _WHOLE),
    OrderCase("dear-", "approved by somebody else", _WHOLE, (Line(Say.PLACE), Line(Say.APPROVE, after=STOCK)), _DEAR),
    OrderCase(
        "early-",
        "approved before it was placed",
        _WHOLE,
        (Line(Say.APPROVE), Line(Say.PLACE)),
        _DEAR,
    ),
    OrderCase(
        "own-",
        "approved by the customer himself, which does not count, then by another",
        _WHOLE,
        (Line(Say.PLACE), Line(Say.APPROVE_BY_CUSTOMER, after=CREDIT), Line(Say.APPROVE, after=STOCK)),
        _DEAR,
        ("unauthorised_report",),
    ),
    OrderCase("slowship-", "cancelled past the point of no return", _WHOLE, (Line(Say.PLACE), Line(Say.CANCEL, SHIP))),
    OrderCase("nocredit-", "credit refused", OrderEnd("failed", "told_to", frozenset({CREDIT}))),
    OrderCase("nostock-", "stock refused, credit given back", _NO_STOCK),
    OrderCase(
        "declined-",
        "declined by somebody else",
        OrderEnd("failed", "refused", _BOTH_BACK),
        (Line(Say.PLACE), Line(Say.DECLINE, after=STOCK)),
        _DEAR,
    ),
    OrderCase("unheard-", "approved by nobody in time", OrderEnd("timeout", "no_answer", _BOTH_BACK), amount=_DEAR),
    OrderCase(
        "regret-",
        "cancelled while it waits for its approval",
        OrderEnd("cancelled", "cancelled", _BOTH_BACK),
        (Line(Say.PLACE), Line(Say.CANCEL, after="approval awaited")),
        _DEAR,
    ),
    OrderCase("mute-", "reserved, and nobody said so: undone", _NO_ANSWER),
    OrderCase("late-", "the answer comes after it was given up: undone again", _NO_ANSWER, releases=2),
    OrderCase("parked-", "the undo is parked, and then answered", _NO_STOCK, releases=ORDER_ATTEMPTS),
)
