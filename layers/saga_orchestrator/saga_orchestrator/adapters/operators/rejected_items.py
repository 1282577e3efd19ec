"""Rejected events as items of the operators' table: read without hiding them from anybody, settled with an act."""

import json
from dataclasses import dataclass
from typing import Any, Final

from saga_orchestrator.adapters.aws_errors import retryable
from saga_orchestrator.adapters.rejected_events import item_id, item_key, place_of
from saga_orchestrator.adapters.saga_codec import Item
from saga_orchestrator.application.judging import Written
from saga_orchestrator.application.settling.kept import NAMES, Kept, Kind
from saga_orchestrator.domain.instants import rfc3339
from saga_orchestrator.domain.operating.acts import Act, ActKey

from .act_items import ActTable, put_of
from .open_events import open_events
from .time_index import TimeIndex

SETTLED: Final = "settled"


@dataclass(frozen=True, slots=True)
class RejectedItems:
    """Implements the application's `EventStore`."""

    acts: ActTable

    def find_event(self, identifier: str) -> Kept | None:
        with retryable():
            reply = self.acts.client.get_item(TableName=self.acts.table, Key=item_key(identifier), ConsistentRead=True)
        return kept_of(reply["Item"]) if "Item" in reply else None

    def find(self, act_id: ActKey) -> Act | None:
        return self.acts.find(act_id)

    def put(self, act: Act) -> bool:
        return self.acts.put(act)

    def settle(self, kept: Kept, state: str, act: Act) -> Written:
        update = {
            "TableName": self.acts.table,
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
        # The act before the event: its own repetition is told from what others did meanwhile.
        refused = self.acts.writes.transact([{"Put": put_of(self.acts.table, act)}, {"Update": update}])
        if refused is None:
            return Written.DONE
        return Written.ACTED if refused.position == 0 else Written.CHANGED

    @property
    def open(self) -> TimeIndex[Kept]:
        """Those that nobody has settled."""
        return open_events(self.acts.client, self.acts.table, kept_of)


def kept_of(item: Item) -> Kept:
    """An item that lacks a part is shown without it: nobody is to miss an event because its item is odd."""

    def text(name: str) -> str:
        return str(item.get(name, {}).get("S", ""))

    identifier, position = text("pk").removeprefix("rejected#"), _position(text("position"))
    key = _own_key(identifier, text("key"), position)
    function, source = key.split("/")[1:3] if key else (text("function"), text("source"))
    more = {name: text(name) for name in ("last_at", "settled_at", "settled_by") if text(name)}
    if "size" in item:
        more["size"] = item["size"].get("N", "")
    return Kept(
        id=identifier,
        kind=Kind.REJECTED,
        reason=text("reason"),
        detail=text("detail"),
        source=source,
        position=position,
        function=function,
        at=text("at"),
        copies=_whole(item.get("copies", {}).get("N")),
        names={name: text(name) for name in NAMES if text(name)},
        key=key,
        state=text("state") or "open",
        more=more,
    )


def _own_key(identifier: str, key: str, position: dict[str, Any]) -> str:
    """An item names its own object or none: what is read for it, and where that is sent, is never what somebody wrote
    into it. The key says which function kept the bytes, of which source and from which place; all three must agree.
    """
    parts = key.split("/")
    if item_id(key) != identifier or len(parts) < 4 or not {".", ".."}.isdisjoint(parts):
        return ""
    place = "/".join(("rejected", *parts[1:3], *place_of(position)))
    return key if key.rpartition("/")[0] == place else ""


def _whole(number: str | None) -> int:
    try:
        return int(number or 1)
    except ValueError:
        return 1


def _position(text: str) -> dict[str, Any]:
    try:
        position = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return position if isinstance(position, dict) else {}
