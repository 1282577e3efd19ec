"""What operators did, as items of the operators' table. An act is written once; nobody may change or delete it."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from sagactl.deployment import Deployment
from sagactl.table.sagas import now_rfc3339

KEPT_SECONDS = 400 * 86_400
_LONGEST_REASON = 200
_DOOR = "sagactl"


@dataclass(frozen=True)
class Act:
    """Somebody did `verb` to `target`, such as `rejected:4be1`. `actor` is as the caller's machine says: unverified."""

    target: str
    verb: str
    actor: str
    reason: str = ""
    result: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    at: str = field(default_factory=now_rfc3339)
    key: str = field(default_factory=lambda: uuid.uuid4().hex)
    """Of the idempotency: the same act written twice is one."""


def record(stack: Deployment, act: Act) -> None:
    """Write it by itself: before a function is called, and its result after."""
    stack.client("dynamodb").put_item(**written(stack, act))


def written(stack: Deployment, act: Act) -> dict[str, Any]:
    """The put, also as part of a transaction."""
    digest = sha256(json.dumps(dict(act.arguments), sort_keys=True).encode()).hexdigest()[:16]
    text = {
        "pk": f"act#{act.target}",
        "sk": f"{act.actor}#{act.key}",
        "kind": "act",
        "at": act.at,
        "target": act.target,
        "verb": act.verb,
        "actor": act.actor,
        "door": _DOOR,
        "arguments": digest,
        "reason": shortened(act.reason),
        "result": act.result,
    }
    return {
        "TableName": stack.operator_table,
        "Item": {
            **{name: {"S": value} for name, value in text.items() if value},
            "expires": {"N": str(_epoch(act.at) + KEPT_SECONDS)},
        },
        # An act is never overwritten, also not by its own repetition.
        "ConditionExpression": "attribute_not_exists(pk)",
    }


def acts_on(stack: Deployment, target: str) -> list[dict[str, str]]:
    """Everything that was done to it, in order."""
    reply = stack.client("dynamodb").query(
        TableName=stack.operator_table,
        KeyConditionExpression="pk = :target",
        ExpressionAttributeValues={":target": {"S": f"act#{target}"}},
        ConsistentRead=True,
    )
    names = ("at", "verb", "actor", "reason", "result")
    found = [{name: item.get(name, {}).get("S", "") for name in names} for item in reply["Items"]]
    return sorted(found, key=lambda act: act["at"])


def shortened(reason: str) -> str:
    """At most 200 bytes of UTF-8, cut between characters."""
    return reason.encode(errors="replace")[:_LONGEST_REASON].decode(errors="ignore")


def _epoch(at: str) -> int:
    return int(datetime.fromisoformat(at).timestamp())
