"""The timeout checker's calls follow the number of due sagas and shards, not the number of open ones."""

from typing import Any

import boto3

from tests.release.benchmarks.billing import Meter
from tests.release.benchmarks.report import Report
from tests.release.benchmarks.scenes import QuietWorld, ordinary

OPEN = 2_000


def test_open_sagas_that_are_not_due_cost_one_query_a_shard_and_two_reads_of_limits(
    deployment: QuietWorld, report: Report
) -> None:
    deployment.deliver(ordinary("EXECUTION_REQUESTED"))  # so that there is a limit in force
    _open_sagas(deployment.now + 1)
    answers: list[dict[str, Any]] = []
    events = deployment.at.sdk.dynamodb.meta.events

    def note(parsed: dict[str, Any], **_: Any) -> None:
        answers.append(parsed)

    events.register("after-call.dynamodb.Query", note)
    try:
        with Meter(deployment.at.sdk.dynamodb) as meter:
            swept = deployment.check()
    finally:
        events.unregister("after-call.dynamodb.Query", note)

    shards = deployment.at.settings.deadline_shards
    assert swept == {"due": 0, "timed_out": 0, "unfinished": False}
    assert meter.requests == ["GetItem", "BatchGetItem"] + ["Query"] * shards
    # The key condition itself excludes what is not due: nothing is read and filtered away, whatever the number.
    assert [answer["ScannedCount"] for answer in answers] == [0] * shards
    assert report.exactly(f"checker's calls: {OPEN} open, 0 due", shards + 2, len(meter.requests), "0 items read")


def _open_sagas(deadline: int) -> None:
    client = boto3.client("dynamodb")
    items = [
        {
            "PutRequest": {
                "Item": {
                    "execution_id": {"S": f"open-{number}"},
                    "saga_name": {"S": "execution_saga"},
                    "deadline_shard": {"N": str(number % 8)},
                    "deadline": {"N": str(deadline + number)},
                }
            }
        }
        for number in range(OPEN)
    ]
    for start in range(0, OPEN, 25):
        client.batch_write_item(RequestItems={"sagas": items[start : start + 25]})
