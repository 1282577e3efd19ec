"""Bad input: parked once with a reason and acknowledged, or ignored; never applied, never raised, never logged."""

import json
from typing import Any

import pytest

from saga_testing.lambda_context import Context
from saga_testing.moto_world import World
from saga_testing.sample_events import OWN_FIELDS, event, eventbridge, kafka


def good(**fields: Any) -> dict[str, Any]:
    return event("EXECUTION_REQUESTED", **fields)


def raw(**fields: Any) -> bytes:
    return json.dumps(good(**fields)).encode()


BYTES: dict[str, tuple[bytes, str]] = {
    "truncated": (raw()[:-5], "not_json"),
    "utf-16": (raw().decode().encode("utf-16"), "not_utf8"),
    "byte order mark": (b"\xef\xbb\xbf" + raw(), "not_json"),
    "NaN": (raw()[:-1] + b',"x":NaN}', "not_json"),
    "infinity": (raw()[:-1] + b',"x":1e999}', "not_json"),
    "nesting bomb": (b'{"a":' * 100_000, "not_json"),
    "huge integer": (raw()[:-1] + b',"x":' + b"9" * 5000 + b"}", "not_json"),
    "list": (b"[]", "not_json"),
    "duplicate owner": (
        raw().replace(b'"user_id": "alice"', b'"user_id": "alice", "user_id": "evil"'),
        "duplicate_key",
    ),
    "lone surrogate": (raw().replace(b"print('hello')", b"\\ud800"), "malformed"),
}

FIELDS: dict[str, tuple[dict[str, Any], str]] = {
    "execution id with key prefix": ({"execution_id": "#counter#python#0"}, "malformed"),
    "execution id too long": ({"execution_id": "x" * 65}, "malformed"),
    "execution id with newline": ({"execution_id": "ex-1\n"}, "malformed"),
    "cyrillic execution id": ({"execution_id": "\u0435x-1"}, "malformed"),
    "empty user": (
        {"metadata": {"service_name": "a", "service_version": "1", "correlation_id": "c", "user_id": ""}},
        "malformed",
    ),
    "forged log line in user": (
        {
            "metadata": {
                "service_name": "a",
                "service_version": "1",
                "correlation_id": "c",
                "user_id": 'x\n{"level":"ERROR"}',
            }
        },
        "malformed",
    ),
    "dots in user": (
        {"metadata": {"service_name": "a", "service_version": "1", "correlation_id": "c", "user_id": "a..b"}},
        "malformed",
    ),
    "timeout zero": ({"timeout_seconds": 0}, "malformed"),
    "timeout negative": ({"timeout_seconds": -1}, "malformed"),
    "timeout 2^63": ({"timeout_seconds": 2**63}, "malformed"),
    "timeout as text": ({"timeout_seconds": "300"}, "malformed"),
    "timeout as float": ({"timeout_seconds": 1.5}, "malformed"),
    "timeout as boolean": ({"timeout_seconds": True}, "malformed"),
    "language upper case": ({"language": "Python"}, "malformed"),
    "language with NUL": ({"language": "python\0"}, "malformed"),
    "filename with path": ({"runtime_filename": "../../etc/passwd"}, "malformed"),
    "filename absolute": ({"runtime_filename": "/x"}, "malformed"),
    "filename as option": ({"runtime_filename": "-rf"}, "malformed"),
    "cpu negative": ({"cpu_limit": "-1"}, "malformed"),
    "cpu exponent": ({"cpu_limit": "1e9"}, "malformed"),
    "cpu below a thousandth": ({"cpu_limit": "0.1m"}, "malformed"),
    "cpu in arabic digits": ({"cpu_limit": "\u0661\u0660\u0660m"}, "malformed"),
    "cpu zero": ({"cpu_limit": "0"}, "malformed"),
    "memory absurd": ({"memory_limit": "100000Gi"}, "malformed"),
    "too many arguments": ({"runtime_command": ["x"] * 10_000}, "malformed"),
    "too long arguments": ({"runtime_command": ["x" * 20_000]}, "malformed"),
    "argument with NUL": ({"runtime_command": ["a\0b"]}, "malformed"),
    "priority unknown": ({"priority": "urgent"}, "malformed"),
    "unknown version": ({"event_version": "2.0"}, "unknown_event_version"),
    "version as number": ({"event_version": 1}, "malformed"),
    "far future": ({"timestamp": "2099-01-01T00:00:00Z"}, "timestamp_in_future"),
    "timestamp without offset": ({"timestamp": "2026-11-24T00:00:00"}, "malformed"),
    "another type": ({"event_type": "EXECUTION_STARTED"}, "wrong_event_type"),
    "foreign type": ({"event_type": "POD_RUNNING"}, "wrong_event_type"),
    "both script and reference": (
        {"script_ref": {"bucket": "scripts", "key": "k", "size": 1, "sha256": "0" * 64}},
        "malformed",
    ),
    "bucket not allowed": (
        {"script": None, "script_ref": {"bucket": "scripts", "key": "k", "size": 1, "sha256": "0" * 64}},
        "script_bucket_not_allowed",
    ),
}


@pytest.mark.parametrize(("content", "reason"), BYTES.values(), ids=BYTES)
def test_unreadable_bytes_are_parked(world: World, content: bytes, reason: str) -> None:
    world.function("EXECUTION_REQUESTED").run(kafka(content), Context())

    assert [pointer["reason"] for pointer in world.rejected()] == [reason]
    assert world.items() == []


@pytest.mark.parametrize(("fields", "reason"), FIELDS.values(), ids=FIELDS)
def test_malformed_fields_are_parked(world: World, fields: dict[str, Any], reason: str) -> None:
    world.function("EXECUTION_REQUESTED").run(eventbridge(good(**fields)), Context())

    assert [pointer["reason"] for pointer in world.rejected()] == [reason]
    assert world.items() == []


@pytest.mark.parametrize("event_type", OWN_FIELDS)
def test_each_required_field_is_required(world: World, event_type: str) -> None:
    optional = {"aggregate_id", "error_type", "cancelled_by"}
    names = [name for name in event(event_type) if name not in optional]
    for name in names:
        detail = event(event_type)
        del detail[name]
        world.function(event_type).run(eventbridge(detail), Context())

    assert [pointer["reason"] for pointer in world.rejected()] == ["malformed"] * len(names)
    assert world.items() == []


@pytest.mark.parametrize("invocation", [None, [], {}, "text", {"detail": []}, {"eventSource": "aws:kafka"}])
def test_an_invocation_of_no_known_shape_is_parked(world: World, invocation: object) -> None:
    assert world.function("EXECUTION_STARTED").run(invocation, Context()) is None

    assert [pointer["reason"] for pointer in world.rejected()] == ["unrecognised_invocation"]


def test_a_foreign_source_is_refused(world: World) -> None:
    world.deliver(good(), source="saga-orchestrator")

    assert [pointer["reason"] for pointer in world.rejected()] == ["foreign_source"]


def test_on_a_shared_topic_foreign_types_are_ignored_but_wrong_ones_are_not(world: World) -> None:
    world.reconfigure(TOPIC_LAYOUT="shared")
    foreign, wrong = good(event_type="POD_RUNNING"), good(event_type="EXECUTION_STARTED")

    world.function("EXECUTION_REQUESTED").run(kafka(foreign, wrong), Context())

    assert [pointer["reason"] for pointer in world.rejected()] == ["wrong_event_type"]


def test_shell_metacharacters_are_inert_data(world: World) -> None:
    command = ["sh", "-c", "rm -rf / ; $(reboot) `id` ${jndi:ldap://x}"]
    world.deliver(good(runtime_command=command))

    saga = world.saga()
    assert saga is not None
    assert saga.request is not None
    assert list(saga.request.runtime_command) == command


def test_event_types_compare_without_case(world: World) -> None:
    detail = good()
    detail["event_type"] = "execution_requested"
    world.function("EXECUTION_REQUESTED").run(eventbridge(detail), Context())

    assert world.slots() == 1


def test_users_data_appears_nowhere_but_in_the_bucket(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    canary = "canary-4711"
    world.deliver(good(script=f"print('{canary}')"))
    world.deliver(event("EXECUTION_STARTED"))
    world.deliver(
        event("EXECUTION_FAILED", stdout=canary, stderr=canary, error_message=canary, error_type=f"a {canary}")
    )
    world.function("EXECUTION_REQUESTED").run(
        eventbridge(good(execution_id="ex-2", script=canary, language=canary.upper())), Context()
    )
    world.function("EXECUTION_REQUESTED").run(kafka(canary.encode()), Context())

    assert canary not in capsys.readouterr().out
    assert canary not in str(world.items())
    assert canary not in str(world.rejected())
