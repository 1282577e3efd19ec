"""Events built to exhaust memory, stack or time: each is refused, or applied, at a bounded cost, and acknowledged."""

import json
import time
import tracemalloc
from typing import Any, Final

import pytest

from saga_orchestrator.domain.errors import RejectedEvent
from saga_orchestrator.domain.events import EventType
from saga_orchestrator.entrypoints.decoding import decode_event
from saga_orchestrator.entrypoints.strict_json import MAX_EVENT_BYTES, parse_object
from saga_testing.lambda_context import Context
from saga_testing.moto_world import World
from saga_testing.samples.sample_events import event, eventbridge, kafka

MIB: Final = 1024 * 1024
GOOD: Final = json.dumps(event("EXECUTION_COMPLETED"))


def beside(text: str) -> bytes:
    """A well-formed event that carries `text` in a field that nobody asked for."""
    return f'{GOOD[:-1]}, "bomb": {text}}}'.encode()


BOMBS: Final = {
    "arrays in arrays": b"[" * 5 * MIB,
    "arrays in arrays, closed": beside("[" * 2 * MIB + "]" * 2 * MIB),
    "objects in objects": beside('{"a":' * MIB + "1" + "}" * MIB),
    "just below what the parser refuses": beside("[" * 900 + "]" * 900),
    "more bytes than an event may have": beside('"' + "x" * MAX_EVENT_BYTES + '"'),
    "as many bytes as an event may have": beside('"' + "x" * (MAX_EVENT_BYTES - len(GOOD) - 20) + '"'),
    "a number of a million digits": beside("9" * MIB),
    "a number beyond all floats": beside("1e999999999"),
    "a fraction of a million digits": beside("0." + "3" * MIB),
    "two hundred thousand keys": beside("{" + ",".join(f'"k{n}":0' for n in range(200_000)) + "}"),
    "a million keys": beside("{" + ",".join(f'"k{n}":0' for n in range(1_000_000)) + "}"),
    "a key of a mebibyte": beside('{"' + "k" * MIB + '":0}'),
    "a million empty objects": beside("[" + ",".join(["{}"] * 1_000_000) + "]"),
    "a million escapes": beside('"' + "\\u0041" * 900_000 + '"'),
    "half of a surrogate pair": beside('"\\ud800"'),
    "nothing": b"",
    "zeros": b"\0" * 5 * MIB,
}
SECONDS: Final = 3.0
"""CPU for one bomb, on a slow and busy machine; the function has 30."""


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_acknowledged_at_a_bounded_cost(world: World, bomb: str) -> None:
    started = time.thread_time()

    world.function("EXECUTION_COMPLETED").run(kafka(BOMBS[bomb], event("EXECUTION_COMPLETED", "after")), Context())

    assert time.thread_time() - started < SECONDS
    assert world.saga("after") is not None, "what comes after the bomb is applied"
    assert len(world.rejected()) + (world.saga("ex-1") is not None) == 1, "applied or rejected, and not both"


@pytest.mark.parametrize("bomb", BOMBS)
def test_the_decoder_alone_takes_a_bounded_time(bomb: str) -> None:
    started = time.thread_time()

    decode_or_refuse(BOMBS[bomb])

    assert time.thread_time() - started < SECONDS


def decode_or_refuse(content: bytes) -> None:
    try:
        decode_event(parse_object(content), EventType.COMPLETED)
    except RejectedEvent as rejected:
        if len(rejected.detail) >= 1000:
            pytest.fail("a detail goes into a log line and a message")


def nested(depth: int) -> dict[str, Any]:
    inner: Any = 1
    for _ in range(depth):
        inner = [inner]
    return event("EXECUTION_COMPLETED", bomb=inner)


@pytest.mark.parametrize("depth", [10, 500, 900])
def test_a_nested_event_from_the_bus(world: World, depth: int) -> None:
    """Lambda's runtime has parsed it already, so what it refuses cannot come: only depths below that are tried."""
    world.function("EXECUTION_COMPLETED").run(eventbridge(nested(depth)), Context())
    rejected = {**nested(depth), "execution_id": 7}
    world.function("EXECUTION_COMPLETED").run(eventbridge(rejected), Context())

    assert world.saga("ex-1") is not None
    assert [pointer["reason"] for pointer in world.rejected()] == ["malformed"]


@pytest.mark.parametrize("field", ["runtime_command", "metadata", "language", "runtime_filename", "cpu_limit"])
def test_a_huge_value_in_a_known_field_is_refused_and_not_repeated(
    world: World,
    field: str,
) -> None:
    huge: Any = "x" * MIB
    value = {"runtime_command": [huge], "metadata": {"correlation_id": huge, "user_id": huge}}.get(field, huge)
    world.function("EXECUTION_REQUESTED").run(kafka(event("EXECUTION_REQUESTED", **{field: value})), Context())

    pointers, saga = world.rejected(), world.saga()
    assert len(json.dumps(pointers)) < 1000
    if field == "metadata":  # nobody could be answered
        assert (len(pointers), saga) == (1, None)
    else:
        assert saga is not None
        assert (saga.reason, saga.faults, pointers) == ("invalid_request", (field,), [])
        assert len(str(world.item())) < 1000


PAYLOAD_LIMIT: Final = 6 * MIB
"""What Lambda hands to a function at most, base64 included (AWS Lambda quotas, synchronous payload)."""
MOST_EXTRA_MEMORY: Final = 128 * MIB
"""A quarter of what the template gives a function. The worst that was found takes 98 MiB."""


@pytest.mark.parametrize("filling", ["{}", '{"a":1}'], ids=["empty objects", "objects with a key"])
def test_a_batch_at_the_payload_limit_stays_within_its_memory(
    world: World,
    filling: str,
) -> None:
    """Every record is parsed before the first is applied, so what all of them become is in memory at once."""
    bomb = beside("[" + ",".join([filling] * ((MIB - 1024) // (len(filling) + 1))) + "]")
    batch = kafka(*[bomb] * 4, event("EXECUTION_COMPLETED", "after"))
    assert PAYLOAD_LIMIT * 0.88 < len(json.dumps(batch)) < PAYLOAD_LIMIT
    tracemalloc.start()
    try:
        world.function("EXECUTION_COMPLETED").run(batch, Context())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < MOST_EXTRA_MEMORY
    assert world.saga("ex-1") is not None
    assert world.saga("after") is not None
    assert world.rejected() == []
