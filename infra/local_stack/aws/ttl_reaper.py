"""Deletes items whose time to live has passed, which moto never does (DynamoDB Developer Guide, Using time to live).

AWS deletes "within a few days"; so nothing may depend on when. What may be depended on: only items whose attribute is a
number of seconds in the past, and not more than five years in the past; and a stream record of each deletion that
carries the service's identity.
"""

import time
from collections.abc import Iterable

from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends

from local_stack.aws.moto_repairs import STATE, deletions_by_time_to_live, index_of
from local_stack.background_thread import BackgroundThread
from local_stack.stack_event import EventKind, EventSink, happening

FIVE_YEARS_SECONDS = 5 * 365 * 86_400
DEFAULT_INTERVAL_SECONDS = 10.0


class TtlReaper(BackgroundThread):
    """Looks at the given tables every `interval` seconds until closed."""

    def __init__(self, account: str, region: str, tables: Iterable[str], interval: float, sink: EventSink) -> None:
        super().__init__("ttl-reaper")
        self._account, self._region, self._tables, self._interval, self._sink = (
            account,
            region,
            tuple(tables),
            interval,
            sink,
        )

    def work(self) -> None:
        while not self._stop.wait(self._interval):
            backend = dynamodb_backends[self._account][self._region]
            for table in self._tables:
                if count := delete_expired(backend, table, time.time()):
                    self._sink(
                        happening(EventKind.EXPIRED, None, f"{count} items of {table}", table=table, items=count)
                    )


def delete_expired(backend: DynamoDBBackend, table_name: str, now: float) -> int:
    """Returns how many items it deleted. Atomic with respect to requests."""
    with STATE, deletions_by_time_to_live():
        table = backend.get_table(table_name)
        attribute = table.ttl.get("AttributeName")
        if table.ttl["TimeToLiveStatus"] != "ENABLED" or attribute is None:
            return 0
        # What is five years overdue when it is first looked at is left alone, and only gets older.
        doomed = [key for key, at in index_of(table).take_expired(now) if at > now - FIVE_YEARS_SECONDS]
        for hash_key, range_key in doomed:
            table.delete_item(hash_key, range_key)
        return len(doomed)
