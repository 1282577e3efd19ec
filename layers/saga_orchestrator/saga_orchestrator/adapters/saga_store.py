"""The saga table on the hot path: conditional writes through the shared raw client.

Every conditional write asks for `ALL_OLD`, so a lost race brings the winner's item with it: no extra read, and no read
capacity is charged (DynamoDB API reference, ReturnValuesOnConditionCheckFailure). PynamoDB cannot ask for it on `save`.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

from saga_orchestrator.adapters.counters.claims import Claims, LockTurns, Turns
from saga_orchestrator.adapters.counters.counter_table import CounterTable
from saga_orchestrator.adapters.counters.counter_writes import counting_request
from saga_orchestrator.application.ports import LostRace, NoRoom, Outcome, Pause, Stored
from saga_orchestrator.domain.errors import CorruptSaga, SagaError
from saga_orchestrator.domain.policy import Policy
from saga_orchestrator.domain.saga import Claim, Saga

from .aws_errors import part_of, retryable
from .patient_writes import PatientWrites, Refused
from .saga_codec import Item, changes, decode, encode

Action = dict[str, Any]
"""One of a transaction."""


class Preceded(SagaError):
    """What was to go before the saga, in its transaction, was refused: nothing was written."""


@dataclass(frozen=True, slots=True)
class DynamoDbSagaStore:
    """Implements the application's `SagaStore` on one table. How a counter is written is said elsewhere."""

    client: Any
    table: str
    index: str
    writes: PatientWrites
    claims: Claims

    @classmethod
    def on_table(
        cls,
        client: Any,
        table: str,
        index: str,
        policy: Policy,
        rng: random.Random,
        pause: Pause,
        turns: Turns | None = None,
    ) -> Self:
        """The store, and the claims it makes, of one process."""
        writes = PatientWrites(client, rng, pause)
        claims = Claims(CounterTable(client, table, writes), policy, rng, turns or LockTurns())
        return cls(client, table, index, writes, claims)

    def create(self, saga: Saga, claims: str | None) -> Outcome:
        if claims is None:
            return _outcome(self.writes.single(self.client.put_item, self._put(saga)))
        return self._claiming(saga, claims, lambda claimed: {"Put": self._put(claimed)})

    def replace(
        self, old: Saga, new: Saga, claims: str | None, releases: Claim | None, *, before: Sequence[Action] = ()
    ) -> Outcome:
        """`before`: what else goes into the same transaction, and is judged first.

        Raises:
            Preceded: that was refused, and so was everything.
        """
        if claims is not None:
            return self._claiming(new, claims, lambda claimed: {"Update": self._update(old, claimed)}, before)
        update = self._update(old, new)
        if releases is None and not before:
            return _outcome(self.writes.single(self.client.update_item, update))
        given_back = [] if releases is None else [self._count(releases, -1)]
        outcome = self._transact(before, [{"Update": update}, *given_back])
        if isinstance(outcome, NoRoom):
            msg = "a release carries no condition and cannot be refused"
            raise TypeError(msg)
        return outcome

    def get(self, execution_id: str, saga_name: str) -> Saga | None:
        with retryable():
            reply = self.client.get_item(TableName=self.table, Key=_key(execution_id, saga_name), ConsistentRead=True)
        return decode(reply["Item"]) if "Item" in reply else None

    def get_many(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Saga]:
        """Those of at most a hundred sagas that the answer holds and that can be read, strongly consistent."""
        wanted = {self.table: {"Keys": [_key(*key) for key in keys], "ConsistentRead": True}}
        with retryable():
            reply = self.client.batch_get_item(RequestItems=wanted)
        found: dict[tuple[str, str], Saga] = {}
        for item in part_of(part_of(reply, "Responses"), self.table):
            with suppress(CorruptSaga):
                saga = decode(item)
                found[saga.execution_id, saga.saga_name] = saga
        return found

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

    def _put(self, saga: Saga) -> dict[str, Any]:
        # The key is the unique constraint: whoever puts the item first owns the creation.
        absent = "attribute_not_exists(execution_id)"
        return {
            "TableName": self.table,
            "Item": encode(saga),
            "ConditionExpression": absent,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }

    def _update(self, old: Saga, new: Saga) -> dict[str, Any]:
        """Set and remove only what differs, so that attributes of newer code survive older code's writes."""
        changed, gone = changes(old, new)
        places = range(len(changed))
        expression = "SET " + ", ".join([f"#{place} = :{place}" for place in places])
        if gone:
            expression += " REMOVE " + ", ".join([f"#{len(changed) + place}" for place in range(len(gone))])
        # Exactly the version that the decision was made on: anything else is a lost race, a deleted item included.
        unchanged = "version = :read_version"
        return {
            "TableName": self.table,
            "Key": _key(old.execution_id, old.saga_name),
            "UpdateExpression": expression,
            "ConditionExpression": unchanged,
            "ExpressionAttributeNames": {f"#{place}": name for place, name in enumerate((*changed, *gone))},
            "ExpressionAttributeValues": {
                **{f":{place}": value for place, value in zip(places, changed.values(), strict=True)},
                ":read_version": {"N": str(old.version)},
            },
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }

    def _claiming(
        self, saga: Saga, resource: str, write: Callable[[Saga], Action], before: Sequence[Action] = ()
    ) -> Outcome:
        """The saga first, its unit second: the saga's condition decides what a cancelled transaction means."""

        def attempt(claim: Claim) -> Outcome:
            return self._transact(before, [write(saga.having(claim=claim)), self._count(claim, 1)])

        return self.claims.take(resource, attempt)

    def _transact(self, before: Sequence[Action], actions: list[Action]) -> Outcome:
        refused = self.writes.transact([*before, *actions], deciding=len(before) + 1)
        if refused is not None and refused.position < len(before):
            raise Preceded
        return _outcome(refused, len(before))

    def _count(self, claim: Claim, change: int) -> Action:
        return {"Update": counting_request(self.table, claim.resource, claim.shard, change)}


def _outcome(refused: Refused | None, place: int = 0) -> Outcome:
    """`place` is the saga's write in its transaction; a condition behind it is a counter's."""
    if refused is None:
        return Stored()
    if refused.position > place:
        return NoRoom()
    return LostRace(decode(refused.item) if refused.item else None)


def _key(execution_id: str, saga_name: str) -> Item:
    return {"execution_id": {"S": execution_id}, "saga_name": {"S": saga_name}}
