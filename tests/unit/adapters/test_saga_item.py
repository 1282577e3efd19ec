"""The stored form of a saga, attribute by attribute: what is on disk in production must stay readable."""

import base64
from dataclasses import replace
from typing import Any

import pytest

from saga_orchestrator.adapters.saga_codec import decode, encode
from saga_orchestrator.adapters.stream_image import to_item
from saga_orchestrator.domain.errors import CorruptSaga, RejectReason
from saga_orchestrator.domain.events import Script
from saga_orchestrator.domain.instants import LAST_INSTANT, rfc3339
from saga_orchestrator.domain.saga import Cause, Claim, EarlyEvent, Saga, TimelineEntry
from saga_orchestrator.domain.states import SagaState
from saga_testing.samples.sample_request import REQUEST

FULL = Saga(
    execution_id="ex-1",
    saga_name="a_saga",
    definition_version=2,
    state=SagaState.FAILED,
    version=3,
    created_at=4,
    correlation_id="corr",
    owner="alice",
    request=replace(REQUEST, script=Script(14, b"\x01\xff", "bucket", "a/key")),
    request_hash=b"\x02\xfe",
    script_bucket="payloads",
    inline_script=True,
    create_before=5,
    completed_steps=("one", "two"),
    compensated_steps=("two", "one"),
    claim=Claim("c#", 7),
    deadline=8,
    deadline_shard=9,
    reason="reason",
    exit_code=0,
    error_type="ScriptError",
    ended_by="bob",
    ended_at=10,
    expires=11,
    timeline=(
        TimelineEntry(12, Cause.REQUESTED, "r1", ("a#1", "b#1")),
        TimelineEntry(13, Cause.STARTED, "s1"),
    ),
    early=(
        EarlyEvent(14, Cause.FAILED, "f1", exit_code=137, error_type="E"),
        EarlyEvent(15, Cause.CANCELLED, "x1", actor="bob", trusted=True),
    ),
    outbox=("a#1", "b#1"),
)
REQUEST_ATTRIBUTES: dict[str, Any] = {
    "lang": {"S": "python"},
    "lver": {"S": "3.11"},
    "img": {"S": "python:3.11-slim"},
    "cmd": {"L": [{"S": "python"}, {"S": "-u"}]},
    "file": {"S": "main.py"},
    "tmo": {"N": "30"},
    "cpu": {"S": "500m"},
    "mem": {"S": "128Mi"},
    "cpur": {"S": "100m"},
    "memr": {"S": "64Mi"},
    "prio": {"S": "high"},
    "ss": {"N": "14"},
    "sh": {"B": b"\x01\xff"},
    "rb": {"S": "bucket"},
    "rk": {"S": "a/key"},
}
FULL_ITEM: dict[str, Any] = {
    "execution_id": {"S": "ex-1"},
    "saga_name": {"S": "a_saga"},
    "state": {"S": "failed"},
    "dv": {"N": "2"},
    "version": {"N": "3"},
    "created": {"N": "4"},
    "corr": {"S": "corr"},
    "owner": {"S": "alice"},
    "req": {"M": REQUEST_ATTRIBUTES},
    "rh": {"B": b"\x02\xfe"},
    "sb": {"S": "payloads"},
    "inline": {"BOOL": True},
    "create_before": {"N": "5"},
    "steps": {"S": "one two"},
    "undone": {"S": "two one"},
    "claim": {"S": "c##7"},
    "deadline": {"N": "8"},
    "deadline_shard": {"N": "9"},
    "reason": {"S": "reason"},
    "exit": {"N": "0"},
    "etype": {"S": "ScriptError"},
    "by": {"S": "bob"},
    "ended": {"N": "10"},
    "mark": {"S": "ended#0"},
    "mark_at": {"N": "10"},
    "expires": {"N": "11"},
    "timeline": {"L": [{"S": "12 R r1 a#1 b#1"}, {"S": "13 S s1"}]},
    "early": {
        "L": [
            {"M": {"e": {"S": "14 F f1"}, "exit": {"N": "137"}, "etype": {"S": "E"}}},
            {"M": {"e": {"S": "15 X x1"}, "by": {"S": "bob"}, "ok": {"BOOL": True}}},
        ]
    },
    "outbox": {"S": "a#1 b#1"},
}
LEAST = Saga("ex-1", "a_saga", 2, SagaState.CREATED, 3, 4, "corr")
LEAST_ITEM: dict[str, Any] = {
    "execution_id": {"S": "ex-1"},
    "saga_name": {"S": "a_saga"},
    "state": {"S": "created"},
    "dv": {"N": "2"},
    "version": {"N": "3"},
    "created": {"N": "4"},
    "corr": {"S": "corr"},
}


@pytest.mark.parametrize(("saga", "item"), [(FULL, FULL_ITEM), (LEAST, LEAST_ITEM)], ids=["full", "least"])
def test_a_saga_is_stored_and_read_in_exactly_this_form(saga: Saga, item: dict[str, Any]) -> None:
    assert encode(saga) == item
    assert decode(item) == saga
    assert decode(item | {"newer": {"S": "code's"}}) == saga


def test_every_field_that_is_read_has_the_type_the_core_works_with() -> None:
    saga = decode(FULL_ITEM)

    assert isinstance(saga.state, SagaState)
    assert all(isinstance(entry.cause, Cause) for entry in saga.timeline)
    assert all(isinstance(early.cause, Cause) for early in saga.early)
    assert isinstance(saga.request_hash, bytes)


def test_binary_values_of_other_bytes_like_types_are_read() -> None:
    wrapped = FULL_ITEM | {
        "rh": {"B": bytearray(b"\x02\xfe")},
        "req": {"M": REQUEST_ATTRIBUTES | {"sh": {"B": bytearray(b"\x01\xff")}}},
    }

    saga = decode(wrapped)

    assert saga == FULL
    assert saga.request is not None
    assert {type(saga.request_hash), type(saga.request.script.sha256)} == {bytes}


@pytest.mark.parametrize("script", [Script(1, b"", "bucket", None), Script(1, b"", None, "key"), Script(1, b"")])
def test_a_script_without_a_whole_place_of_its_own_has_none(script: Script) -> None:
    item = encode(replace(FULL, request=replace(REQUEST, script=script)))

    assert not {"rb", "rk"} & item["req"]["M"].keys()
    decoded = decode(item).request
    assert decoded is not None
    assert decoded.script == Script(1, b"")


@pytest.mark.parametrize("name", ["execution_id", "saga_name", "state", "dv", "version", "created", "corr"])
def test_a_saga_without_what_every_saga_has_is_corrupt(name: str) -> None:
    with pytest.raises(CorruptSaga) as corrupt:
        decode({key: value for key, value in FULL_ITEM.items() if key != name})

    assert corrupt.value.reason is RejectReason.CORRUPT_SAGA
    assert corrupt.value.__cause__ is None
    assert corrupt.value.__suppress_context__


@pytest.mark.parametrize(
    ("damage", "detail"),
    [
        ({"state": {"S": "dreaming"}}, "ValueError at a value"),
        ({"version": {"N": "secret"}}, "ValueError at a value"),
        ({"version": {"S": "1"}}, "KeyError at N"),
        ({"owner": {"N": "1"}}, "KeyError at S"),
        ({"claim": {"S": "python"}}, "ValueError at a value"),
        ({"claim": {"N": 1}}, "KeyError at S"),
        ({"claim": {"S": 1}}, "AttributeError at a value"),
        ({"timeline": {"L": [{"S": "12 R"}]}}, "ValueError at a value"),
        ({"timeline": {"L": [{"S": "12 Z r1"}]}}, "ValueError at a value"),
        ({"timeline": {"L": [{"S": "12  R r1"}]}}, "ValueError at a value"),
        ({"timeline": {"L": 5}}, "TypeError at a value"),
        ({"early": {"L": [{"M": {"e": {"S": "14  F f1"}}}]}}, "ValueError at a value"),
        ({"early": {"L": [{"M": {"e": {"S": "14 F f1 more"}}}]}}, "ValueError at a value"),
        ({"req": {"M": {}}}, "KeyError at lang"),
    ],
)
def test_what_cannot_be_read_is_corrupt_and_its_values_stay_out_of_the_message(
    damage: dict[str, Any], detail: str
) -> None:
    with pytest.raises(CorruptSaga) as corrupt:
        decode(FULL_ITEM | damage)

    assert corrupt.value.detail == f"stored saga cannot be read: {detail}"


@pytest.mark.parametrize("name", ["timeline", "early"])
def test_a_list_of_another_type_is_corrupt_and_never_read_as_empty(name: str) -> None:
    with pytest.raises(CorruptSaga):
        decode(FULL_ITEM | {name: {"X": "?"}})


def test_a_stream_image_is_the_item_with_its_binaries_as_text() -> None:
    def as_lambda_delivers(value: dict[str, Any]) -> dict[str, Any]:
        kind, content = next(iter(value.items()))
        if kind == "B":
            return {"B": base64.b64encode(content).decode()}
        if kind == "M":
            return {"M": {name: as_lambda_delivers(each) for name, each in content.items()}}
        if kind == "L":
            return {"L": [as_lambda_delivers(each) for each in content]}
        return value

    image = {name: as_lambda_delivers(value) for name, value in FULL_ITEM.items()}

    assert to_item(image) == FULL_ITEM
    assert to_item({"a": {"L": [{"B": "AQ=="}]}}) == {"a": {"L": [{"B": b"\x01"}]}}


def test_an_item_that_names_a_schema_is_not_guessed_at() -> None:
    with pytest.raises(CorruptSaga, match="of a schema that this code does not know"):
        decode(FULL_ITEM | {"schema_version": {"N": "2"}})


@pytest.mark.parametrize("attribute", ["timeline", "create_before"])
def test_the_last_instant_that_a_message_can_tell_is_the_end_of_the_year_9999(attribute: str) -> None:
    def item(millis: int) -> dict[str, Any]:
        told = {"timeline": {"L": [{"S": f"{millis} R r1"}]}, "create_before": {"N": str(millis)}}
        return FULL_ITEM | {attribute: told[attribute]}

    assert rfc3339(LAST_INSTANT) == "9999-12-31T23:59:59.999Z"
    decode(item(0))
    decode(item(LAST_INSTANT))
    for beyond in (-1, LAST_INSTANT + 1):
        with pytest.raises(CorruptSaga):
            decode(item(beyond))


def nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {"S": "at the bottom"}
    for _ in range(depth):
        value = {"M": {"a": value}}
    return value


@pytest.mark.parametrize(
    "value",
    [{"B": 5}, {"B": "no base64"}, {"M": "no map"}, {"L": 5}, {"S": "a", "N": "1"}, {}, "no value", nested(5_000)],
    ids=["binary of a number", "binary of other text", "map", "list", "two kinds", "none", "text", "nested"],
)
def test_a_stream_image_with_something_that_is_no_attribute_value_is_corrupt(value: Any) -> None:
    with pytest.raises(CorruptSaga, match="stream image cannot be read"):
        to_item({"a": value})
