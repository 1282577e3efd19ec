"""Payloads that no source sends, and stored values that no code writes: rejected or refused by name, no stray error.

The fuzzer found these (tests/proof/fuzz); here is what must become of each.
"""

import json
from typing import Any

import pytest

from saga_orchestrator.adapters.saga_codec import decode
from saga_orchestrator.adapters.stream_image import to_item
from saga_orchestrator.domain.errors import CorruptSaga, RejectedEvent
from saga_orchestrator.domain.events import EventType
from saga_orchestrator.entrypoints.checker_function import CheckTimeouts
from saga_orchestrator.entrypoints.event_function import EventFunction
from saga_orchestrator.entrypoints.relay_function import CommandRelay
from saga_testing.deployment import EXECUTIONS, Deployment
from saga_testing.lambda_context import Context
from saga_testing.samples.sample_events import event, kafka

FIELD_CASES = ("relay-given-a-list", "relay-mistyped-republish")

LONG_AFTER = "253402300800000"


@pytest.mark.parametrize(
    "records",
    [
        {"topic-0": [{"value": "e30="}]},
        {"topic-0": [{"offset": "10", "value": None}]},
        {"topic-0": [{"offset": True, "value": None}]},
        {"topic-0": [None]},
        {"topic-0": 7},
        {"\ud800": [{"offset": 1, "value": None}]},
        {"t" * 2000: [{"offset": 1, "value": "*"}]},
    ],
)
@pytest.mark.parametrize("source", ["aws:kafka", "SelfManagedKafka"])
def test_a_kafka_batch_whose_records_have_no_place_is_rejected_whole(source: str, records: Any) -> None:
    deployment = Deployment(sagas=EXECUTIONS)
    payload = kafka(event("EXECUTION_REQUESTED")) | {"eventSource": source, "records": records}

    EventFunction(deployment.at, EventType.REQUESTED).run(payload, Context())

    (pointer,) = deployment.rejected()
    assert pointer["reason"] == "unrecognised_invocation"
    assert json.loads(deployment.aws.s3.objects("payloads")[pointer["key"]]) == payload


@pytest.mark.parametrize("source", [["aws:kafka"], {}, 7, None])
def test_a_source_that_is_no_text_is_no_kafka_batch(source: Any) -> None:
    deployment = Deployment(sagas=EXECUTIONS)
    EventFunction(deployment.at, EventType.REQUESTED).run({"eventSource": source, "records": {}}, Context())
    assert len(deployment.rejected()) == 1


@pytest.mark.parametrize("broken", [{}, None, 5, {"dynamodb": {}}, {"dynamodb": {"SequenceNumber": 7}}])
def test_the_relay_sends_nothing_of_a_batch_with_a_record_it_could_not_report(broken: Any) -> None:
    deployment = Deployment(sagas=EXECUTIONS)
    deployment.deliver(event("EXECUTION_REQUESTED"))
    sound = deployment.records()

    with pytest.raises(RejectedEvent, match="unrecognised_invocation"):
        CommandRelay(deployment.at).run({"Records": [*sound, broken]}, Context())

    assert deployment.published == []


@pytest.mark.parametrize("wish", [{}, None, "ex-1", {"execution_id": ""}, {"execution_id": "ex-1", "saga_name": None}])
def test_a_wish_to_republish_that_names_no_saga_is_refused(wish: Any) -> None:
    with pytest.raises(RejectedEvent, match="names no saga"):
        CommandRelay(Deployment(sagas=EXECUTIONS).at).run({"republish": [wish]}, Context())


@pytest.mark.parametrize(
    "invocation",
    [
        pytest.param([{"eventID": "1"}], id="relay-given-a-list"),
        pytest.param({"republish": {"execution_id": "ex-1"}}, id="relay-mistyped-republish"),
        pytest.param({"republish": "ex-1"}, id="a wish that is a word"),
        pytest.param({"republished": [{"execution_id": "ex-1"}]}, id="a wish under another name"),
        pytest.param({"republish": [{"execution_id": "ex-1", "saga": "order_saga"}]}, id="a saga under another name"),
        pytest.param({"republish": [], "since": "1h"}, id="more than it can do"),
        pytest.param({"Records": [], "republish": []}, id="both at once"),
        pytest.param({"Records": {}}, id="records that are no list"),
        pytest.param({}, id="nothing"),
        pytest.param(None, id="null"),
    ],
)
def test_the_relay_refuses_what_it_does_not_understand_and_names_the_right_form(invocation: Any) -> None:
    deployment = Deployment(sagas=EXECUTIONS)
    deployment.deliver(event("EXECUTION_REQUESTED"))

    with pytest.raises(RejectedEvent, match='republish": ') as refused:
        CommandRelay(deployment.at).run(invocation, Context())

    assert refused.value.reason == "unrecognised_invocation"
    assert deployment.published == []


@pytest.mark.parametrize("payload", [None, [], "x", {}, {"Records": 7}])
def test_the_checker_reads_nothing_of_its_payload(payload: Any) -> None:
    assert CheckTimeouts(Deployment(sagas=EXECUTIONS).at).run(payload, Context())["due"] == 0


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("rh", {"B": "no base64"}),
        ("rh", {}),
        ("rh", None),
        ("owner", "alice"),
        ("create_before", {"N": LONG_AFTER}),
        ("create_before", {"N": "-1"}),
        ("timeline", {"L": [{"S": f"{LONG_AFTER} R evt-1 create_pod#1"}]}),
        ("early", {"L": [{"M": {"e": {"S": f"{LONG_AFTER} S evt-1"}}}]}),
    ],
)
def test_a_stored_value_that_no_code_writes_is_rejected_and_does_not_block_the_shard(
    attribute: str, value: Any
) -> None:
    deployment = Deployment(sagas=EXECUTIONS)
    deployment.deliver(event("EXECUTION_REQUESTED"))
    records = deployment.records()
    image = next(each["dynamodb"]["NewImage"] for each in records if "outbox" in each["dynamodb"]["NewImage"])
    image[attribute] = value

    with pytest.raises(CorruptSaga):
        decode(to_item(image))
    assert deployment.relay(*records) == {"batchItemFailures": []}

    assert [pointer["reason"] for pointer in deployment.rejected()] == ["corrupt_saga"]


@pytest.mark.parametrize("odd", ["text", 7, True, [1], [], "", {"outbox": "create_pod#1"}, {"outbox": {"S": 7}}])
@pytest.mark.parametrize("image", ["NewImage", "OldImage"])
def test_a_record_whose_image_is_no_item_is_rejected_and_the_others_are_sent(image: str, odd: Any) -> None:
    deployment = Deployment(sagas=EXECUTIONS)
    deployment.deliver(event("EXECUTION_REQUESTED"))
    (emitting,) = [each for each in deployment.records() if "outbox" in each["dynamodb"]["NewImage"]]
    broken = emitting | {"dynamodb": emitting["dynamodb"] | {image: odd, "SequenceNumber": "1"}}

    assert deployment.relay(broken, emitting) == {"batchItemFailures": []}

    assert [pointer["reason"] for pointer in deployment.rejected()] == ["corrupt_saga"]
    assert deployment.published_types() == ["SAGA_STARTED", "CREATE_POD_COMMAND"]


@pytest.mark.parametrize("attribute", ["req", "create_before"])
def test_no_create_is_published_for_a_saga_that_has_lost_its_request(attribute: str) -> None:
    deployment = Deployment(sagas=EXECUTIONS)
    deployment.deliver(event("EXECUTION_REQUESTED"))
    records = deployment.records()
    image = next(each["dynamodb"]["NewImage"] for each in records if "outbox" in each["dynamodb"]["NewImage"])
    del image[attribute]

    assert deployment.relay(*records) == {"batchItemFailures": []}

    assert [pointer["reason"] for pointer in deployment.rejected()] == ["corrupt_saga"]
    assert deployment.published_types() == ["SAGA_STARTED"]
