"""Batches in the operators' table: read, frozen, begun, run and ended, each by a conditional write."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from saga_orchestrator.adapters.aws_errors import part_of, retryable
from saga_orchestrator.adapters.patient_writes import PatientWrites
from saga_orchestrator.adapters.saga_codec import Item
from saga_orchestrator.application.batches.keeping import NotMine, Settled
from saga_orchestrator.domain.errors import RetryableError
from saga_orchestrator.domain.instants import rfc3339
from saga_orchestrator.domain.operating.acts import Act, ActKey
from saga_orchestrator.domain.operating.batches import Batch, BatchState, Chosen, Fate

from .act_items import ActTable, put_of
from .batch_items import (
    KIND,
    PART,
    decode_head,
    decode_part,
    encode_by,
    encode_head,
    encode_part,
    expiry,
    fate_key,
    head_key,
    part_key,
)
from .time_index import BY_TIME

Action = dict[str, Any]

_UNWRITTEN: Final = "attribute_not_exists(pk)"


@dataclass(frozen=True, slots=True)
class BatchTable:
    """Implements the application's `Batches`, and what the API lists."""

    client: Any
    table: str
    writes: PatientWrites
    acts: ActTable

    def find(self, identity: str) -> Batch | None:
        with retryable():
            reply = self.client.get_item(TableName=self.table, Key=head_key(identity), ConsistentRead=True)
        return _head(reply["Item"]) if "Item" in reply else None

    def find_act(self, act_id: ActKey) -> Act | None:
        return self.acts.find(act_id)

    def freeze(self, batch: Batch, chosen: Sequence[Chosen]) -> bool:
        """The set first: a batch that stands has all of its set. What never came to stand expires."""
        for number, begin in enumerate(range(0, len(chosen), PART)):
            item = {**part_key(batch, number), **encode_part(chosen[begin : begin + PART]), **expiry(batch)}
            # Its key is of this attempt alone: what stands there already was written by it, and its answer was lost.
            self._put(item)
        # Whoever puts the batch first owns its id: of the same request twice at once, the other one reads it.
        return self._put(encode_head(batch))

    def change(self, old: Batch, new: Batch, act: Act) -> bool:
        changes: Item = {
            "stands": {"S": new.state},
            "version": {"N": str(new.version)},
            "moved": {"N": str(act.at)},
            **({"started": {"S": encode_by(new.started)}} if new.started is not None else {}),
            **({"aborted": {"S": encode_by(new.aborted)}} if new.aborted is not None else {}),
            **({"ended": {"N": str(new.ended_at)}} if new.ended_at is not None else {}),
        }
        # Decided on this standing: whoever began, aborted or ended it meanwhile raised its version.
        as_decided = "version = :read AND stands = :stood"
        read: Item = {":read": {"N": str(old.version)}, ":stood": {"S": old.state}}
        update = {"Update": self._update(old, changes, as_decided, read)}
        return self.writes.transact([{"Put": put_of(self.table, act)}, update]) is None

    def chosen(self, batch: Batch, begin: int, end: int) -> list[Chosen]:
        found: list[Chosen] = []
        first = begin // PART
        for number in range(first, (end - 1) // PART + 1):
            with retryable():
                reply = self.client.get_item(TableName=self.table, Key=part_key(batch, number), ConsistentRead=True)
            try:
                found += decode_part(part_of(reply, "Item"))
            except (KeyError, ValueError):
                raise _unreadable() from None
        return found[begin - first * PART : end - first * PART]

    def fates(self, batch: Batch, begin: int, end: int) -> dict[int, Settled]:
        """What became of those from `begin` up to `end`, strongly consistent: of whom nothing is there, nothing did."""
        bounds = {
            ":pk": {"S": f"operation#{batch.id}"},
            ":from": fate_key(batch, begin)["sk"],
            ":to": fate_key(batch, end - 1)["sk"],
        }
        request = {
            "KeyConditionExpression": "pk = :pk AND sk BETWEEN :from AND :to",
            "ExpressionAttributeValues": bounds,
            "ConsistentRead": True,
        }
        with retryable():
            page = self.client.query(TableName=self.table, **request)
        return {
            int(item["sk"]["S"].partition("#")[2]): Settled(Fate(item["fate"]["S"]), item.get("code", {}).get("S", ""))
            for item in part_of(page, "Items")
        }

    def newest(self, limit: int, behind: tuple[str, str] | None = None, since: int = 0) -> tuple[list[Batch], bool]:
        """By the index, the newest first, behind that moment and id; and whether others follow."""
        start = {} if behind is None else {"ExclusiveStartKey": _place(*behind)}
        with retryable():
            page = self.client.query(
                TableName=self.table,
                IndexName=BY_TIME,
                KeyConditionExpression="kind = :kind AND #at >= :since",
                ExpressionAttributeNames={"#at": "at"},
                ExpressionAttributeValues={":kind": {"S": KIND}, ":since": {"S": rfc3339(since)}},
                ScanIndexForward=False,
                Limit=limit,
                **start,
            )
        return [_head(item) for item in part_of(page, "Items")], "LastEvaluatedKey" in page

    def running(self, since: int) -> Iterator[Batch]:
        """Of those that were prepared since then. By the index: the write that takes one up asks how it stands."""
        behind: tuple[str, str] | None = None
        more = True
        while more:
            found, more = self.newest(100, behind, since)
            yield from (batch for batch in found if batch.state is BatchState.RUNNING)
            behind = (rfc3339(found[-1].prepared.at), found[-1].id) if found else None
            more = more and bool(found)

    def take(self, batch: Batch, runner: str, now: int, stale: int, takes: int) -> None:
        changes: Item = {
            "runner": {"S": runner},
            "moved": {"N": str(now)},
            "takes": {"N": str(takes)},
            "taken_at": {"N": str(batch.next)},
        }
        # It is to be run, and nobody runs it: or whoever did has settled nothing for so long that he counts as dead.
        free = "stands = :running AND (attribute_not_exists(runner) OR moved < :stale)"
        values: Item = {":running": {"S": BatchState.RUNNING}, ":stale": {"N": str(stale)}}
        self.writes.single(self.client.update_item, self._update(batch, changes, free, values))

    def settle(self, batch: Batch, position: int, settled: Settled, now: int, also: Sequence[Action] = ()) -> bool:
        """`also`: what else goes into the same transaction, and may be what refuses it."""
        if self.writes.transact([*self.settling(batch, position, settled, now), *also]) is None:
            return True
        if not self.is_settled(batch, position) and not also:
            msg = "a fate was refused, and stands nowhere"
            raise RetryableError(msg)
        return False

    def settling(self, batch: Batch, position: int, settled: Settled, now: int) -> list[Action]:
        """The writes of one fate: that it is the next one's, and the runner still the one, is asked of the batch."""
        values = {
            ":one": {"N": "1"},
            ":now": {"N": str(now)},
            ":running": {"S": BatchState.RUNNING},
            ":me": {"S": batch.runner or ""},
            ":position": {"N": str(position)},
        }
        update = {
            "TableName": self.table,
            "Key": head_key(batch.id),
            "UpdateExpression": "SET moved = :now ADD #next :one, #fate :one",
            # Nobody aborted it; nobody else took it up; and no fate is written before the ones in front, or twice.
            "ConditionExpression": "stands = :running AND runner = :me AND #next = :position",
            "ExpressionAttributeNames": {"#next": "next", "#fate": f"n_{settled.fate}"},
            "ExpressionAttributeValues": values,
        }
        item = {
            **fate_key(batch, position),
            "fate": {"S": settled.fate},
            **({"code": {"S": settled.code}} if settled.code else {}),
            "moment": {"N": str(now)},
            **expiry(batch),
        }
        # A fate is written once. The condition on the batch says so already; here it is said of the item itself.
        put = {"TableName": self.table, "Item": item, "ConditionExpression": _UNWRITTEN}
        return [{"Update": update}, {"Put": put}]

    def is_settled(self, batch: Batch, position: int) -> bool:
        """After a refused write: whether that fate stands.

        Raises:
            NotMine: somebody else runs it, or it was aborted.
        """
        now = self.find(batch.id)
        if now is None or now.runner != batch.runner or now.state is not BatchState.RUNNING:
            raise NotMine
        return now.next > position

    def finish(self, batch: Batch, now: int) -> None:
        changes: Item = {
            "stands": {"S": BatchState.ENDED},
            "version": {"N": str(batch.version + 1)},
            "ended": {"N": str(now)},
            "moved": {"N": str(now)},
        }
        # Every saga has a fate, nobody aborted it meanwhile, and it is ours: another runner ends it himself.
        through = "stands = :running AND runner = :me AND #next = :count"
        values: Item = {":count": {"N": str(batch.count)}, **_mine(batch)}
        update = self._update(batch, changes, through, values)
        update["ExpressionAttributeNames"]["#next"] = "next"
        self.writes.single(self.client.update_item, update)

    def release(self, batch: Batch, now: int) -> None:
        update = self._update(
            batch,
            {"moved": {"N": str(now)}, "takes": {"N": "0"}},
            # Only what is ours to give back, and still to be run.
            "stands = :running AND runner = :me",
            _mine(batch),
        )
        update["UpdateExpression"] += " REMOVE runner"
        self.writes.single(self.client.update_item, update)

    def _put(self, item: Item) -> bool:
        request = {"TableName": self.table, "Item": item, "ConditionExpression": _UNWRITTEN}
        return self.writes.single(self.client.put_item, request) is None

    def _update(self, batch: Batch, changes: Item, condition: str, values: Item) -> Action:
        names = {f"#{name}": name for name in changes}
        return {
            "TableName": self.table,
            "Key": head_key(batch.id),
            "UpdateExpression": "SET " + ", ".join(f"#{name} = :{name}" for name in changes),
            "ConditionExpression": condition,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": {**{f":{name}": value for name, value in changes.items()}, **values},
        }


def _mine(batch: Batch) -> Item:
    return {":running": {"S": BatchState.RUNNING}, ":me": {"S": batch.runner or ""}}


def _place(at: str, identity: str) -> Item:
    return {"kind": {"S": KIND}, "at": {"S": at}, **head_key(identity)}


def _head(item: Item) -> Batch:
    try:
        return decode_head(item)
    except (KeyError, ValueError, TypeError):
        raise _unreadable() from None


def _unreadable() -> RetryableError:
    """Nothing is lost by waiting: whoever wrote it so, a later release or a person, can be waited for."""
    return RetryableError("an item of an operation cannot be read")
