"""The stream in the small stack: order, retries, checkpoints and the destination, by what the handlers recorded."""

import itertools
import json
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from local_stack.stack_event import EventKind

Eventually = Callable[..., Any]
Watched = Any


def unique() -> str:
    return uuid.uuid4().hex[:8]


class TestStream:
    def put(self, watched: Watched, name: str, **attributes: Any) -> None:
        item = {"id": {"S": name}, **{key: {"S": value} for key, value in attributes.items()}}
        watched.stack.clients("dynamodb").put_item(TableName="things", Item=item)

    def seen(self, watched: Watched) -> list[str]:
        return [r["dynamodb"]["Keys"]["id"]["S"] for event in watched.events("stream") for r in event["Records"]]

    def test_a_record_has_lambdas_shape(self, watched: Watched, eventually: Eventually) -> None:
        name = unique()
        watched.stack.clients("dynamodb").put_item(
            TableName="things", Item={"id": {"S": name}, "mode": {"S": "ok"}, "bytes": {"B": b"\x00\xff"}}
        )
        eventually(lambda: name in self.seen(watched))
        (record,) = [
            r for e in watched.events("stream") for r in e["Records"] if r["dynamodb"]["Keys"]["id"]["S"] == name
        ]
        assert record["eventName"] == "INSERT"
        assert record["eventSource"] == "aws:dynamodb"
        assert record["eventSourceARN"].startswith("arn:aws:dynamodb:us-east-1:123456789012:table/things/stream/")
        assert record["dynamodb"]["NewImage"] == {"id": {"S": name}, "mode": {"S": "ok"}, "bytes": {"B": "AP8="}}
        assert abs(record["dynamodb"]["ApproximateCreationDateTime"] - time.time()) < 60

    def test_the_filter_spares_the_function(self, watched: Watched, eventually: Eventually) -> None:
        ignored, wanted = unique(), unique()
        self.put(watched, ignored)
        self.put(watched, wanted, mode="ok")
        eventually(lambda: wanted in self.seen(watched))
        assert ignored not in self.seen(watched)

    def test_a_record_that_fails_once_is_delivered_again_and_order_is_kept(
        self, watched: Watched, eventually: Eventually
    ) -> None:
        first, second = unique(), unique()
        self.put(watched, first, mode=f"fail-once-{first}")
        self.put(watched, second, mode="ok")

        def deliveries() -> list[str]:
            return [name for name in self.seen(watched) if name in (first, second)]

        eventually(lambda: deliveries().count(first) == 2 and deliveries()[-1] == second)
        assert deliveries() in ([first, first, second], [first, second, first, second])

    def test_the_lowest_failed_record_is_where_the_batch_starts_again(
        self, watched: Watched, eventually: Eventually
    ) -> None:
        """Two of four fail, reported in no particular order; one transaction makes them one batch."""
        names = [unique() for _ in range(4)]
        modes = ["ok", f"fail-once-{names[1]}", f"fail-once-{names[2]}", "ok"]
        items = [{"id": {"S": name}, "mode": {"S": mode}} for name, mode in zip(names, modes, strict=True)]
        actions = [{"Put": {"TableName": "things", "Item": item}} for item in items]
        watched.stack.clients("dynamodb").transact_write_items(TransactItems=actions)
        eventually(lambda: self.seen(watched).count(names[3]) == 2)
        assert [name for name in self.seen(watched) if name in names] == [*names, *names[1:]]

    def test_each_key_is_delivered_in_the_order_of_its_writes(self, watched: Watched, eventually: Eventually) -> None:
        """Writers race, some records fail: a record is never seen for the first time before an earlier one of its key
        has passed."""
        keys, versions = [unique() for _ in range(4)], range(6)

        def write(key: str) -> None:
            for version in versions:
                self.put(watched, key, mode=f"{'fail-once' if version % 3 == 1 else 'ok'}-{key}-{version}")

        with ThreadPoolExecutor(len(keys)) as writers:
            list(writers.map(write, keys))

        def delivered(key: str) -> list[int]:
            images = [r["dynamodb"]["NewImage"] for e in watched.events("stream") for r in e["Records"]]
            return [int(image["mode"]["S"][-1]) for image in images if image["id"]["S"] == key]

        def settled(key: str) -> bool:
            seen = delivered(key)
            often_enough = (seen.count(version) >= (2 if version % 3 == 1 else 1) for version in versions)
            return all(often_enough) and seen[-1] == versions[-1]

        eventually(lambda: all(settled(key) for key in keys))
        for key in keys:
            seen = delivered(key)
            assert list(dict.fromkeys(seen)) == list(versions)
            # The only step back is to a checkpoint: what follows a record is its successor, or a restart before it.
            assert all(later <= earlier + 1 for earlier, later in itertools.pairwise(seen))

    def test_a_record_past_its_age_goes_to_the_destination_however_many_retries_are_left(
        self, watched: Watched, eventually: Eventually
    ) -> None:
        # A function that has to start first may need the record's whole age for its first attempt.
        self.put(watched, "young", aged="fine")
        eventually(lambda: watched.said(EventKind.INVOKED, "aged"))
        before = len(watched.events("aged"))
        self.put(watched, "too-old", aged="never")

        def rejected() -> list[dict[str, Any]]:
            records = watched.failure_records("")
            return [r for r in records if r["requestContext"]["condition"] == "RecordAgeExceeded"]

        (record,) = eventually(rejected)
        (lost,) = json.loads(record["payload"])["Records"]
        assert lost["dynamodb"]["NewImage"] == {"id": {"S": "too-old"}, "aged": {"S": "never"}}
        assert record["requestContext"]["approximateInvokeCount"] == len(watched.events("aged")) - before >= 2
        passed = len(watched.said(EventKind.INVOKED, "aged"))
        self.put(watched, "fresh", aged="fine")
        eventually(lambda: len(watched.said(EventKind.INVOKED, "aged")) > passed)

    def test_a_poison_record_goes_to_the_destination_and_the_rest_passes(
        self, watched: Watched, eventually: Eventually
    ) -> None:
        poison, after = unique(), unique()
        self.put(watched, poison, mode="poison")
        self.put(watched, after, mode="ok")
        eventually(lambda: after in self.seen(watched))

        def rejected() -> list[dict[str, Any]]:
            return [r for r in watched.failure_records("") if "DDBStreamBatchInfo" in r and poison in r["payload"]]

        (record,) = eventually(rejected)
        (lost,) = json.loads(record["payload"])["Records"]
        info = record["DDBStreamBatchInfo"]
        assert lost["dynamodb"]["Keys"] == {"id": {"S": poison}}
        assert info["startSequenceNumber"] == info["endSequenceNumber"] == lost["dynamodb"]["SequenceNumber"]
        assert info["batchSize"] == 1
        assert record["requestContext"]["condition"] == "RetryAttemptsExhausted"
        assert record["requestContext"]["approximateInvokeCount"] == 3

    def test_an_expired_item_disappears_by_itself(self, watched: Watched, eventually: Eventually) -> None:
        watched.stack.clients("dynamodb").put_item(
            TableName="things", Item={"id": {"S": "old"}, "expires": {"N": str(int(time.time()) - 5)}}
        )
        eventually(lambda: watched.said(EventKind.EXPIRED))
        assert "old" not in self.scan(watched)

    def scan(self, watched: Watched) -> list[str]:
        return [item["id"]["S"] for item in watched.stack.clients("dynamodb").scan(TableName="things")["Items"]]
