"""The data of a CloudEvent, its content type and its headers: what is read, and the reason of each that is not."""

import base64
import json
from typing import Any

import pytest

from saga_testing.moto_world import World
from saga_testing.samples.enveloped import as_headers, batch, cloudevent, record
from saga_testing.samples.sample_events import event
from tests.handlers.cloudevent_modes import (
    Json,
    Mode,
    binary_record,
    rejections,
    run,
    structured_detail,
    structured_record,
    unmarked_record,
)


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


@pytest.mark.parametrize("values", [([-1, -2],), ("text",), (None,), ([97], [98])], ids=str)
@pytest.mark.parametrize("name", ["content-type", "ce_time", "ce_source", "ce_dataref", "event_type"])
def test_a_header_that_decides_nothing_costs_no_event(world: World, name: str, values: tuple[Any, ...]) -> None:
    run(world, "EXECUTION_REQUESTED", unmarked_record(cloudevent(event("EXECUTION_REQUESTED"))))
    sent = cloudevent(event("EXECUTION_COMPLETED"))
    made = record(sent["data"], {key: text for key, text in as_headers(sent).items() if key != name})

    run(
        world,
        "EXECUTION_COMPLETED",
        batch(made | {"headers": [*made["headers"], *({name: value} for value in values)]}),
    )

    saga = world.saga("ex-1")
    assert saga is not None
    assert (saga.state, saga.exit_code, world.slots(), world.rejected()) == ("completed", 0, 0, [])


@pytest.mark.parametrize("name", ["content-type", "event_type", "ce_id", "ce_type", "ce_subject"])
def test_a_plain_event_needs_no_header(world: World, name: str) -> None:
    made = record(event("EXECUTION_REQUESTED"))

    run(world, "EXECUTION_REQUESTED", batch(made | {"headers": [{name: [-1]}]}))

    assert (world.slots(), world.rejected()) == (1, [])


def test_a_header_that_must_name_the_type_and_cannot_be_read_is_named(world: World) -> None:
    nameless = {name: value for name, value in event("EXECUTION_REQUESTED").items() if name != "event_type"}

    run(world, "EXECUTION_REQUESTED", batch(record(nameless) | {"headers": [{"event_type": [-1]}]}))

    assert rejections(world) == [("malformed", "header event_type: is no UTF-8 text")]


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


def test_data_that_a_registry_decoded_is_json_whatever_its_producer_called_it(world: World) -> None:
    sent = cloudevent(event("EXECUTION_REQUESTED"))

    run(
        world,
        "EXECUTION_REQUESTED",
        batch(record(sent["data"], as_headers(sent, "application/avro"), written_as="AVRO")),
    )

    assert (world.slots(), world.rejected()) == (1, [])
