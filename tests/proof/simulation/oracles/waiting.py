"""Oracles of sagas that wait: judged by what was sent and answered, never by their own ledger alone."""

from typing import Final

from tests.proof.simulation.oracles.registry import UNCONCERNED, When, oracle
from tests.proof.simulation.orders.order_ledger import OrderLedger
from tests.proof.simulation.world.lambda_service import API, CHECKER, ORDER_EVENT, ORDER_REPLY, RUNNER, WAKE
from tests.proof.simulation.world.ledger import Write

WRITERS: Final = frozenset({API, CHECKER, ORDER_EVENT, ORDER_REPLY, RUNNER, WAKE})
ENDS: Final = ("saga_completed", "saga_failed", "saga_timeout", "saga_cancelled")
SENDS: Final = {"reserve_credit": "reserve_credit", "reserve_stock": "reserve_stock", "ship": "ship_order"}
TAKEN_BACK: Final = ("reserve_credit", "reserve_stock")
IN_TIME_MS: Final = 5_000


@oracle(
    "W1", When.WAITING, "a saga that waits counts its versions up by one, adds to its timeline, and is nobody else's"
)
def waiting_ledger(_ledger: OrderLedger, write: Write) -> str | None:
    old, new = write.old, write.new
    if new is None:
        return UNCONCERNED
    if new.version != (old.version if old else 0) + 1:
        return f"{new.key} went from version {old.version if old else 0} to {new.version}"
    if write.invocation.function not in WRITERS:
        return f"{write.invocation.function} changed order {new.key}"
    before = old.image.get("timeline", {"L": []})["L"] if old is not None and not old.is_stub else []
    return None if new.image.get("timeline", {"L": []})["L"][: len(before)] == before else f"{new.key} lost an entry"


@oracle(
    "W2", When.WAITING, "the end of a saga that waits is told once, last in the write that ends it, as its state says"
)
def waiting_end(_ledger: OrderLedger, write: Write) -> str | None:
    old, new = write.old, write.new
    if new is None or not new.is_terminal or (old is not None and old.is_terminal):
        return UNCONCERNED
    told = [key.partition("#")[0] for key in new.keys if key.partition("#")[0] in ENDS]
    last = new.timeline[-1].keys[-1:] == [f"saga_{new.state}#1"]
    return None if told == [f"saga_{new.state}"] and last else f"{new.key} is {new.state} and tells {new.keys}"


@oracle("W3", When.WAITING, "a step is done only when its participant, or whoever may, has said so")
def waiting_steps(ledger: OrderLedger, write: Write) -> str | None:
    old, new = write.old, write.new
    if new is None:
        return UNCONCERNED
    before = (old.text("steps") or "").split() if old is not None else []
    fresh = [step for step in (new.text("steps") or "").split() if step not in before]
    for step in fresh:
        if new.timeline[-1].cause == "O":
            continue
        if step in SENDS:
            messages = [f"order_saga:{new.key}:{key}" for key in new.keys if key.startswith(f"{SENDS[step]}#")]
            said = any("done" in ledger.participants.said.get(each, ()) for each in messages)
        else:
            said = (new.key, "ORDER_APPROVED") in ledger.heard
        if not said:
            return f"{new.key} counts {step} as done, and nobody said so"
    return None if fresh else UNCONCERNED


@oracle("W4", When.WAITING_END, "an ended order holds what it should: everything if completed, and else nothing")
def waiting_effects(ledger: OrderLedger) -> str | None:
    concerned = False
    for (name, key), saga in ledger.sagas.items():
        if not saga.is_terminal or any(entry.cause == "O" for entry in saga.timeline):
            continue  # what an operator has settled is his
        concerned = True
        in_force = {step: ledger.participants.in_force[f"{name}:{key}:{step}"] for step in SENDS}
        wanted = 1 if saga.state == "completed" else 0
        checked = SENDS if wanted else TAKEN_BACK
        wrong = {step: in_force[step] for step in checked if in_force[step] != wanted}
        if wrong:
            return f"order {key} is {saga.state}, and holds {wrong}"
    return None if concerned else UNCONCERNED


@oracle("W6", When.WAITING, "time moves a saga that waits only when it is due by the clock of whoever looks")
def waiting_due(_ledger: OrderLedger, write: Write) -> str | None:
    old, new = write.old, write.new
    if new is None or old is None or len(new.timeline) == len(old.timeline) or new.timeline[-1].cause != "D":
        return UNCONCERNED
    due, clock = old.number("deadline"), write.now + write.invocation.container.offset_ms
    return None if due is not None and due <= clock else f"{new.key} was moved by time at {clock}, and is due at {due}"


@oracle("W7", When.WAITING, "without faults a wake comes when something near is due, long before the checker does")
def waiting_woken(ledger: OrderLedger, write: Write) -> str | None:
    old, new = write.old, write.new
    if new is None or old is None or not ledger.calm or new.timeline[-1].cause != "D":
        return UNCONCERNED
    late = write.now - (old.number("deadline") or 0)  # in calm worlds no due is further away than the checker
    return None if late <= IN_TIME_MS else f"{new.key} was asked again {late} ms after it was due"
