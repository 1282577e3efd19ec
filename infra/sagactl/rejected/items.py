"""Rejected events as items of the operators' table: read without hiding them from anybody, settled with an act."""

import json
from collections.abc import Iterator
from heapq import nlargest
from itertools import islice
from typing import Any

from botocore.exceptions import ClientError

from saga_orchestrator.adapters.rejected_events import SHARDS, item_id, item_key
from saga_orchestrator.domain.instants import rfc3339
from saga_orchestrator.domain.operating.acts import Act
from sagactl.acting.records import written
from sagactl.deployment import Deployment
from sagactl.rejected.kept import NAMES, Kept, Kind

SETTLED = "settled"
_INDEX = "by_time"


def open_items(stack: Deployment, limit: int, reason: str | None = None, execution_id: str | None = None) -> list[Kept]:
    """The newest, from every partition of the index; at most `limit`, so one more tells that there are others."""
    names, values, filters = {}, {}, []
    for name, wanted in (("reason", reason), ("execution_id", execution_id)):
        if wanted is not None:
            filters.append(f"#{name} = :{name}")
            names[f"#{name}"], values[f":{name}"] = name, {"S": wanted}
    request: dict[str, Any] = {"KeyConditionExpression": "kind = :kind", "ScanIndexForward": False}
    if filters:
        request |= {"FilterExpression": " AND ".join(filters), "ExpressionAttributeNames": names}

    def of_shard(shard: int) -> Iterator[Kept]:
        given = {":kind": {"S": f"rejected#{shard}"}, **values}
        yield from map(_kept, islice(_queried(stack, {**request, "ExpressionAttributeValues": given}), limit))

    return nlargest(limit, (each for shard in range(SHARDS) for each in of_shard(shard)), key=lambda each: each.at)


def item_of(stack: Deployment, identifier: str) -> Kept | None:
    """One, settled or not, strongly consistent."""
    reply = stack.client("dynamodb").get_item(
        TableName=stack.operator_table, Key=item_key(identifier), ConsistentRead=True
    )
    return _kept(reply["Item"]) if "Item" in reply else None


def settle(stack: Deployment, kept: Kept, state: str, act: Act) -> bool:
    """Take it off the list, in one transaction with the act. False when it has come again, or is settled already."""
    try:
        stack.client("dynamodb").transact_write_items(
            TransactItems=[
                {
                    "Update": {
                        "TableName": stack.operator_table,
                        "Key": item_key(kept.id),
                        "UpdateExpression": "SET #state = :state, kind = :settled, settled_at = :at, settled_by = :by",
                        # As it was looked at: a copy that came since is a rejection that nobody has judged.
                        "ConditionExpression": "#state = :open AND copies = :copies",
                        "ExpressionAttributeNames": {"#state": "state"},
                        "ExpressionAttributeValues": {
                            ":state": {"S": state},
                            ":settled": {"S": SETTLED},
                            ":open": {"S": "open"},
                            ":copies": {"N": str(kept.copies)},
                            ":at": {"S": rfc3339(act.at)},
                            ":by": {"S": act.id.actor},
                        },
                    }
                },
                {"Put": written(stack, act)},
            ]
        )
    except ClientError as error:
        if error.response["Error"]["Code"] == "TransactionCanceledException" and _changed(error):
            return False
        raise
    return True


def _changed(error: ClientError) -> bool:
    response: dict[str, Any] = dict(error.response)
    return [reason.get("Code") for reason in response.get("CancellationReasons", [])][:1] == ["ConditionalCheckFailed"]


def _queried(stack: Deployment, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    start: dict[str, Any] = {}
    while True:
        page = stack.client("dynamodb").query(TableName=stack.operator_table, IndexName=_INDEX, **request, **start)
        yield from page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def _kept(item: dict[str, Any]) -> Kept:
    """An item that lacks a part is shown without it: nobody is to miss an event because its item is odd."""

    def text(name: str) -> str:
        return str(item.get(name, {}).get("S", ""))

    key = text("key")
    more = {name: text(name) for name in ("last_at", "settled_at", "settled_by") if text(name)}
    if "size" in item:
        more["size"] = item["size"].get("N", "")
    return Kept(
        id=text("pk").removeprefix("rejected#"),
        kind=Kind.REJECTED,
        reason=text("reason"),
        detail=text("detail"),
        source=text("source"),
        position=_position(text("position")),
        function=text("function"),
        at=text("at"),
        copies=_whole(item.get("copies", {}).get("N")),
        names={name: text(name) for name in NAMES if text(name)},
        # An item names its own object or none: what is read for it is never what somebody wrote into it.
        key=key if f"rejected#{item_id(key)}" == text("pk") else "",
        state=text("state") or "open",
        more=more,
    )


def _whole(number: str | None) -> int:
    try:
        return int(number or 1)
    except ValueError:
        return 1


def _position(text: str) -> dict[str, Any]:
    try:
        position = json.loads(text)
    except ValueError:
        return {}
    return position if isinstance(position, dict) else {}
