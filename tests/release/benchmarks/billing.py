"""DynamoDB's billing rules, applied to the requests on the wire and to the real items before and after each.

Rules (Amazon DynamoDB developer guide, "Item sizes and formats" and "Capacity unit consumption"): a write is billed by
the larger of the item before and after it, in whole KB; a transaction doubles that for the table, not for its indexes;
a condition that fails is billed by the existing item, one unit at least. A sparse index costs 1 to enter, 2 to change
the key and 1 to leave.
"""

import json
from dataclasses import dataclass, field
from typing import Any, Self

import boto3

KB = 1024
DEADLINES, MARKS, OWNER = ("deadline_shard", "deadline"), ("mark", "mark_at"), ("owner", "created")
"""The key of each index. The last one is there where it is asked for."""
_WRITES = {"PutItem", "UpdateItem", "TransactWriteItems"}
Item = dict[str, dict[str, Any]]


def item_size(item: Item) -> int:
    """Bytes that DynamoDB bills: names and values, encoded as UTF-8, and the overhead of nesting."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(value: dict[str, Any]) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return _number_size(content)
        case "B":
            return len(content)
        case "BOOL" | "NULL":
            return 1
        case "L":
            return 3 + sum(1 + _value_size(element) for element in content)
        case "M":
            return 3 + sum(1 + len(name.encode()) + _value_size(element) for name, element in content.items())
        case _:
            msg = f"attribute type {kind} is not used by this table"
            raise ValueError(msg)


def _number_size(digits: str) -> int:
    """One byte for two significant digits, one more, and one for a sign; an odd split may cost a byte, which is in."""
    significant = digits.lstrip("-").replace(".", "").strip("0")
    return min(21, (len(significant) + 1) // 2 + 1 + digits.startswith("-"))


def _units(*items: Item | None) -> int:
    return max(1, *(-(-item_size(item) // KB) for item in items if item is not None), 1)


@dataclass(frozen=True)
class Write:
    """One request that DynamoDB bills, whether or not it was obeyed. `saga_bytes` is 0 when it wrote no saga."""

    operation: str
    obeyed: bool
    table_units: int
    index_units: int
    saga_bytes: int

    @property
    def units(self) -> int:
        return self.table_units + self.index_units


@dataclass
class Meter:
    """Reads every request of one client just before it is sent, and bills it when it is answered, while it is entered.

    Clients are shared by all tests of a process: a meter left on one would read the table twice for each later call.
    """

    client: Any
    indexes: tuple[tuple[str, str], ...] = (DEADLINES, MARKS)
    requests: list[str] = field(default_factory=list)
    writes: list[Write] = field(default_factory=list)
    _before: dict[str, Item | None] = field(default_factory=dict)
    _actions: list[dict[str, Any]] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._reader = boto3.client("dynamodb")
        self.client.meta.events.register_first("before-send.dynamodb", self._sent)
        self.client.meta.events.register("after-call.dynamodb", self._answered)
        return self

    def __exit__(self, *_error: object) -> None:
        self.client.meta.events.unregister("before-send.dynamodb", self._sent)
        self.client.meta.events.unregister("after-call.dynamodb", self._answered)

    def _sent(self, request: Any, **_: Any) -> None:
        operation = request.headers["X-Amz-Target"]
        operation = (operation.decode() if isinstance(operation, bytes) else operation).rpartition(".")[2]
        self.requests.append(operation)
        if operation in _WRITES:
            body = json.loads(request.body)
            transaction = body.get("TransactItems")
            self._actions = [next(iter(action.values())) for action in transaction] if transaction else [body]
            self._before = {_key_of(action): self._read(action) for action in self._actions}

    def _answered(self, http_response: Any, model: Any, **_: Any) -> None:
        if model.name not in _WRITES:
            return
        obeyed = http_response.status_code < 300
        table = index = saga_bytes = 0
        for action in self._actions:
            before, after = self._before[_key_of(action)], self._read(action)
            table += _units(before, after, action.get("Item") if not obeyed else None)
            index += sum(_index_units(before, after, key) for key in self.indexes)
            if obeyed and after is not None and not after["saga_name"]["S"].startswith("#"):
                saga_bytes = item_size(after)
        factor = 2 if model.name == "TransactWriteItems" else 1
        self.writes.append(Write(model.name, obeyed, factor * table, index, saga_bytes))

    def _read(self, action: dict[str, Any]) -> Item | None:
        key = json.loads(_key_of(action))
        item: Item | None = self._reader.get_item(TableName=action["TableName"], Key=key).get("Item")
        return item


def _key_of(action: dict[str, Any]) -> str:
    source = action.get("Key") or action["Item"]
    return json.dumps({name: source[name] for name in ("execution_id", "saga_name")})


def _index_units(before: Item | None, after: Item | None, key: tuple[str, str]) -> int:
    old, new = _index_key(before, key), _index_key(after, key)
    if old == new:
        return 0
    return (old is not None) + (new is not None)


def _index_key(item: Item | None, key: tuple[str, str]) -> tuple[Any, ...] | None:
    if item is None or not all(name in item for name in key):
        return None
    return tuple(next(iter(item[name].values())) for name in key)
