"""The ways in which a CloudEvent comes: both modes, on both sources, with and without what says so."""

from collections.abc import Callable
from typing import Any

import pytest

from saga_testing.lambda_context import Context
from saga_testing.moto_world import World
from saga_testing.samples.enveloped import as_headers, batch, record
from saga_testing.samples.sample_events import eventbridge

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
