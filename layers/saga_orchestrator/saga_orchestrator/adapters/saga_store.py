"""The saga table on the hot path: conditional writes through the shared raw client.

Every conditional write asks for `ALL_OLD`, so a lost race brings the winner's item with it: no extra read, and no read
capacity is charged (DynamoDB API reference, ReturnValuesOnConditionCheckFailure). PynamoDB cannot ask for it on `save`.
"""

import random
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from botocore.exceptions import ClientError

from saga_orchestrator.application.ports import LostRace, NoRoom, Outcome, Pause, Stored
from saga_orchestrator.domain.errors import RetryableError
from saga_orchestrator.domain.policy import Policy, shard_limits
from saga_orchestrator.domain.saga import Claim, Saga

from .aws_errors import PERMANENT_REASONS, cancellation_reasons, code_of, part_of, retryable
from .saga_codec import Item, changes, decode, encode

TRANSACTION_ATTEMPTS = 8


@dataclass
class DynamoDbSagaStore:
    """Implements the application's `SagaStore` on one table.

    `shard_locks` makes claims of one process on one counter shard go one after the other: transactions on one item do
    not queue in DynamoDB, they cancel each other.
    """

    client: Any
    table: str
    index: str
    policy: Policy
    rng: random.Random
    pause: Pause
    shard_locks: dict[tuple[str, int], threading.Lock] = field(default_factory=dict)

    def create(self, saga: Saga, claims: str | None) -> Outcome:
        # The key is the unique constraint: whoever puts the item first owns the creation.
        absent = "attribute_not_exists(execution_id)"
        if claims is None:
            return self._single(
                self.client.put_item,
                {
                    "TableName": self.table,
                    "Item": encode(saga),
                    "ConditionExpression": absent,
                    "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                },
            )

        def put(claimed: Saga) -> dict[str, Any]:
            return {
                "Put": {
                    "TableName": self.table,
                    "Item": encode(claimed),
                    "ConditionExpression": absent,
                    "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                }
            }

        return self._claiming(saga, claims, put)

    def replace(self, old: Saga, new: Saga, claims: str | None, releases: Claim | None) -> Outcome:
        if claims is not None:
            return self._claiming(new, claims, lambda claimed: {"Update": self._update(old, claimed)})
        if releases is not None:
            counter = self._count(releases, -1)
            outcome = self._transact([{"Update": self._update(old, new)}, {"Update": counter}])
            if isinstance(outcome, NoRoom):
                msg = "a release carries no condition and cannot be refused"
                raise TypeError(msg)
            return outcome
        return self._single(self.client.update_item, self._update(old, new))

    def get(self, execution_id: str, saga_name: str) -> Saga | None:
        with retryable():
            reply = self.client.get_item(TableName=self.table, Key=_key(execution_id, saga_name), ConsistentRead=True)
        return decode(reply["Item"]) if "Item" in reply else None

    def due(self, shard: int, now: int) -> Iterator[tuple[str, str, int]]:
        start: dict[str, Any] = {}
        while True:
            with retryable():
                page = self.client.query(
                    TableName=self.table,
                    IndexName=self.index,
                    KeyConditionExpression="deadline_shard = :shard AND deadline <= :now",
                    ExpressionAttributeValues={":shard": {"N": str(shard)}, ":now": {"N": str(now)}},
                    **start,
                )
            for item in part_of(page, "Items"):
                yield item["execution_id"]["S"], item["saga_name"]["S"], int(item["deadline"]["N"])
            if "LastEvaluatedKey" not in page:
                return
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def _single(self, call: Any, request: dict[str, Any]) -> Outcome:
        for attempt in range(TRANSACTION_ATTEMPTS):
            try:
                with retryable():
                    call(**request)
            except ClientError as error:
                if code_of(error) == "ConditionalCheckFailedException":
                    return LostRace(_found(error.response))
                if code_of(error) != "TransactionConflictException":
                    raise
                # Somebody's transaction holds the item for a moment; the SDK does not retry this one.
                self.pause(self.rng.random() * 0.01 * 2**attempt)
            else:
                return Stored()
        msg = "the write met somebody's transaction each time"
        raise RetryableError(msg)

    def _update(self, old: Saga, new: Saga) -> dict[str, Any]:
        """Set and remove only what differs, so that attributes of newer code survive older code's writes."""
        changed, gone = changes(old, new)
        names = {f"#{position}": name for position, name in enumerate((*changed, *gone))}
        alias = {name: short for short, name in names.items()}
        expression = "SET " + ", ".join(f"{alias[name]} = :{alias[name][1:]}" for name in changed)
        if gone:
            expression += " REMOVE " + ", ".join(alias[name] for name in gone)
        # Exactly the version that the decision was made on: anything else is a lost race, a deleted item included.
        unchanged = "version = :read_version"
        return {
            "TableName": self.table,
            "Key": _key(old.execution_id, old.saga_name),
            "UpdateExpression": expression,
            "ConditionExpression": unchanged,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": {
                **{f":{alias[name][1:]}": value for name, value in changed.items()},
                ":read_version": {"N": str(old.version)},
            },
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }

    def _claiming(self, saga: Saga, resource: str, write: Any) -> Outcome:
        """Take a unit of the first shard with room: a random one first, then by what the counters say."""
        limits = shard_limits(self.policy.limit_of(resource), self.policy.counter_shards)
        open_shards = [shard for shard, limit in enumerate(limits) if limit > 0]
        shard: int | None = self.rng.choice(open_shards)
        for _ in range(TRANSACTION_ATTEMPTS):
            if shard is None:
                return NoRoom()
            claim = Claim(resource, shard)
            claimed = _holding(saga, claim)
            with self.shard_locks.setdefault((resource, shard), threading.Lock()):
                outcome = self._transact([write(claimed), {"Update": self._count(claim, 1, limits[shard])}])
            if not isinstance(outcome, NoRoom):
                return outcome
            shard = self._shard_with_room(resource, limits)
        msg = f"counter shards of {resource} filled up faster than they could be read"
        raise RetryableError(msg)

    def _shard_with_room(self, resource: str, limits: tuple[int, ...]) -> int | None:
        keys = [_key(*_counter_key(Claim(resource, shard))) for shard in range(len(limits))]
        with retryable():
            reply = self.client.batch_get_item(RequestItems={self.table: {"Keys": keys, "ConsistentRead": True}})
        if reply.get("UnprocessedKeys"):
            msg = "counter shards could not all be read"
            raise RetryableError(msg)
        counters = part_of(part_of(reply, "Responses"), self.table)
        taken = {item["execution_id"]["S"]: int(item["n"]["N"]) for item in counters}
        room = [
            shard for shard, limit in enumerate(limits) if taken.get(_counter_key(Claim(resource, shard))[0], 0) < limit
        ]
        return self.rng.choice(room) if room else None

    def _count(self, claim: Claim, change: int, limit: int | None = None) -> dict[str, Any]:
        update: dict[str, Any] = {
            "TableName": self.table,
            "Key": _key(*_counter_key(claim)),
            "UpdateExpression": "ADD n :change",
            "ExpressionAttributeValues": {":change": {"N": str(change)}},
        }
        if limit is not None:
            # A counter that was never used counts as zero; one that reached its share of the limit takes no more.
            update["ConditionExpression"] = "attribute_not_exists(n) OR n < :limit"
            update["ExpressionAttributeValues"][":limit"] = {"N": str(limit)}
        # A release has no condition: whatever the counter says, the unit was taken and must be given back.
        return update

    def _transact(self, actions: list[dict[str, Any]]) -> Outcome:
        """Saga first, counter second. Conflicts and throttles are tried again here: the SDK does not retry them."""
        for attempt in range(TRANSACTION_ATTEMPTS):
            try:
                with retryable():
                    self.client.transact_write_items(TransactItems=actions)
            except ClientError as error:
                outcome = _cancelled(error)
                if outcome is not None:
                    return outcome
                self.pause(self.rng.random() * 0.01 * 2**attempt)
            else:
                return Stored()
        msg = "the transaction met a conflict or a throttle each time"
        raise RetryableError(msg)


def _cancelled(error: ClientError) -> Outcome | None:
    """What the cancellation means, by position; None when it may pass. A permanent one is raised.

    The saga's condition comes first: whatever the counter said, a saga that exists is decided on again.
    """
    if code_of(error) != "TransactionCanceledException":
        raise error
    reasons = cancellation_reasons(error)
    codes = [reason.get("Code") for reason in reasons]
    if codes[:1] == ["ConditionalCheckFailed"]:
        return LostRace(_found(reasons[0]))
    if PERMANENT_REASONS.intersection(codes):
        raise error
    # Full only where nothing else is said: beside a conflict, a throttle or a reason we do not know, it may pass.
    return NoRoom() if codes == ["None", "ConditionalCheckFailed"] else None


def _found(carrier: dict[str, Any]) -> Saga | None:
    item: Item | None = carrier.get("Item")
    return decode(item) if item else None


def _holding(saga: Saga, claim: Claim) -> Saga:
    return replace(saga, claim=claim)


def _key(execution_id: str, saga_name: str) -> Item:
    return {"execution_id": {"S": execution_id}, "saga_name": {"S": saga_name}}


def _counter_key(claim: Claim) -> tuple[str, str]:
    """Ids of executions cannot contain `#`, so no event can name a counter."""
    return f"#counter#{claim.resource}#{claim.shard}", "#counter"
