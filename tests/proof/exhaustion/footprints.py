"""What one step of an invocation reads and writes, as far as anybody else can notice: whether two steps commute."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Self

Place = tuple[str, ...]
"""From the outside in: ("dynamodb", table, key). A shorter one holds all that begins like it, `()` everything."""

EVERYTHING: Final[Place] = ()


@dataclass(frozen=True)
class Footprint:
    """Conditions count as writes, refused or not: what a call would have done is not asked."""

    reads: frozenset[Place] = frozenset()
    writes: frozenset[Place] = frozenset()

    def __or__(self, other: Self) -> "Footprint":
        return Footprint(self.reads | other.reads, self.writes | other.writes)


def commute(one: Footprint, other: Footprint) -> bool:
    """Either order leaves the same behind and gives both the same answers: neither writes where the other looks."""
    return not (_meet(one.writes, other.writes) or _meet(one.writes, other.reads) or _meet(one.reads, other.writes))


def never(_one: Footprint, _other: Footprint) -> bool:
    """For all schedules, whatever commutes."""
    return False


def _meet(some: frozenset[Place], others: frozenset[Place]) -> bool:
    return any(a[: len(b)] == b[: len(a)] for a in some for b in others)


def reading(*places: Place) -> Footprint:
    return Footprint(reads=frozenset(places))


def writing(*places: Place) -> Footprint:
    return Footprint(writes=frozenset(places))


def of_call(operation: str, arguments: dict[str, Any]) -> Footprint:
    """A call that is not known here commutes with none."""
    footprint = _OF_CALLS.get(operation)
    return footprint(arguments) if footprint else writing(EVERYTHING)


def _table(arguments: dict[str, Any]) -> Place:
    return ("dynamodb", arguments["TableName"])


def _item(arguments: dict[str, Any]) -> Place:
    """Of a call or of one action of a transaction. By a key that is not known here it is the whole table."""
    key = arguments.get("Key") or arguments["Item"]
    return (*_table(arguments), *(key[name]["S"] for name in ("execution_id", "saga_name", "pk", "sk") if name in key))


def _actions(arguments: dict[str, Any]) -> Iterator[Place]:
    return (_item(action) for each in arguments["TransactItems"] for action in each.values())


def _object(arguments: dict[str, Any]) -> Place:
    return ("s3", arguments["Bucket"], arguments["Key"])


def _executions(arguments: dict[str, Any]) -> Iterator[Place]:
    """The order of what is published counts within one execution; across executions the bus promises none."""
    return (("events", json.loads(entry["Detail"])["execution_id"]) for entry in arguments["Entries"])


_OF_CALLS: Final[dict[str, Callable[[dict[str, Any]], Footprint]]] = {
    "get_item": lambda given: reading(_item(given)),
    # What an index finds, any write to its table may change.
    "query": lambda given: reading(_table(given)),
    "put_item": lambda given: writing(_item(given)),
    "update_item": lambda given: writing(_item(given)),
    "transact_write_items": lambda given: writing(*_actions(given)),
    "get_object": lambda given: reading(_object(given)),
    "put_object": lambda given: writing(_object(given)),
    "send_message": lambda given: writing(("sqs", given["QueueUrl"])),
    "put_events": lambda given: writing(*_executions(given)),
}
