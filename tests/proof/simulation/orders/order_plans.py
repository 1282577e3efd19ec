"""Orders beside executions: what is placed, what people say of it, and how each participant takes each attempt."""

import random
from dataclasses import dataclass, field
from typing import Any, Final

from tests.proof.simulation.world.drawn_executions import START_MS
from tests.proof.simulation.world.plan import Plan
from tests.proof.simulation.world.scenario import ADMIN, STRANGER, Inbound, iso

WORLDS: Final = 0.4
PLACED, APPROVED, DECLINED, CANCELLED = "ORDER_PLACED", "ORDER_APPROVED", "ORDER_DECLINED", "ORDER_CANCELLED"
REPLY: Final = "COMMAND_REPLY"
CUSTOMER: Final = "alice"
BOSS: Final = "boss"
COMMANDS: Final = ("reserve_credit", "reserve_stock", "ship_order")
UNDOS: Final = ("release_credit", "release_stock")
DEAR: Final = 1_500

WAYS: Final = ("done", "done", "done", "refused", "failed", "silent", "lost", "late")
"""How a participant takes an attempt: `silent` does nothing and says nothing, `lost` does it and says nothing."""
_STUBBORN: Final = ("failed", "silent", "refused")


@dataclass(slots=True, eq=False)
class OrderPlan:
    """`takes`: by message without its number, one way for each attempt; after these all is done and answered."""

    key: str
    placed: Inbound
    others: list[Inbound] = field(default_factory=list)
    takes: dict[str, list[str]] = field(default_factory=dict)


def draw_orders(dice: random.Random, plan: Plan) -> list[OrderPlan]:
    """None in most worlds. Half of them have the keys of executions, which are other sagas all the same."""
    if dice.random() >= WORLDS:
        return []
    prefix = dice.choice(("ex", "order"))
    return [_draw(dice, f"{prefix}-{place}", place, calm=plan.calm) for place in range(dice.choice((1, 1, 2, 3)))]


def _draw(dice: random.Random, key: str, place: int, *, calm: bool) -> OrderPlan:
    at = START_MS + 10_000 + dice.randrange(60_000)
    amount = dice.choice((10, 10, DEAR))
    order = OrderPlan(key, _event(f"order-{place}", PLACED, key, at, CUSTOMER, amount=amount))
    if amount == DEAR:
        decides = APPROVED if dice.random() < 0.7 else DECLINED
        when = at + (20_000 if calm else dice.choice((-4_000, 1_000, 20_000, 200_000)))
        order.others.append(_event(f"word-{place}", decides, key, when, BOSS))
    if calm:
        # One silence in the way forward: what is due in less than a minute is asked for again before the checker comes.
        order.takes = {dice.choice(COMMANDS): ["silent"]}
        return order
    if amount == DEAR and dice.random() < 0.3:
        own = _event(f"own-{place}", APPROVED, key, at + dice.randrange(30_000), CUSTOMER)
        own.accepts = frozenset({"unauthorised_report"})
        order.others.append(own)
    if dice.random() < 0.35:
        actor = dice.choice((CUSTOMER, CUSTOMER, ADMIN, STRANGER))
        cancel = _event(f"cancel-{place}", CANCELLED, key, at + dice.choice((-3_000, 500, 9_000, 70_000)), actor)
        cancel.accepts = frozenset({"unauthorised_cancel"})
        order.others.append(cancel)
    order.takes = {kind: [dice.choice(WAYS) for _ in range(dice.choice((0, 1, 2, 5)))] for kind in (*COMMANDS, *UNDOS)}
    if dice.random() < 0.5:
        # Out of attempts: it is parked, and somebody has to see to it.
        stuck = dice.choice(_STUBBORN)
        order.takes[dice.choice(("ship_order", *UNDOS))] = [stuck] * dice.choice((3, 4, 7))
        if dice.random() < 0.5:
            order.takes["ship_order"] = ["refused"]
            order.takes["reserve_credit"] = order.takes["reserve_stock"] = []
    return order


def _event(identity: str, event_type: str, key: str, at: int, user: str, **fields: Any) -> Inbound:
    own = {"customer": "c-1", "amount": 10, "items": [{"sku": "a", "quantity": 1}]} if event_type == PLACED else {}
    detail = {
        "event_id": identity,
        "event_type": event_type,
        "event_version": "1.0",
        "timestamp": iso(at),
        "metadata": {"service_name": "shop", "correlation_id": f"corr-{key}", "user_id": user},
        "order_id": key,
        **own,
        **fields,
    }
    return Inbound(0, identity, event_type, key, at, detail)
