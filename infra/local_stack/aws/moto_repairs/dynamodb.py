"""Repairs of moto's DynamoDB: transactions, tokens, streams. See `moto_repairs` for the rules they keep to."""

import copy
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from moto.core.responses import ActionResult
from moto.dynamodb.exceptions import (
    AttributeDoesNotExist,
    DynamodbException,
    IncorrectDataType,
    InvalidUpdateExpressionInvalidDocumentPath,
    ItemSizeTooLarge,
    ItemSizeToUpdateTooLarge,
)
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.models.table import StreamRecord, StreamShard, Table
from moto.dynamodb.models.utilities import bytesize
from moto.dynamodb.responses import DynamoHandler
from moto.dynamodbstreams.models import DynamoDBStreamsBackend

from local_stack.aws.moto_repairs.indexes import touch
from local_stack.aws.moto_repairs.state import replace_method

TOKEN_LIFETIME_SECONDS = 600
MAX_SHARD_ITERATORS = 2_000
MAX_ITEM_BYTES = 400 * 1024

#: What an update can fail with because of the item that it finds.
DOES_NOT_FIT_THE_ITEM = (
    AttributeDoesNotExist,
    IncorrectDataType,
    InvalidUpdateExpressionInvalidDocumentPath,
    ItemSizeToUpdateTooLarge,
)


class ValidationError(Exception):
    """Its name is the code of a cancellation reason: moto takes the code from the class."""


def repair_dynamodb() -> None:
    _emit_one_stream_record_per_call()
    _apply_transactions_all_or_nothing()
    _honour_client_request_tokens()
    _limit_items_to_400_kilobytes()
    _forget_old_shard_iterators()


_call = threading.local()


def _emit_one_stream_record_per_call() -> None:
    """ "If you perform a PutItem or UpdateItem operation that does not change any data in an item, DynamoDB Streams
    does not write a stream record" (Developer Guide, Change data capture for DynamoDB Streams), and one call on one
    item is one record with the images before and after it.

    moto writes a record for an identical put, and two (INSERT of the bare key, then MODIFY) for an update that creates
    its item. It also knows no TTL deletions, whose records carry `userIdentity` (Developer Guide, DynamoDB Streams and
    Time to Live).
    """
    moto_add, moto_update = StreamShard.add, DynamoDBBackend.update_item

    def add(self: StreamShard, old: Item | None, new: Item | None) -> None:
        pending = getattr(_call, "pending", None)
        if pending is not None:
            pending.setdefault(id(self), [self, old, new])[2] = new
            return
        if old is None and new is None:
            return
        if old is not None and new is not None and old.to_json() == new.to_json():
            return
        moto_add(self, old, copy.deepcopy(new))
        _complete(self.items[-1], self.table.region_name)

    def update_item(self: DynamoDBBackend, table_name: str, key: dict[str, Any], *args: Any, **kwargs: Any) -> Item:
        # In a transaction the snapshot round all of it serves: whatever fails in it cancels it.
        before = _Snapshot(self, [] if getattr(_call, "transacting", False) else [(table_name, key)])
        _call.pending = {}
        try:
            item = moto_update(self, table_name, key, *args, **kwargs)
        except Exception as error:  # whatever made it fail half-way (item too large, bad path), nothing may stay behind
            before.restore()
            if getattr(_call, "transacting", False) and isinstance(error, DOES_NOT_FIT_THE_ITEM):
                # A reason of the cancellation, not a refusal of the call (API Reference, TransactionCanceledException).
                raise ValidationError(str(error)) from error
            raise
        finally:
            pending, _call.pending = _call.pending, None
        for shard, old, new in pending.values():
            shard.add(old, new)
        touch(self.get_table(table_name), item.hash_key, item.range_key)
        return item

    replace_method(StreamShard, "add", add)
    replace_method(DynamoDBBackend, "update_item", update_item)


def _complete(record: StreamRecord, region: str) -> None:
    record.record["awsRegion"] = region
    record.record["eventVersion"] = "1.1"
    if getattr(_call, "expiring", False):
        record.record["userIdentity"] = {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}


@contextmanager
def deletions_by_time_to_live() -> Iterator[None]:
    """Stream records of deletions made inside carry the identity of the TTL service, as on AWS."""
    _call.expiring = True
    try:
        yield
    finally:
        _call.expiring = False


class _Snapshot:
    """The named items and the length of their streams, to go back to. Cheap: it copies those items, never a table."""

    def __init__(self, backend: DynamoDBBackend, keys: list[tuple[str, dict[str, Any]]]) -> None:
        self._items: list[tuple[Table, DynamoType, DynamoType | None, Item | None]] = []
        self._streams: dict[int, tuple[StreamShard, int]] = {}
        for table_name, key in keys:
            table = backend.tables.get(table_name)
            if table is None or not all(name in key for name in table.table_key_attrs):
                continue  # moto's own validation reports these
            hash_key = DynamoType(key[table.hash_key_attr])
            range_key = DynamoType(key[table.range_key_attr]) if table.range_key_attr else None
            self._items.append((table, hash_key, range_key, copy.deepcopy(table.get_item(hash_key, range_key))))
            if table.stream_shard is not None:
                self._streams[id(table)] = (table.stream_shard, len(table.stream_shard.items))

    def restore(self) -> None:
        for table, hash_key, range_key, item in self._items:
            bucket: dict[Any, Any] = table.items if range_key is None else table.items[hash_key]
            key = hash_key if range_key is None else range_key
            if item is None:
                bucket.pop(key, None)
            else:
                bucket[key] = item
            touch(table, hash_key, range_key)
        for shard, length in self._streams.values():
            del shard.items[length:]


def _apply_transactions_all_or_nothing() -> None:
    """ "TransactWriteItems ... actions are completed atomically such that either all of them succeed or none of them
    succeeds" (API Reference).

    moto copies the whole table once per action and, on failure, swaps the copy back, which undoes what others wrote
    meanwhile and costs time in proportion to the table. Here the touched items are remembered and put back.
    """
    moto_transact = DynamoDBBackend.transact_write_items

    def transact_write_items(self: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
        operations = [operation for action in transact_items for operation in action.values()]
        before = _Snapshot(self, [(o.get("TableName", ""), o.get("Key") or o.get("Item") or {}) for o in operations])
        _call.transacting = True
        try:
            with _tables_are_not_copied():
                moto_transact(self, transact_items)
        except Exception:  # whatever cancelled it, all of it is taken back: a transaction is all or nothing
            before.restore()
            raise
        finally:
            _call.transacting = False

    replace_method(DynamoDBBackend, "transact_write_items", transact_write_items)


@contextmanager
def _tables_are_not_copied() -> Iterator[None]:
    """While STATE is held, deepcopy of a table (moto's own backup in a transaction) returns the table itself."""
    replace_method(Table, "__deepcopy__", lambda self, _: self)
    try:
        yield
    finally:
        delattr(Table, "__deepcopy__")


def _limit_items_to_400_kilobytes() -> None:
    """ "The maximum item size in DynamoDB is 400 KB, which includes both attribute name binary length (UTF-8 length)
    and attribute value lengths" (Developer Guide, Quotas). moto stops at 405,000 bytes."""

    def set_item(self: LimitedSizeDict, name: str, value: Any) -> None:
        others = sum(_size(other, held) for other, held in self.items() if other != name)
        if others + _size(name, value) > MAX_ITEM_BYTES:
            raise ItemSizeTooLarge
        dict.__setitem__(self, name, value)

    replace_method(LimitedSizeDict, "__setitem__", set_item)


def _size(name: str, value: Any) -> int:
    size: int = bytesize(name) + (value.size() if isinstance(value, DynamoType) else bytesize(str(value)))
    return size


def _honour_client_request_tokens() -> None:
    """ "A client request token is valid for 10 minutes after the first request that uses it is completed ... the same
    token ... but changes other parameters ... IdempotentParameterMismatch" (API Reference, TransactWriteItems). moto
    ignores the token and applies the call again."""
    moto_respond = DynamoHandler.transact_write_items
    seen: dict[tuple[str, str, str], tuple[str, float]] = {}

    def transact_write_items(self: DynamoHandler) -> ActionResult:
        token = self.body.get("ClientRequestToken")
        if not token:
            return moto_respond(self)
        key = (self.current_account, self.region, token)
        content = hashlib.sha256(
            json.dumps(self.body["TransactItems"], sort_keys=True, default=repr).encode()
        ).hexdigest()
        earlier, at = seen.get(key, ("", float("-inf")))
        if time.monotonic() - at < TOKEN_LIFETIME_SECONDS:
            if earlier != content:
                raise DynamodbException(
                    "com.amazonaws.dynamodb.v20120810#IdempotentParameterMismatchException",
                    "The request uses the same client token as a previous, but non-identical request.",
                )
            return ActionResult({})
        result = moto_respond(self)
        seen[key] = (content, time.monotonic())
        return result

    replace_method(DynamoHandler, "transact_write_items", transact_write_items)


def _forget_old_shard_iterators() -> None:
    """ "A shard iterator expires 15 minutes after it is returned" (API Reference, GetShardIterator). moto keeps each
    for ever, so a poller leaks."""
    moto_get_records = DynamoDBStreamsBackend.get_records

    def get_records(self: DynamoDBStreamsBackend, iterator_arn: str, limit: int) -> dict[str, Any]:
        result: dict[str, Any] = moto_get_records(self, iterator_arn, limit)
        while len(self.shard_iterators) > MAX_SHARD_ITERATORS:
            del self.shard_iterators[next(iter(self.shard_iterators))]
        return result

    replace_method(DynamoDBStreamsBackend, "get_records", get_records)
