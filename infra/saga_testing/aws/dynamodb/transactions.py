"""TransactWriteItems: all actions or none, one reason for each action by position, and request tokens."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from saga_testing.aws.dynamodb.item_writes import ACTION_PARAMETERS, PLANS, Plan
from saga_testing.aws.dynamodb.table import Table
from saga_testing.aws.errors import (
    ConditionFailed,
    Item,
    ItemRefused,
    Refused,
    cancellation,
    check_parameters,
    invalid,
    reason,
)

MAX_ACTIONS: Final = 100
MAX_BYTES: Final = 4 * 1024 * 1024
MAX_TOKEN: Final = 36
TOKEN_LIFETIME_MS: Final = 600_000


@dataclass
class Transactions:
    """A token makes a transaction repeatable: within ten minutes of its success the same request does nothing again."""

    clock: Callable[[], int]
    _done: dict[str, tuple[int, list[Any]]] = field(default_factory=dict)

    def write(self, table_of: Callable[[str], Table], request: Mapping[str, Any]) -> list[tuple[int, int]]:
        """The sizes of each item before and after; empty when the token says that all this was done already.

        Raises:
            Refused: malformed, or cancelled; then nothing was written.
        """
        actions, token = request["TransactItems"], request.get("ClientRequestToken")
        if token is not None and self._was_done(token, actions):
            return []
        plans = _plans(table_of, actions)
        outcomes, reasons = _judged(plans)
        if any(each["Code"] != "None" for each in reasons):
            raise cancellation(reasons)
        sizes = []
        for plan, (old, new, size) in zip(plans, outcomes, strict=True):
            sizes.append((plan.table.sizes.get(plan.key, 0), size))
            plan.table.write(plan.key, old, new, size)
        if token is not None:
            self._done[token] = (self.clock(), actions)
        return sizes

    def _was_done(self, token: str, actions: list[Any]) -> bool:
        if not 1 <= len(token) <= MAX_TOKEN:
            raise invalid(
                f"1 validation error detected: Value at 'clientRequestToken' failed to satisfy constraint: "
                f"Member must have length less than or equal to {MAX_TOKEN}"
            )
        at, earlier = self._done.get(token, (-TOKEN_LIFETIME_MS, []))
        if self.clock() - at >= TOKEN_LIFETIME_MS:
            return False
        if earlier != actions:
            raise Refused(
                "IdempotentParameterMismatchException",
                "The request uses the same client token as a previous, but non-identical request.",
            )
        return True


def _plans(table_of: Callable[[str], Table], actions: list[Mapping[str, Any]]) -> list[Plan]:
    if not 1 <= len(actions) <= MAX_ACTIONS:
        raise invalid(
            "1 validation error detected: Value at 'transactItems' failed to satisfy constraint: "
            f"Member must have length less than or equal to {MAX_ACTIONS}"
        )
    plans, seen = [], set()
    for action in actions:
        if len(action) != 1:
            raise invalid("TransactItems can only contain one of Check, Put, Update or Delete")
        ((kind, request),) = action.items()
        if kind not in PLANS:
            check_parameters(action, frozenset(), frozenset(PLANS))
        check_parameters(request, *ACTION_PARAMETERS[kind])
        plan = PLANS[kind](table_of(request["TableName"]), request)
        place = (plan.table.name, plan.key)
        if place in seen:
            raise invalid("Transaction request cannot include multiple operations on one item")
        seen.add(place)
        plans.append(plan)
    return plans


def _judged(plans: list[Plan]) -> tuple[list[tuple[Item | None, Item | None, int]], list[dict[str, Any]]]:
    outcomes, reasons, total = [], [], 0
    for plan in plans:
        try:
            old, new, size, _ = plan.judge()
        except ConditionFailed as failed:
            reasons.append(reason("ConditionalCheckFailed", failed.members.get("Item")))
        except ItemRefused as refused:
            reasons.append(reason("ValidationError", message=refused.message))
        else:
            total += size
            outcomes.append((old, new, size))
            reasons.append(reason())
    if total > MAX_BYTES:
        raise invalid("Transaction request exceeds the aggregate size limit of 4 MB")
    return outcomes, reasons
