"""One table: items by key, its indexes, and the writes that reach its stream."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from saga_testing.aws.dynamodb.attribute_values import MAX_ITEM_BYTES, numeric
from saga_testing.aws.dynamodb.key_schema import Key, KeySchema
from saga_testing.aws.dynamodb.secondary_index import SecondaryIndex
from saga_testing.aws.dynamodb.stream_record import FIRST_SEQUENCE_NUMBER, INSERT, MODIFY, REMOVE, StreamRecord
from saga_testing.aws.errors import Item, ItemRefused, invalid

FIVE_YEARS_SECONDS: Final = 5 * 365 * 86_400
MIN_NAME, MAX_NAME = 3, 255
MOST_REPLACED: Final = 8
"""Older images of an item than these no replica has."""


@dataclass
class Table:
    """Items are never changed in place: a write replaces the item, and whoever holds the old one keeps it."""

    name: str
    schema: KeySchema
    indexes: dict[str, SecondaryIndex]
    stream: list[StreamRecord] | None
    stream_view: str
    clock: Callable[[], int]
    lag: Callable[[], int]
    partitions: dict[Any, dict[Any, Item]] = field(default_factory=dict)
    sizes: dict[Key, int] = field(default_factory=dict)
    replaced: dict[Key, list[tuple[int, Item | None]]] = field(default_factory=dict)
    """By key: what a write replaced, and when; the last of them."""
    ttl_attribute: str | None = None
    index_keys: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        names: frozenset[str] = frozenset()
        self.index_keys = names.union(*(index.schema.names for index in self.indexes.values()))

    @classmethod
    def from_request(
        cls, request: Mapping[str, Any], stream: list[StreamRecord], clock: Callable[[], int], lag: Callable[[], int]
    ) -> Self:
        name, definitions = request["TableName"], request["AttributeDefinitions"]
        if not MIN_NAME <= len(name) <= MAX_NAME:
            raise invalid(
                f"TableName must be at least {MIN_NAME} characters long and at most {MAX_NAME} characters long"
            )
        schema = KeySchema.from_request(request["KeySchema"], definitions)
        indexes = {}
        for given in request.get("GlobalSecondaryIndexes") or ():
            indexes[given["IndexName"]] = SecondaryIndex(
                given["IndexName"],
                KeySchema.from_request(given["KeySchema"], definitions),
                schema,
                given["Projection"]["ProjectionType"],
                frozenset(given["Projection"].get("NonKeyAttributes", ())),
            )
        used = schema.names.union(*(index.schema.names for index in indexes.values()))
        if used != {each["AttributeName"] for each in definitions}:
            raise invalid(
                "One or more parameter values were invalid: Some AttributeDefinitions are not used by a key schema"
            )
        specification = request.get("StreamSpecification") or {}
        enabled = specification.get("StreamEnabled", False)
        view = specification.get("StreamViewType", "NEW_AND_OLD_IMAGES")
        return cls(name, schema, indexes, stream if enabled else None, view, clock, lag)

    def get(self, key: Key) -> Item | None:
        partition = self.partitions.get(key[0])
        return None if partition is None else partition.get(key[1])

    def get_as_of(self, key: Key, moment: int) -> Item | None:
        """As a replica has it that has heard of no write after `moment`."""
        for at, item in self.replaced.get(key, ()):
            if at > moment:
                return item
        return self.get(key)

    def items(self) -> Iterator[Item]:
        """Every item, in the order of the first write to its partition."""
        for partition in self.partitions.values():
            yield from partition.values()

    def scan_order(self) -> list[tuple[Any, Item]]:
        """Partitions by a hash of their key, as on AWS: no order that a caller could make sense of."""
        return sorted(
            (
                ((_digest(hash_content), self.schema.order(range_content)), item)
                for hash_content, partition in self.partitions.items()
                for range_content, item in partition.items()
            ),
            key=lambda pair: pair[0],
        )

    def scan_position(self, item: Item) -> Any:
        hash_content, range_content = self.schema.key_of(item)
        return _digest(hash_content), self.schema.order(range_content)

    def check_new(
        self, item: Item, size: int, message: str = "Item size has exceeded the maximum allowed size"
    ) -> None:
        if size > MAX_ITEM_BYTES:
            raise ItemRefused(message)
        for name, index in self.indexes.items():
            index.schema.check_index_key(item, name)

    def write(self, key: Key, old: Item | None, new: Item | None, size: int, *, by_ttl: bool = False) -> None:
        """Replace `old` by `new`. A write that changes nothing leaves no trace, in the stream neither."""
        if old == new:
            return
        if new is None:
            del self.partitions[key[0]][key[1]]
            if not self.partitions[key[0]]:
                del self.partitions[key[0]]
            del self.sizes[key]
        else:
            self.partitions.setdefault(key[0], {})[key[1]] = new
            self.sizes[key] = size
        now = self.clock()
        self.replaced[key] = [*self.replaced.get(key, ())[-MOST_REPLACED + 1 :], (now, old)]
        for index in self.indexes.values():
            index.change(key, old, new, now, self.lag)
        if self.stream is not None:
            self._record(self.stream, old, new, now, by_ttl)

    def _record(self, stream: list[StreamRecord], old: Item | None, new: Item | None, now: int, by_ttl: bool) -> None:
        item = new if new is not None else old
        if item is None:
            return
        event = INSERT if old is None else REMOVE if new is None else MODIFY
        view = self.stream_view
        stream.append(
            StreamRecord(
                str(FIRST_SEQUENCE_NUMBER + len(stream)),
                event,
                self.schema.key_attributes(item),
                old if view in {"NEW_AND_OLD_IMAGES", "OLD_IMAGE"} else None,
                new if view in {"NEW_AND_OLD_IMAGES", "NEW_IMAGE"} else None,
                now,
                by_ttl,
                self.name,
                view,
            )
        )

    def expire(self, now_ms: int) -> int:
        """Delete what the time-to-live service may delete at `now_ms`; how many items that were.

        Only a number of seconds in the past counts, and not one more than five years back (Developer Guide, Using
        time to live).
        """
        if self.ttl_attribute is None:
            return 0
        now = now_ms // 1000
        doomed = [item for item in self.items() if _has_expired(item.get(self.ttl_attribute), now)]
        for item in doomed:
            self.write(self.schema.key_of(item), item, None, 0, by_ttl=True)
        return len(doomed)


def _has_expired(value: dict[str, Any] | None, now: int) -> bool:
    if value is None or "N" not in value:
        return False
    return now - FIVE_YEARS_SECONDS < numeric(value["N"]) <= now


def _digest(content: Any) -> bytes:
    raw = content if isinstance(content, bytes) else str(content).encode()
    return hashlib.md5(raw, usedforsecurity=False).digest()
