"""CloudEvents: what attributes say and data lacks is taken from them, and what they contradict is rejected."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from saga_testing.lambda_context import Context
from saga_testing.moto_world import World
from saga_testing.samples.enveloped import as_headers, batch, cloudevent, record
from saga_testing.samples.sample_events import event, eventbridge

Json = dict[str, Any]


def structured_record(event: Json) -> Json:
    return batch(record(event, {"content-type": "application/cloudevents+json; charset=UTF-8"}))


def unmarked_record(event: Json) -> Json:
    return batch(record(event))


def binary_record(event: Json) -> Json:
    return batch(record(event.get("data"), as_headers(event)))


def structured_detail(event: Json) -> Json:
    return eventbridge(event)


def binary_detail(event: Json) -> Json:
    return eventbridge(event.get("data", {}) | {f"ce_{name}": event[name] for name in event if name != "data"})


def binary_detail_as_http(event: Json) -> Json:
    attributes = {f"ce-{name}": event[name] for name in event if name != "data"}
    return eventbridge(event.get("data", {}) | attributes | {"content-type": "application/json"})


MODES = (
    structured_record,
    unmarked_record,
    binary_record,
    structured_detail,
    binary_detail,
    binary_detail_as_http,
)
modes = pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.__name__)
Mode = Callable[[Json], Json]


def rejections(world: World) -> list[tuple[str, str]]:
    return [(pointer["reason"], pointer["detail"]) for pointer in world.rejected()]


def run(world: World, name: str, invocation: Json) -> None:
    assert world.function(name).run(invocation, Context()) is None


@modes
def test_a_saga_is_started_and_ended_by_what_attributes_say(world: World, mode: Mode) -> None:
    run(world, "EXECUTION_REQUESTED", mode(cloudevent(event("EXECUTION_REQUESTED", event_id="ce-1"))))
    run(world, "EXECUTION_STARTED", mode(cloudevent(event("EXECUTION_STARTED"), type="execution_started")))
    run(world, "EXECUTION_COMPLETED", mode(cloudevent(event("EXECUTION_COMPLETED"))))

    saga = world.saga("ex-1")
    assert saga is not None
    assert (saga.state, saga.owner, saga.exit_code) == ("completed", "alice", 0)
    assert saga.timeline[0].event_id == "ce-1"
    assert world.rejected() == []


@modes
def test_a_delivery_of_the_same_id_is_a_duplicate(world: World, mode: Mode) -> None:
    requested = mode(cloudevent(event("EXECUTION_REQUESTED")))

    run(world, "EXECUTION_REQUESTED", requested)
    run(world, "EXECUTION_REQUESTED", requested)

    saga = world.saga("ex-1")
    assert saga is not None
    assert (len(saga.timeline), world.slots(), world.rejected()) == (1, 1, [])


@modes
def test_fields_that_data_repeats_may_be_said_twice(world: World, mode: Mode) -> None:
    whole = event("EXECUTION_REQUESTED")
    other_offset = whole["timestamp"].replace("+00:00", "Z")

    run(world, "EXECUTION_REQUESTED", mode(cloudevent(whole, data=whole, time=other_offset)))

    assert (world.slots(), world.rejected()) == (1, [])


@modes
@pytest.mark.parametrize(
    ("attribute", "value", "field"),
    [
        ("id", "another", "event_id"),
        ("type", "EXECUTION_STARTED", "event_type"),
        ("subject", "ex-2", "execution_id"),
        ("time", "2020-01-01T00:00:00Z", "timestamp"),
    ],
)
def test_an_attribute_that_says_something_else_than_data_is_rejected(
    world: World, mode: Mode, attribute: str, value: str, field: str
) -> None:
    whole = event("EXECUTION_REQUESTED")

    run(world, "EXECUTION_REQUESTED", mode(cloudevent(whole, data=whole, **{attribute: value})))

    assert rejections(world) == [
        ("cloudevent_contradiction", f"attribute {attribute} and data's {field} say different things")
    ]
    assert world.items() == []


@modes
def test_a_null_in_data_is_filled_and_a_time_that_is_none_is_judged_by_its_own_rule(world: World, mode: Mode) -> None:
    run(world, "EXECUTION_REQUESTED", mode(cloudevent(event("EXECUTION_REQUESTED"))))
    data = event("EXECUTION_COMPLETED", timestamp="yesterday", event_id=None)

    run(world, "EXECUTION_COMPLETED", mode(cloudevent(data, data=data, id="ce-7", time="2026-11-24T00:00:00Z")))

    saga = world.saga("ex-1")
    assert saga is not None
    assert (saga.state, saga.timeline[-1].event_id) == ("completed", "ce-7")


@modes
def test_source_names_the_service_where_nobody_did_and_contradicts_nothing(
    world: World, mode: Mode, capsys: pytest.CaptureFixture[str]
) -> None:
    run(world, "EXECUTION_REQUESTED", mode(cloudevent(event("EXECUTION_REQUESTED"), source="a b")))
    data = {key: value for key, value in event("EXECUTION_STARTED").items() if key != "metadata"}
    capsys.readouterr()

    run(world, "EXECUTION_STARTED", mode(cloudevent(data, source="no label")))

    saga = world.saga("ex-1")
    assert saga is not None
    assert saga.has_started
    assert '"UnusableFields":[1.0]' in capsys.readouterr().out  # an ordinary field, judged by its rule


@modes
@pytest.mark.parametrize("version", ["0.3", "1.1", ""])
def test_another_version_of_cloudevents_is_rejected(world: World, mode: Mode, version: str) -> None:
    run(world, "EXECUTION_REQUESTED", mode(cloudevent(event("EXECUTION_REQUESTED"), specversion=version)))

    assert rejections(world) == [("cloudevent_version", "specversion: only CloudEvents 1.0 is understood")]


@pytest.mark.parametrize("mode", [structured_record, unmarked_record, structured_detail])
def test_data_in_base64_is_read_when_it_is_json(world: World, mode: Mode) -> None:
    sent = cloudevent(event("EXECUTION_REQUESTED"))
    encoded = base64.b64encode(json.dumps(sent.pop("data")).encode()).decode()

    run(world, "EXECUTION_REQUESTED", mode(sent | {"data_base64": encoded, "datacontenttype": "application/json"}))

    assert (world.slots(), world.rejected()) == (1, [])


WITHOUT_DATA = ("cloudevent_data", "dataref: data that lies elsewhere is not fetched")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"data": None, "data_base64": "%"}, ("cloudevent_data", "data_base64: is not base64")),
        ({"data": None, "data_base64": 7}, ("cloudevent_data", "data_base64: is not base64")),
        ({"data": None, "data_base64": "/w=="}, ("not_utf8", "data_base64: the event is not UTF-8")),
        ({"data": None, "data_base64": "e30"}, ("cloudevent_data", "data_base64: is not base64")),
        ({"data": None, "data_base64": "W10="}, ("not_json", "data_base64: the event is no JSON object")),
        ({"data_base64": "e30="}, ("cloudevent_data", "data and data_base64: one excludes the other")),
        ({"data": "text"}, ("cloudevent_data", "data: is no JSON object")),
        ({"data": [1]}, ("cloudevent_data", "data: is no JSON object")),
        ({"data": None, "dataref": "s3://x/y"}, WITHOUT_DATA),
        ({"datacontenttype": "text/xml"}, ("cloudevent_content_type", "datacontenttype: data is read as JSON alone")),
        ({"datacontenttype": 7}, ("cloudevent_content_type", "datacontenttype: data is read as JSON alone")),
        ({"id": 7}, ("malformed", "attribute id: is no string")),
        ({"subject": {}}, ("malformed", "attribute subject: is no string")),
    ],
)
@pytest.mark.parametrize("mode", [structured_record, unmarked_record, structured_detail])
def test_data_that_cannot_be_read_says_why(world: World, mode: Mode, change: Json, expected: tuple[str, str]) -> None:
    run(world, "EXECUTION_REQUESTED", mode(cloudevent(event("EXECUTION_REQUESTED"), **change)))

    assert rejections(world) == [expected]


@pytest.mark.parametrize(
    "content_type", ["application/json", "text/json", "application/vnd.x+json; charset=utf-8", None]
)
def test_data_of_any_json_type_is_read(world: World, content_type: str | None) -> None:
    sent = cloudevent(event("EXECUTION_REQUESTED"))

    run(world, "EXECUTION_REQUESTED", batch(record(sent["data"], as_headers(sent, content_type))))

    assert (world.slots(), world.rejected()) == (1, [])


@pytest.mark.parametrize("value", [None, b""])
def test_an_event_whose_attributes_say_all_needs_no_data(world: World, value: bytes | None) -> None:
    run(world, "EXECUTION_REQUESTED", unmarked_record(cloudevent(event("EXECUTION_REQUESTED"))))
    attributes = as_headers(cloudevent(event("EXECUTION_TIMEOUT")))

    run(world, "EXECUTION_TIMEOUT", batch(record(value, attributes)))

    saga = world.saga("ex-1")
    assert saga is not None
    assert saga.state == "timeout"


def test_a_tombstone_stays_a_tombstone(world: World) -> None:
    run(world, "EXECUTION_REQUESTED", batch(record(None, {"content-type": "application/json"}), record(None)))

    assert (world.items(), world.rejected()) == ([], [])


SENT = cloudevent(event("EXECUTION_REQUESTED"))


@pytest.mark.parametrize(
    ("content", "headers", "reason"),
    [
        ([SENT, SENT], {"content-type": "application/cloudevents-batch+json"}, "cloudevent_batch"),
        ([SENT], {}, "cloudevent_batch"),
        ([{}], {}, "not_json"),
        (SENT, {"content-type": "application/cloudevents+avro"}, "cloudevent_content_type"),
        (SENT, {"content-type": "application/cloudevents+xml"}, "cloudevent_content_type"),
        ({"event_type": "x"}, {"content-type": "application/cloudevents+json"}, "cloudevent_version"),
        (SENT["data"], as_headers(SENT, "application/avro"), "cloudevent_content_type"),
        (SENT["data"], as_headers(SENT, "text/plain"), "cloudevent_content_type"),
    ],
)
def test_what_is_no_single_json_cloudevent_says_so(world: World, content: Any, headers: Any, reason: str) -> None:
    run(world, "EXECUTION_REQUESTED", batch(record(json.dumps(content).encode(), headers)))

    assert [found for found, _ in rejections(world)] == [reason]


def with_header(name: str, *values: Any) -> Json:
    made = record(SENT["data"], {key: text for key, text in as_headers(SENT).items() if key != name})
    return batch(made | {"headers": [*made["headers"], *({name: value} for value in values)]})


@pytest.mark.parametrize(
    ("invocation", "detail"),
    [
        (with_header("ce_id", [-1, -2]), "header ce_id: is no UTF-8 text"),
        (with_header("ce_id", "text"), "header ce_id: is no UTF-8 text"),
        (with_header("ce_id", None), "header ce_id: is no UTF-8 text"),
        (with_header("ce_id", [97], [98]), "header ce_id: stands twice, with different texts"),
    ],
)
def test_a_header_that_cannot_be_read_is_named(world: World, invocation: Json, detail: str) -> None:
    run(world, "EXECUTION_REQUESTED", invocation)

    assert rejections(world) == [("malformed", detail)]


def test_negative_bytes_are_read_as_java_means_them(world: World) -> None:
    sent = cloudevent(event("EXECUTION_CANCELLED"), subject="ex-\u00e4")

    run(world, "EXECUTION_CANCELLED", binary_record(sent))

    ((reason, detail),) = rejections(world)
    assert reason == "malformed"
    assert detail.startswith("execution_id")


def test_headers_of_others_and_bytes_above_127_do_no_harm(world: World) -> None:
    made = record(
        event("EXECUTION_REQUESTED"), {"traceparent": "00-1-1-01", "Content-Type": "application/octet-stream"}
    )
    odd = {"headers": [*made["headers"], {"x": [200, 300]}, {"ce_extra": None}, 7]}

    run(world, "EXECUTION_REQUESTED", batch(made | odd))

    assert (world.slots(), world.rejected()) == (1, [])


def test_an_event_of_ours_may_have_a_field_named_specversion(world: World) -> None:
    run(world, "EXECUTION_REQUESTED", unmarked_record(event("EXECUTION_REQUESTED", specversion="7")))
    run(world, "EXECUTION_STARTED", structured_detail(event("EXECUTION_STARTED", specversion=None)))

    saga = world.saga("ex-1")
    assert saga is not None
    assert saga.has_started


def test_records_of_one_execution_keep_their_order_whatever_they_are_wrapped_in(world: World) -> None:
    actors = [f"actor-{number}" for number in range(6)]
    sent = [cloudevent(event("EXECUTION_CANCELLED", cancelled_by=actor)) for actor in actors]
    mixed = [record(each["data"], as_headers(each)) if number % 2 else record(each) for number, each in enumerate(sent)]

    run(world, "EXECUTION_CANCELLED", batch(*mixed))

    stub = world.saga("ex-1")
    assert stub is not None
    assert [early.actor for early in stub.early] == actors


def test_what_is_kept_of_a_rejected_one_names_whom_it_is_about(world: World) -> None:
    sent = cloudevent(event("EXECUTION_REQUESTED", event_id="ce-1"))
    wrong = sent | {"data": sent["data"] | {"execution_id": "ex-2"}}

    run(world, "EXECUTION_REQUESTED", binary_record(wrong))
    run(world, "EXECUTION_REQUESTED", structured_detail(sent | {"data": 7}))

    binary, structured = world.rejected()
    assert (binary["event_id"], binary["event_type"], binary["execution_id"]) == ("ce-1", "EXECUTION_REQUESTED", "ex-2")
    assert binary["position"]["headers"]["ce_id"] == "ce-1"
    assert (structured["event_id"], structured["execution_id"]) == ("ce-1", "ex-1")


def test_a_redelivery_of_a_rejected_record_is_the_same_item(world: World) -> None:
    wrong = binary_record(cloudevent(event("EXECUTION_REQUESTED"), specversion="2"))

    run(world, "EXECUTION_REQUESTED", wrong)
    run(world, "EXECUTION_REQUESTED", wrong)

    first, second = world.rejected()
    assert first["key"] == second["key"]
