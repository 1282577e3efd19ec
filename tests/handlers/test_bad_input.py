"""Bad input: rejected once with a reason and acknowledged, or ignored; never applied, never raised, never logged."""

import json
from typing import Any

import pytest

from saga_testing.lambda_context import Context
from saga_testing.moto_world import World
from saga_testing.samples.sample_events import OWN_FIELDS, event, eventbridge, kafka


def good(**fields: Any) -> dict[str, Any]:
    return event("EXECUTION_REQUESTED", **fields)


def raw(**fields: Any) -> bytes:
    return json.dumps(good(**fields)).encode()


BYTES: dict[str, tuple[bytes, str]] = {
    "truncated": (raw()[:-5], "not_json"),
    "utf-16": (raw().decode().encode("utf-16"), "not_utf8"),
    "byte order mark": (b"\xef\xbb\xbf" + raw(), "not_json"),
    "NaN": (raw()[:-1] + b',"x":NaN}', "not_json"),
    "nesting bomb": (b'{"a":' * 100_000, "not_json"),
    "list": (b"[]", "not_json"),
    "duplicate owner": (
        raw().replace(b'"user_id": "alice"', b'"user_id": "alice", "user_id": "evil"'),
        "duplicate_key",
    ),
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
    "unknown version": ({"event_version": "2.0"}, "unknown_event_version"),
    "another version as number": ({"event_version": 2}, "unknown_event_version"),
    "far future": ({"timestamp": "2099-01-01T00:00:00Z"}, "timestamp_in_future"),
    "another type": ({"event_type": "EXECUTION_STARTED"}, "wrong_event_type"),
    "foreign type": ({"event_type": "POD_RUNNING"}, "wrong_event_type"),
    "bucket not allowed": (
        {"script": None, "script_ref": {"bucket": "scripts", "key": "k", "size": 1, "sha256": "0" * 64}},
        "script_bucket_not_allowed",
    ),
}


ANSWERED: dict[str, dict[str, Any]] = {
    "timeout zero": {"timeout_seconds": 0},
    "timeout negative": {"timeout_seconds": -1},
    "timeout 2^63": {"timeout_seconds": 2**63},
    "timeout as text": {"timeout_seconds": "300"},
    "timeout as float": {"timeout_seconds": 1.5},
    "timeout as boolean": {"timeout_seconds": True},
    "language upper case": {"language": "Python"},
    "language with NUL": {"language": "python\0"},
    "filename with path": {"runtime_filename": "../../etc/passwd"},
    "filename absolute": {"runtime_filename": "/x"},
    "filename as option": {"runtime_filename": "-rf"},
    "cpu negative": {"cpu_limit": "-1"},
    "cpu in arabic digits": {"cpu_limit": "\u0661\u0660\u0660m"},
    "cpu zero": {"cpu_limit": "0"},
    "memory below a byte": {"memory_limit": "500m"},
    "too many arguments": {"runtime_command": ["x"] * 10_000},
    "too long arguments": {"runtime_command": ["x" * 20_000]},
    "argument with NUL": {"runtime_command": ["a\0b"]},
    "priority unknown": {"priority": "urgent"},
    "timestamp without offset": {"timestamp": "2026-11-24T00:00:00"},
    "no timestamp": {"timestamp": None},
    "both script and reference": {"script_ref": {"bucket": "scripts", "key": "k", "size": 1, "sha256": "0" * 64}},
    "neither": {"script": None},
    "script with a lone surrogate": {"script": "\ud800"},
    "argument with a lone surrogate": {"runtime_command": ["\ud800"]},
    "nested deeply": {"runtime_command": [[[[[[]]]]]]},
}


@pytest.mark.parametrize(("content", "reason"), BYTES.values(), ids=BYTES)
def test_unreadable_bytes_are_rejected(world: World, content: bytes, reason: str) -> None:
    world.function("EXECUTION_REQUESTED").run(kafka(content), Context())

    assert [pointer["reason"] for pointer in world.rejected()] == [reason]
    assert world.items() == []


@pytest.mark.parametrize(("fields", "reason"), FIELDS.values(), ids=FIELDS)
def test_malformed_fields_are_rejected(world: World, fields: dict[str, Any], reason: str) -> None:
    world.function("EXECUTION_REQUESTED").run(eventbridge(good(**fields)), Context())

    assert [pointer["reason"] for pointer in world.rejected()] == [reason]
    assert world.items() == []


@pytest.mark.parametrize("fields", ANSWERED.values(), ids=ANSWERED)
def test_a_requester_who_can_be_answered_is_answered(world: World, fields: dict[str, Any]) -> None:
    world.function("EXECUTION_REQUESTED").run(eventbridge(good(**fields)), Context())

    saga = world.saga()
    assert saga is not None
    assert (saga.state, saga.reason, saga.outbox) == ("failed", "invalid_request", ("saga_failed#1",))
    assert saga.faults
    assert len(" ".join(saga.faults)) <= 200
    assert (world.rejected(), world.slots()) == ([], 0)


@pytest.mark.parametrize("content", [b',"x":1e999}', b',"x":-1e999}', b',"x":' + b"9" * 5000 + b"}"])
def test_a_number_too_large_in_a_field_that_nobody_reads_is_nobodys_fault(world: World, content: bytes) -> None:
    world.function("EXECUTION_REQUESTED").run(kafka(raw()[:-1] + content), Context())

    assert world.rejected() == []
    assert world.slots() == 1


def test_all_that_can_be_wrong_with_a_request_fits_into_its_item(world: World) -> None:
    world.deliver(
        {key: value for key, value in good(timestamp=None).items() if key not in OWN_FIELDS["EXECUTION_REQUESTED"]}
    )

    saga, item = world.saga(), world.item()
    assert saga is not None
    assert item is not None
    assert saga.faults[-1] == "+5"
    assert len(item["faults"]["S"]) <= 200


def test_an_invalid_request_meets_what_was_remembered(world: World) -> None:
    world.deliver(event("EXECUTION_STARTED"))
    world.deliver(good(timeout_seconds=0))

    saga = world.saga()
    assert saga is not None
    assert (saga.state, saga.reason, saga.outbox) == ("failed", "invalid_request", ("delete_pod#1", "saga_failed#1"))


@pytest.mark.parametrize("invocation", [None, [], {}, "text", {"detail": []}, {"eventSource": "aws:kafka"}])
def test_an_invocation_of_no_known_shape_is_rejected(world: World, invocation: object) -> None:
    assert world.function("EXECUTION_STARTED").run(invocation, Context()) is None

    assert [pointer["reason"] for pointer in world.rejected()] == ["unrecognised_invocation"]


@pytest.mark.parametrize("source", ["saga-orchestrator", "", None, 7, ["executions"], {"executions": 1}])
def test_a_foreign_source_is_refused(world: World, source: Any) -> None:
    world.deliver(good(), source=source)

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
