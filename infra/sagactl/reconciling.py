"""`sagactl reconcile`: recount each language's counters from the sagas that hold claims, as after a restore."""

from collections import Counter
from dataclasses import dataclass
from typing import Annotated

import typer
from botocore.exceptions import ClientError

from sagactl.connection import Target
from sagactl.deployment import Deployment, deployment
from sagactl.errors import NotDoneError
from sagactl.options import on_stack
from sagactl.outlet import show, table
from sagactl.sagas import all_sagas, counters

Shard = tuple[str, int]
"""Language and number of one counter item."""


@dataclass(frozen=True)
class Drift:
    """A counter that is not the number of sagas which hold a unit of it."""

    language: str
    shard: int
    counted: int
    """What the counter says."""
    held: int
    """How many sagas hold a claim on it."""


@on_stack
def reconcile(
    target: Target,
    apply: Annotated[
        bool, typer.Option("--apply/--dry-run", help="Correct the counters, or only say what differs.")
    ] = True,
) -> None:
    """Make the counters of taken slots equal to the number of sagas that hold them.

    Reads the whole table. While executions come and go, a scan is no snapshot: only a difference that stays the same
    in two passes counts, and a correction is refused if the counter has moved in between.
    """
    stack = deployment(target)
    drifts = steady_drifts(stack)
    corrected = [drift for drift in drifts if apply and _correct(stack, drift)]
    facts = [
        {
            "language": drift.language,
            "shard": drift.shard,
            "counter": drift.counted,
            "held": drift.held,
            "corrected": drift in corrected,
        }
        for drift in drifts
    ]
    if not drifts:
        show(target.output, facts, "every counter equals the number of sagas that hold a slot of it")
        return
    rows = [tuple(fact.values()) for fact in facts]
    title = "Counters that differed" if apply else "Counters that differ; nothing was changed"
    show(target.output, facts, table(title, tuple(facts[0]), rows))
    if len(corrected) < len(drifts):
        moved = "some counters moved meanwhile and were left alone; run it again" if apply else f"{len(drifts)} differ"
        raise NotDoneError(moved)


def steady_drifts(stack: Deployment) -> list[Drift]:
    """Differences that two passes over the table agree on."""
    first = _drifts(stack)
    if not first:
        return []
    second = set(_drifts(stack))
    return [drift for drift in first if drift in second]


def held_slots(stack: Deployment) -> Counter[Shard]:
    """Claims held, by language and shard."""
    return Counter((saga.claim.resource, saga.claim.shard) for saga in all_sagas(stack) if saga.claim is not None)


def _drifts(stack: Deployment) -> list[Drift]:
    counted = counters(stack)
    held = held_slots(stack)
    shards = sorted(counted.keys() | held.keys())
    return [
        Drift(*shard, counted.get(shard, 0), held[shard]) for shard in shards if counted.get(shard, 0) != held[shard]
    ]


def _correct(stack: Deployment, drift: Drift) -> bool:
    """Set the counter, unless it is no longer what was compared."""
    unchanged = "n = :counted" if drift.counted else "(attribute_not_exists(n) OR n = :counted)"
    try:
        stack.client("dynamodb").update_item(
            TableName=stack.table,
            Key={
                "execution_id": {"S": f"#counter#{drift.language}#{drift.shard}"},
                "saga_name": {"S": "#counter"},
            },
            UpdateExpression="SET n = :held",
            ConditionExpression=unchanged,
            ExpressionAttributeValues={":held": {"N": str(drift.held)}, ":counted": {"N": str(drift.counted)}},
        )
    except ClientError as error:
        if error.response["Error"]["Code"] in {"ConditionalCheckFailedException", "TransactionConflictException"}:
            return False
        raise
    return True
