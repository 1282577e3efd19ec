"""Whatever fails on the way, the same key does what is left, once."""

from typing import Any

from saga_testing.deployment import EXECUTIONS_AND_ORDERS, Deployment
from saga_testing.faults import Fault, possible_at
from saga_testing.http_door import HttpDoor, connect
from saga_testing.samples.rejected_events import item, reject, unknown_version
from saga_testing.telemetry import RecordingTelemetry
from saga_testing.wire import Wire
from tests.handlers.http_api.rejected.settled import WHY, acts, mended


def test_a_function_that_fails_leaves_the_same_key_to_do_it_again(stack: Deployment, door: HttpDoor) -> None:
    one = mended(stack)
    taking, name = stack.aws.functions.handlers["takes-execution-requested"], "takes-execution-requested"

    def failing(_payload: Any) -> Any:
        raise RuntimeError("Kn4rienV0gel")

    for broken in (failing, lambda _payload: {"batchItemFailures": [{"itemIdentifier": "x"}]}):
        stack.aws.functions.handlers[name] = broken
        told = door.event("redrive", one)
        assert (told.status, told.code) == (409, "function_failed")
        assert "Kn4rienV0gel" not in told.body
    assert acts(stack) == [("redrive", "")]

    stack.aws.functions.handlers[name] = taking
    assert door.event("redrive", one).json["result"] == "redriven"
    assert acts(stack) == [("redrive", ""), ("redrive", "redriven")]


def test_bytes_that_expired_are_said_so_and_call_nobody(stack: Deployment, door: HttpDoor) -> None:
    one = reject(stack, unknown_version())
    stack.aws.s3.delete_object(Bucket="payloads", Key=item(stack, one)["key"]["S"])

    told = door.event("redrive", one)

    assert (told.status, told.code) == (409, "bytes_expired")
    assert (acts(stack), stack.aws.functions.called) == ([], [])
    assert door.event("drop", one, body=WHY).status == 200


def test_whichever_call_fails_the_same_key_does_what_is_left(counted: RecordingTelemetry) -> None:
    """Each fault at each call of a redrive and of a drop, then the same request: done once, on record once."""
    for verb, body in (("redrive", None), ("drop", WHY)):
        place = 0
        while True:
            operations = _calls(verb, body)
            if place == len(operations):
                break
            for fault in possible_at(operations[place]):
                if fault in {Fault.KILLED_BEFORE, Fault.KILLED_AFTER, Fault.ENTRY_REFUSED, Fault.COUNTER_CONFLICT}:
                    continue
                _played(verb, body, place, fault)
            place += 1
        assert place > 2


def _stack(wire: Wire) -> tuple[Deployment, HttpDoor, str]:
    stack = Deployment(sagas=EXECUTIONS_AND_ORDERS, telemetry=RecordingTelemetry(), wire=wire)
    one = mended(stack)
    # The functions that are called have a wire of their own: here the calls of the API fail.
    inner = Deployment(sagas=EXECUTIONS_AND_ORDERS, aws=stack.aws, telemetry=RecordingTelemetry())
    connect(inner, stack.aws.functions)
    wire.calls.clear()
    return stack, HttpDoor(stack.at), one


def _calls(verb: str, body: str | None) -> list[str]:
    wire = Wire()
    _, door, one = _stack(wire)
    door.event(verb, one, body=body)
    return list(wire.calls)


def _played(verb: str, body: str | None, place: int, fault: Fault) -> None:
    wire = Wire()
    stack, door, one = _stack(wire)
    wire.plan[place] = fault
    first = door.event(verb, one, body=body)
    wire.plan.clear()
    second = door.event(verb, one, body=body)

    said = (verb, place, fault, first.body, second.body)
    assert first.status in {200, 503}, said
    assert second.status == 200, said
    assert second.json["result"] == ("redriven" if verb == "redrive" else "dropped"), said
    assert item(stack, one)["state"]["S"] == second.json["result"], said
    results = [result for _, result in acts(stack) if result]
    assert results == [second.json["result"]], said
