"""One owner sends thousands of requests a second that are refused: none of them heats a partition of an index.

By arithmetic on what each write puts into which partition: DynamoDB gives one of them 1,000 write units a second
(developer guide, "Best practices for designing and using partition keys effectively").
"""

from collections import Counter
from typing import Any

import pytest

from saga_orchestrator.adapters.rejected_events import SHARDS
from saga_testing.aws.dynamodb.attribute_values import item_size
from saga_testing.deployment import EXECUTIONS_AND_ORDERS, Deployment
from saga_testing.http_door import READER, HttpDoor
from saga_testing.samples.sample_events import event
from saga_testing.telemetry import RecordingTelemetry

A_SECOND = 3_000
PARTITION = 1_000
"""Write units a second."""
SENT = 2_000
INDEX_KEYS = {"deadline_shard", "deadline", "mark", "mark_at"}


@pytest.fixture
def stack() -> Deployment:
    return Deployment({"DEFAULT_LANGUAGE_LIMIT": "1"}, sagas=EXECUTIONS_AND_ORDERS, telemetry=RecordingTelemetry())


def items(stack: Deployment, table: str) -> list[dict[str, Any]]:
    return list(stack.aws.dynamodb.items(table))


@pytest.mark.parametrize(
    "fields", [{}, {"timeout_seconds": -1}, {"timestamp": "2020-01-01T00:00:00Z"}], ids=["full", "invalid", "too old"]
)
def test_a_refused_request_is_in_no_index(stack: Deployment, fields: dict[str, Any]) -> None:
    stack.deliver(event("EXECUTION_REQUESTED", "the-one-that-runs"))
    for number in range(50):
        stack.deliver(event("EXECUTION_REQUESTED", f"refused-{number}", **fields))

    found = [each for each in items(stack, "sagas") if each["execution_id"]["S"].startswith("refused")]

    assert len(found) == 50
    assert {each["state"]["S"] for each in found} == {"failed"}
    assert all(INDEX_KEYS.isdisjoint(each) for each in found)
    running = stack.aws.dynamodb.get_item(
        TableName="sagas", Key={"execution_id": {"S": "the-one-that-runs"}, "saga_name": {"S": "execution_saga"}}
    )["Item"]
    assert not INDEX_KEYS.isdisjoint(running), "one that runs is in an index"


def test_rejected_events_have_their_share_of_each_partition_and_the_lists_answer(stack: Deployment) -> None:
    for number in range(SENT):
        stack.deliver(event("EXECUTION_REQUESTED", f"ex-{number}", event_version="9.9"))

    kept = [each for each in items(stack, "operator") if each["pk"]["S"].startswith("rejected#")]
    shares = Counter(each["kind"]["S"] for each in kept)
    units = max(-(-item_size(each) // 1024) for each in kept)

    assert (len(kept), len(shares), units) == (SENT, SHARDS, 1)
    assert max(shares.values()) / SENT * A_SECOND * units < PARTITION
    door = HttpDoor(stack.at)
    for template in ("rejected", "rejected/groups", "summary"):
        assert door.get(template, READER).status == 200
    assert door.get("rejected/groups", READER).json["more"] is True
