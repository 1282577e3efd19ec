"""What a table's items are found by: the hash key of each index, and the time at which they expire.

moto walks all items of a table for every query, and the stack would for every look at what has expired. The answers
stay moto's: what is found here are candidates, which it sorts and filters as ever.
"""

import heapq
import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table

from local_stack.aws.moto_repairs.state import replace_method

Key = tuple[DynamoType, DynamoType | None]

#: Where a table keeps its index, so that the two go together.
PLACE = "_found_by"

_query = threading.local()


class TableIndex:
    """Built when somebody first asks, and told of each item that may have changed from then on."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._by_hash: dict[tuple[str, DynamoType], dict[Key, None]] = {}
        self._places: dict[Key, list[tuple[str, DynamoType]]] = {}
        self._expiry: dict[Key, float] = {}
        self._due: list[tuple[float, int, Key]] = []
        self._order = itertools.count()
        for item in table.all_items():
            self.touch((item.hash_key, item.range_key))

    def touch(self, key: Key) -> None:
        """Look at the item again, whatever happened to it."""
        for place in self._places.pop(key, ()):
            del self._by_hash[place][key]
        self._expiry.pop(key, None)
        item = item_at(self._table, key)
        if item is None:
            return
        self._places[key] = places = [
            (attribute, value) for attribute in hash_attributes(self._table) if (value := item.attrs.get(attribute))
        ]
        for place in places:
            self._by_hash.setdefault(place, {})[key] = None
        self._note_expiry(key, item)

    def with_hash(self, attribute: str, value: DynamoType) -> list[Item]:
        found = (item_at(self._table, key) for key in self._by_hash.get((attribute, value), ()))
        return [item for item in found if item is not None]

    def take_expired(self, now: float) -> Iterator[tuple[Key, float]]:
        """Keys and times of the items whose time has passed, each once, with no look at any other."""
        while self._due and self._due[0][0] <= now:
            at, _, key = heapq.heappop(self._due)
            if self._expiry.get(key) == at:
                yield key, at

    def _note_expiry(self, key: Key, item: Item) -> None:
        value = item.attrs.get(self._table.ttl.get("AttributeName") or "")
        if value is not None and value.type == "N":
            self._expiry[key] = at = float(value.value)
            heapq.heappush(self._due, (at, next(self._order), key))


def index_of(table: Table) -> TableIndex:
    if PLACE not in vars(table):
        setattr(table, PLACE, TableIndex(table))
    found: TableIndex = getattr(table, PLACE)
    return found


def touch(table: Table, hash_key: DynamoType, range_key: DynamoType | None) -> None:
    """To be called after every change of an item."""
    if PLACE in vars(table):
        index_of(table).touch((hash_key, range_key))


def forget(table: Table) -> None:
    """What the table is found by has changed: an index more, or the attribute of its time to live."""
    vars(table).pop(PLACE, None)


def item_at(table: Table, key: Key) -> Item | None:
    """Without the entry that moto's own lookup makes for a hash key that it does not know."""
    hash_key, range_key = key
    bucket: Any = table.items.get(hash_key)
    if bucket is None or range_key is None:
        return bucket if range_key is None else None
    item: Item | None = bucket.get(range_key)
    return item


def hash_attributes(table: Table) -> set[str]:
    """The first hash key of each index: enough to be no longer looking at everything."""
    return {index.schema_key_attrs[0] for index in table.all_indexes()}


def candidates(table: Table, hash_key: DynamoType | None, index_name: str | None, conditions: Any) -> list[Item] | None:
    """None where only a look at everything will do."""
    if index_name is None:
        return None if hash_key is None else items_under(table, hash_key)
    index = next((one for one in table.all_indexes() if one.name == index_name), None)
    if index is None:
        return None  # moto reports it
    attribute = index.schema_key_attrs[0]
    value = dict(conditions or ()).get(attribute)
    return None if value is None else index_of(table).with_hash(attribute, value)


def items_under(table: Table, hash_key: DynamoType) -> list[Item]:
    bucket: Any = table.items.get(hash_key)
    if bucket is None:
        return []
    return list(bucket.values()) if table.has_range_key else [bucket]


@contextmanager
def _among(items: list[Item] | None) -> Iterator[None]:
    _query.candidates = items
    try:
        yield
    finally:
        _query.candidates = None


def find_items_by_their_keys() -> None:
    moto_query, moto_all = Table.query, Table.all_items
    moto_put, moto_delete = Table.put_item, Table.delete_item

    def query(self: Table, hash_key: DynamoType | None, *args: Any, **kwargs: Any) -> Any:
        index_name = kwargs["index_name"] if "index_name" in kwargs else args[6]  # where moto's own caller has it
        with _among(candidates(self, hash_key, index_name, kwargs.get("hash_key_conditions"))):
            return moto_query(self, hash_key, *args, **kwargs)

    def all_items(self: Table) -> list[Item]:
        found: list[Item] | None = getattr(_query, "candidates", None)
        return moto_all(self) if found is None else found

    def put_item(self: Table, *args: Any, **kwargs: Any) -> Item:
        item = moto_put(self, *args, **kwargs)
        touch(self, item.hash_key, item.range_key)
        return item

    def delete_item(self: Table, hash_key: DynamoType, range_key: DynamoType | None) -> Item | None:
        item = moto_delete(self, hash_key, range_key)
        touch(self, hash_key, range_key)
        return item

    replace_method(Table, "query", query)
    replace_method(Table, "all_items", all_items)
    replace_method(Table, "put_item", put_item)
    replace_method(Table, "delete_item", delete_item)
    for method in ("update_table", "update_time_to_live"):
        _forget_after(method)


def _forget_after(method: str) -> None:
    moto_change = getattr(DynamoDBBackend, method)

    def change(self: DynamoDBBackend, *args: Any, **kwargs: Any) -> Any:
        result = moto_change(self, *args, **kwargs)
        forget(self.get_table(kwargs["name"] if "name" in kwargs else args[0]))
        return result

    replace_method(DynamoDBBackend, method, change)
