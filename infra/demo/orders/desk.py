"""Says each order's lines when what they wait for was heard; used from the director's thread."""

import json
from dataclasses import dataclass

from demo.observer import Observer
from demo.orders.cases import RELEASE_CREDIT, STOCK, Line
from demo.orders.placing import Order, said
from demo.post import Post
from sagas.order import ORDER
from stack_client import Transport

_APPROVAL_AWAITED = "approval awaited"
_ROUNDS_UNTIL_ANSWERED = 60
"""Three seconds of the director's: that an approval is awaited is told by no message, only by the stock's answer."""


@dataclass
class _Open:
    order: Order
    lines: list[Line]
    rounds: int = 0
    """Since the stock was asked for."""


class OrderDesk:
    """All orders are open from the start; they take no place from the executions, for they mostly wait."""

    def __init__(self, orders: tuple[Order, ...], post: Post, observer: Observer, event_source: str) -> None:
        self._post, self._observer, self._event_source = post, observer, event_source
        self._open = {order.id: _Open(order, list(order.case.lines)) for order in orders}

    @property
    def open_ids(self) -> list[str]:
        return list(self._open)

    def advance(self) -> None:
        """One round: what can be said now is handed to the post."""
        for opened in list(self._open.values()):
            opened.rounds += self._heard(opened.order, STOCK)
            while opened.lines and self._comes_now(opened):
                self._say(opened.order, opened.lines.pop(0))
            if self._has_ended(opened.order):
                # A line that is left waits for what did not happen; what is wrong then is told by the verification.
                del self._open[opened.order.id]

    def _comes_now(self, opened: _Open) -> bool:
        after = opened.lines[0].after
        if after is None:
            return True
        if after == _APPROVAL_AWAITED:
            return opened.rounds >= _ROUNDS_UNTIL_ANSWERED
        return self._heard(opened.order, after)

    def _has_ended(self, order: Order) -> bool:
        ended = bool(self._observer.outcomes(order.id, ORDER.name))
        return ended and self._observer.count(order.id, RELEASE_CREDIT, saga_name=ORDER.name) >= order.case.releases

    def _heard(self, order: Order, message_type: str) -> bool:
        return self._observer.count(order.id, message_type, saga_name=ORDER.name) > 0

    def _say(self, order: Order, line: Line) -> None:
        event_type, body = said(order, line.what)
        for _ in range(line.copies):
            if order.transport is Transport.KAFKA:
                self._post.produce(event_type, order.id, json.dumps(body).encode())
            else:
                self._post.put(event_type, json.dumps(body), self._event_source)
