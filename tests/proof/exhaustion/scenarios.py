"""Every state a saga can be found in, and everything that can be delivered to it."""

from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from saga_testing.samples.sample_events import event, eventbridge, kafka
from tests.proof.exhaustion.deployment import Delivery

HOUR_MS: Final = 3_600_000
SCRIPT: Final = "print('hello')"


def _sent(name: str, kind: str, source: str = "executions", **fields: Any) -> Delivery:
    return Delivery(name, kind, eventbridge(event(kind, **fields), source))


@cache
def deliveries() -> dict[str, Delivery]:
    """One of each kind; the envelope and the event id stay the same however often it is delivered."""
    request = event("EXECUTION_REQUESTED")
    later = event("EXECUTION_REQUESTED")
    found = [
        Delivery("request", "EXECUTION_REQUESTED", eventbridge(request)),
        Delivery("request again", "EXECUTION_REQUESTED", eventbridge(later)),
        _sent("request of other content", "EXECUTION_REQUESTED", script="print('other')"),
        _sent("request that is refused", "EXECUTION_REQUESTED", timeout_seconds=301),
        _sent("started", "EXECUTION_STARTED"),
        _sent("completed", "EXECUTION_COMPLETED"),
        _sent("failed", "EXECUTION_FAILED"),
        _sent("timed out", "EXECUTION_TIMEOUT"),
        _sent("cancel by the owner", "EXECUTION_CANCELLED", cancelled_by="alice"),
        _sent("cancel by a stranger", "EXECUTION_CANCELLED", cancelled_by="mallory"),
        _sent("cancel by an operator", "EXECUTION_CANCELLED", source="saga-operator", cancelled_by="op"),
        Delivery("deadline", "checker", clock_ms=HOUR_MS),
        Delivery("relay", "relay"),
        _batch("on-demand"),
        _batch("provisioned"),
    ]
    return {delivery.name: delivery for delivery in found}


def _batch(kafka_mode: str) -> Delivery:
    """Two executions in one batch, the records of each in order, one record that is no event."""
    records = kafka(
        event("EXECUTION_CANCELLED", cancelled_by="mallory"),
        event("EXECUTION_CANCELLED", "ex-2", cancelled_by="alice"),
        b"no event",
        event("EXECUTION_CANCELLED", cancelled_by="alice"),
    )
    return Delivery(f"Kafka batch, {kafka_mode}", "EXECUTION_CANCELLED", records, kafka_mode=kafka_mode)


PRIORS: Final[dict[str, tuple[str, ...]]] = {
    "nothing": (),
    "stub: started": ("started",),
    "stub: completed": ("completed",),
    "stub: owner's cancel": ("cancel by the owner",),
    "stub: stranger's cancel": ("cancel by a stranger",),
    "stub: started, failed": ("started", "failed"),
    "running": ("request",),
    "running, pod started": ("request", "started"),
    "completed": ("request", "started", "completed"),
    "failed": ("request", "started", "failed"),
    "timed out": ("request", "deadline"),
    "cancelled": ("request", "cancel by the owner"),
    "refused": ("request that is refused",),
}
"""How to get there, by names of deliveries. What they emit has not been relayed yet."""


def prior(name: str) -> Iterator[Delivery]:
    return (deliveries()[step] for step in PRIORS[name])
