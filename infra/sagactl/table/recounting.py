"""Counters of taken slots: what differs from the number of sagas that hold them, and the correction."""

from dataclasses import dataclass, replace
from typing import Any

from botocore.exceptions import ClientError

from saga_orchestrator.adapters.aws_errors import cancellation_reasons, code_of
from saga_orchestrator.adapters.counters.counter_items import counter_key
from saga_orchestrator.adapters.counters.counter_writes import CounterWrite, number
from sagactl.deployment import Deployment
from sagactl.table.stored_items import Shard, Slots, stored_items

_MOVED = frozenset(
    {"ConditionalCheckFailedException", "ConditionalCheckFailed", "TransactionConflictException", "TransactionConflict"}
)


@dataclass(frozen=True)
class Drift:
    """A counter that is not the number of sagas which hold a unit of it."""

    language: str
    shard: int
    stored: dict[str, Any] | None
    """What the counter's item says: None when there is no item, empty when the item says nothing."""
    held: int
    """How many sagas hold a claim on it."""
    capped: bool = False
    """The language's limit lives in its counter."""

    @property
    def counted(self) -> int | None:
        """None when it is no number: no function could add to it."""
        return 0 if self.stored is None else _number(self.stored)


def drifts(slots: Slots) -> list[Drift]:
    """An item that is not there counts as zero, as it does for the functions; one without its number breaks them."""
    shards: list[Shard] = sorted(slots.counted.keys() | slots.held.keys())
    found = [Drift(*shard, slots.counted.get(shard), slots.held[shard], shard[0] in slots.capped) for shard in shards]
    return [drift for drift in found if drift.counted != drift.held]


def steady_drifts(stack: Deployment, first: list[Drift] | None = None) -> list[Drift]:
    """Differences that two passes over the table agree on; `first` is what a pass has found already."""
    if first is None:
        first = drifts(_slots(stack))
    if not first:
        return []
    second = drifts(_slots(stack))
    return [drift for drift in first if drift in second]


def correct(stack: Deployment, drift: Drift) -> bool:
    """Set the counter, unless it is no longer what was compared."""
    write = CounterWrite(counter_key(drift.language, drift.shard), sets={"n": number(drift.held)})
    if not drift.stored:
        # A first claim creates the counter with its number: then there is one, and it must not be overwritten.
        write = replace(write, conditions=("attribute_not_exists(n)",))
    else:
        # The very value that was compared, whatever its type: a claim or a release since then has changed it.
        write = replace(write, conditions=("n = :stored",), values={"stored": drift.stored})
    return _written(stack, _unsettling(write, drift) if drift.capped else [write])


def _unsettling(write: CounterWrite, drift: Drift) -> list[CounterWrite]:
    """With it, who was about to raise a cap must read again, and the checker settles: the caps were set by `n`."""
    first = CounterWrite(counter_key(drift.language, 0)) if drift.shard else write
    marked = replace(
        first,
        sets={**first.sets, "unsettled": {"BOOL": True}},
        adds={"gen": number(1)},
        conditions=(*first.conditions, "attribute_exists(gen)"),
    )
    return [write, marked] if drift.shard else [marked]


def _written(stack: Deployment, writes: list[CounterWrite]) -> bool:
    client, requests = stack.client("dynamodb"), [write.request(stack.table) for write in writes]
    try:
        if len(requests) == 1:
            client.update_item(**requests[0])
        else:
            client.transact_write_items(TransactItems=[{"Update": request} for request in requests])
    except ClientError as error:
        codes = {reason.get("Code") for reason in cancellation_reasons(error)} or {code_of(error)}
        if codes & _MOVED:
            return False
        raise
    return True


def _slots(stack: Deployment) -> Slots:
    slots = Slots()
    for item in stored_items(stack):
        slots.add(item)
    return slots


def _number(stored: dict[str, Any]) -> int | None:
    try:
        return int(stored["N"])
    except (KeyError, ValueError):
        return None
