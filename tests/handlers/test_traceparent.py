"""The sender's trace: kept as 25 bytes of the event that begins a saga, passed on as it came, never an obstacle."""

from typing import Any

import pytest

from saga_orchestrator.adapters.saga_codec import decode, encode
from saga_orchestrator.adapters.telemetry import telemetry
from saga_testing.deployment import EXECUTIONS_AND_ORDERS, Deployment
from saga_testing.lambda_context import Context
from saga_testing.samples.enveloped import as_headers, batch, cloudevent, record
from saga_testing.samples.sample_events import event
from saga_testing.samples.sample_orders import order_event, reply
from saga_testing.telemetry import RecordingTelemetry

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
ANOTHER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
MALFORMED = [
    "",
    "4bf92f3577b34da6a3ce929d0e0e4736",
    TRACE.upper(),
    TRACE + "-x",
    TRACE + "\n",
    " " + TRACE,
    TRACE.replace("00-4", "01-4", 1),
    TRACE.replace("00-4", "ff-4", 1),
    TRACE[:-1],
    TRACE.replace("-", "_"),
    "é" * 55,
    "\ud800" + TRACE[1:],
]
NAMES_NOTHING = ["00-" + "0" * 32 + TRACE[35:], TRACE[:36] + "0" * 16 + "-01"]


def with_trace(detail: dict[str, Any], traceparent: Any = TRACE) -> dict[str, Any]:
    return {**detail, "metadata": {**detail["metadata"], "traceparent": traceparent}}


@pytest.fixture
def told() -> RecordingTelemetry:
    return RecordingTelemetry()


@pytest.fixture
def stack(told: RecordingTelemetry) -> Deployment:
    return Deployment({"GAUGES": "true"}, sagas=EXECUTIONS_AND_ORDERS, telemetry=told)


def traces(stack: Deployment) -> set[Any]:
    """What the messages say, with None for those that say nothing."""
    stack.relay_stream()
    return {body.get("traceparent") for body in stack.published}


def test_it_is_in_every_message_as_it_came_and_25_bytes_in_the_item(stack: Deployment) -> None:
    stack.deliver(with_trace(event("EXECUTION_REQUESTED")))
    stack.deliver(with_trace(event("EXECUTION_STARTED"), ANOTHER))
    stack.deliver(with_trace(event("EXECUTION_TIMEOUT"), ANOTHER))

    assert traces(stack) == {TRACE}
    assert set(stack.published_types()) == {"CREATE_POD_COMMAND", "SAGA_STARTED", "DELETE_POD_COMMAND", "SAGA_TIMEOUT"}
    saga = stack.at.store.get("ex-1", "execution_saga")
    assert saga is not None
    assert encode(saga)["tp"] == {"B": bytes.fromhex(TRACE[3:].replace("-", ""))}
    assert len(encode(saga)["tp"]["B"]) == 25


def test_a_saga_of_ones_own_passes_it_on_in_its_commands(stack: Deployment) -> None:
    stack.deliver(with_trace(order_event("PLACED")))
    stack.deliver(reply("reserve_credit#1"))
    stack.deliver(with_trace(order_event("CANCELLED"), ANOTHER))

    assert traces(stack) == {TRACE}
    assert {"RESERVE_CREDIT_COMMAND", "RELEASE_CREDIT_COMMAND", "SAGA_COMPENSATING"} <= set(stack.published_types())


def test_a_request_that_cannot_be_run_is_answered_in_its_trace(stack: Deployment) -> None:
    stack.deliver(with_trace(event("EXECUTION_REQUESTED", timeout_seconds=0)))

    assert traces(stack) == {TRACE}
    assert stack.published_types() == ["SAGA_FAILED"]


def test_early_events_name_no_trace_but_the_request_does(stack: Deployment) -> None:
    stack.deliver(with_trace(event("EXECUTION_STARTED"), ANOTHER))
    stack.deliver(with_trace(event("EXECUTION_REQUESTED")))

    assert traces(stack) == {TRACE}


def test_the_same_request_in_another_trace_is_the_same_request(stack: Deployment, told: RecordingTelemetry) -> None:
    for requested in (event("EXECUTION_REQUESTED"), order_event("PLACED")):
        stack.deliver(with_trace(requested))
        stack.deliver({**with_trace(requested, ANOTHER), "event_id": "another"})

    assert traces(stack) == {TRACE}
    assert told.counts["DuplicateEvents"] == 2
    assert stack.rejected() == []


@pytest.mark.parametrize("traceparent", MALFORMED)
def test_what_is_none_is_left_out_and_the_event_counts(
    stack: Deployment, told: RecordingTelemetry, traceparent: str
) -> None:
    stack.deliver(with_trace(event("EXECUTION_REQUESTED"), traceparent))
    stack.deliver(with_trace(order_event("PLACED"), traceparent))

    assert traces(stack) == {None}
    assert told.counts["UnusableFields"] == 1  # of the execution's; other sagas' fields are not counted
    assert stack.rejected() == []


@pytest.mark.parametrize("traceparent", [*NAMES_NOTHING, None, 7, ["00"], {"a": 1}])
def test_an_id_of_noughts_and_what_is_no_text_are_left_out_too(stack: Deployment, traceparent: Any) -> None:
    stack.deliver(with_trace(event("EXECUTION_REQUESTED"), traceparent))
    stack.deliver(with_trace(order_event("PLACED"), traceparent))

    assert traces(stack) == {None}
    assert stack.rejected() == []


def from_kafka(stack: Deployment, *records: dict[str, Any]) -> None:
    stack.function("EXECUTION_REQUESTED").run(batch(*records), Context())


def test_a_cloudevents_attribute_fills_it_in_both_modes(stack: Deployment) -> None:
    for number, whole in enumerate(
        cloudevent(event("EXECUTION_REQUESTED", f"ex-{n}"), traceparent=TRACE) for n in "ab"
    ):
        if number:
            from_kafka(stack, record(whole["data"], as_headers(whole)))
        else:
            from_kafka(stack, record(whole))

    assert traces(stack) == {TRACE}
    assert len(stack.published) == 4


def test_on_the_bus_the_attribute_stands_beside_the_data(stack: Deployment) -> None:
    requested = event("EXECUTION_REQUESTED")
    stack.deliver({**requested, "ce_specversion": "1.0", "ce_traceparent": TRACE})

    assert traces(stack) == {TRACE}


def test_a_kafka_header_fills_it_where_the_event_says_nothing(stack: Deployment) -> None:
    from_kafka(
        stack,
        record(event("EXECUTION_REQUESTED", "ex-1"), {"traceparent": TRACE}),
        record(with_trace(event("EXECUTION_REQUESTED", "ex-2")), {"Traceparent": ANOTHER}),
        record(cloudevent(event("EXECUTION_REQUESTED", "ex-3"), traceparent=TRACE), {"traceparent": ANOTHER}),
    )

    assert traces(stack) == {TRACE}
    assert len(stack.published) == 6


@pytest.mark.parametrize("name", ["traceparent", "ce_traceparent"])
def test_a_header_that_is_no_text_or_stands_twice_is_no_reason_to_lose_the_event(stack: Deployment, name: str) -> None:
    unreadable = record(event("EXECUTION_REQUESTED", "ex-1"))
    unreadable["headers"] = [{name: [-1, -2]}]
    twice = record(event("EXECUTION_REQUESTED", "ex-2"))
    twice["headers"] = [{name: list(TRACE.encode())}, {name: list(ANOTHER.encode())}]
    from_kafka(stack, unreadable, twice)

    assert traces(stack) == ({None, TRACE} if name == "traceparent" else {None})
    assert stack.rejected() == []


def test_an_attribute_that_is_no_string_does_not_lose_the_event_either(stack: Deployment) -> None:
    from_kafka(stack, record(cloudevent(event("EXECUTION_REQUESTED"), traceparent=7)))

    assert traces(stack) == {None}
    assert stack.rejected() == []


@pytest.mark.parametrize("stored", [b"", b"x", bytes(24), bytes(26), bytes(1000)])
def test_what_somebody_else_stored_is_no_reason_to_lose_a_saga(stack: Deployment, stored: bytes) -> None:
    stack.deliver(event("EXECUTION_REQUESTED"))
    saga = stack.at.store.get("ex-1", "execution_saga")
    assert saga is not None

    assert decode({**encode(saga), "tp": {"B": stored}}) == saga


def test_it_is_in_no_log_line_and_no_metric(capsys: pytest.CaptureFixture[str]) -> None:
    stack = Deployment({"GAUGES": "true"}, sagas=EXECUTIONS_AND_ORDERS, telemetry=telemetry("S", service="s"))
    stack.deliver(with_trace(event("EXECUTION_REQUESTED")))
    stack.deliver(with_trace(event("EXECUTION_COMPLETED")))
    stack.check()
    traces(stack)

    assert TRACE[3:35] not in capsys.readouterr().out
