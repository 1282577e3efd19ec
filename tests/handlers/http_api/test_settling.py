"""A rejected event is delivered again, or dropped: once, on record, and never anywhere but where it came from."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from saga_orchestrator.adapters.rejected_events import item_id, object_key
from saga_orchestrator.domain.secret import Secret
from saga_testing.deployment import EXECUTIONS_AND_ORDERS, Deployment
from saga_testing.faults import Fault, possible_at
from saga_testing.http_door import ADMIN, OPERATOR, READER, RELAY, HttpDoor, Told, connect
from saga_testing.samples.rejected_events import change, come_again, item, mend, reject, unknown_version
from saga_testing.samples.sample_events import event, eventbridge
from saga_testing.samples.sample_orders import order_event
from saga_testing.telemetry import RecordingTelemetry
from saga_testing.wire import Wire

WHY = json.dumps({"reason": "the producer was told"})
OTHER = ADMIN


@pytest.fixture
def door(stack: Deployment) -> HttpDoor:
    connect(stack, stack.aws.functions)
    return HttpDoor(stack.at)


def acts(stack: Deployment) -> list[tuple[str, str]]:
    items = stack.aws.dynamodb.scan(TableName="operator")["Items"]
    found = [each for each in items if each["pk"]["S"].startswith("act#")]
    return sorted((each["verb"]["S"], each.get("result", {}).get("S", "")) for each in found)


def mended(stack: Deployment, execution_id: str = "ex-1") -> str:
    identifier = reject(stack, unknown_version(execution_id))
    mend(stack, identifier, event("EXECUTION_REQUESTED", execution_id))
    return identifier


def test_redrive_delivers_it_and_it_leaves_the_list(stack: Deployment, door: HttpDoor) -> None:
    one = mended(stack)
    told = door.event("redrive", one)

    assert (told.status, told.json["result"], told.json["replayed"]) == (200, "redriven", False), told.body
    assert told.json["rejected"]["state"] == "redriven"
    assert told.json["rejected"]["settled_by"] == "role/on-call/olga"
    assert stack.saga("ex-1").state == "running"  # type: ignore[union-attr]  # it is there
    assert acts(stack) == [("redrive", ""), ("redrive", "redriven")]
    assert door.get("rejected").json["rejected"] == []
    shown = door.get("rejected/{id}", READER, path={"id": one}).json
    assert [(act["door"], act["verified"], act["result"]) for act in shown["acts"]] == [
        ("iam", True, ""),
        ("iam", True, "redriven"),
    ]


def test_the_act_is_written_before_the_call_and_the_result_after(stack: Deployment, door: HttpDoor) -> None:
    one = mended(stack)
    seen: list[list[tuple[str, str]]] = []
    name = "takes-execution-requested"
    taking = stack.aws.functions.handlers[name]

    def looking(payload: Any) -> Any:
        seen.append(acts(stack))
        return taking(payload)

    stack.aws.functions.handlers[name] = looking
    door.event("redrive", one)

    assert seen == [[("redrive", "")]]


def test_what_is_rejected_again_stays_and_says_so(stack: Deployment, door: HttpDoor) -> None:
    one = reject(stack, unknown_version())
    told = door.event("redrive", one)

    assert (told.status, told.json["result"]) == (200, "rejected_again")
    assert (told.json["rejected"]["state"], told.json["rejected"]["copies"]) == ("open", 2)
    assert [each["id"] for each in door.get("rejected").json["rejected"]] == [one]
    again = door.event("redrive", one)
    assert (again.json["replayed"], again.json["result"]) == (True, "rejected_again")
    assert len(stack.aws.functions.called) == 1


def test_drop_takes_it_off_with_a_reason(stack: Deployment, door: HttpDoor) -> None:
    one = reject(stack, unknown_version())
    for body in (None, "{}", '{"reason":" "}'):
        assert door.event("drop", one, body=body).code == "malformed"
    assert acts(stack) == []

    told = door.event("drop", one, body=WHY)

    assert (told.status, told.json["result"], told.json["rejected"]["state"]) == (200, "dropped", "dropped")
    assert acts(stack) == [("drop", "dropped")]
    assert stack.aws.functions.called == []
    again = door.event("drop", one, body=WHY)
    assert (again.status, again.json["replayed"], again.json["result"]) == (200, True, "dropped")
    assert acts(stack) == [("drop", "dropped")]


@pytest.mark.parametrize(("verb", "body"), [("redrive", None), ("drop", WHY)])
def test_what_is_settled_stays_so_until_it_comes_again(
    stack: Deployment, door: HttpDoor, verb: str, body: str | None
) -> None:
    dropped, redriven = reject(stack, unknown_version("ex-1")), mended(stack, "ex-2")
    door.event("drop", dropped, body=WHY)
    door.event("redrive", redriven)
    before, called = acts(stack), len(stack.aws.functions.called)

    for one, code in ((dropped, "already_dropped"), (redriven, "already_redriven")):
        told = door.event(verb, one, OTHER, idempotency_key="k-2", body=body)
        assert (told.status, told.code) == (409, code)
        assert told.headers["etag"] == told.json["etag"]
    assert (acts(stack), len(stack.aws.functions.called)) == (before, called)

    come_again(stack, dropped)
    assert [each["id"] for each in door.get("rejected").json["rejected"]] == [dropped]


@pytest.mark.parametrize(
    ("arn", "parts", "status", "code"),
    [
        (READER, {"body": "{"}, 403, "forbidden"),
        (OPERATOR, {"body": "{"}, 400, "bad_json"),
        (OPERATOR, {"body": '{"because":"x"}'}, 400, "bad_body"),
        (OPERATOR, {"body": '{"reason":7}'}, 400, "bad_body"),
        (OPERATOR, {"body": json.dumps({"reason": "a\nb"})}, 400, "malformed"),
        (OPERATOR, {"body": json.dumps({"reason": "x" * 201})}, 400, "malformed"),
        (OPERATOR, {"idempotency_key": None}, 400, "idempotency_key_needed"),
        (OPERATOR, {"idempotency_key": "k~result"}, 400, "malformed"),
        (OPERATOR, {"idempotency_key": '"k"'}, 400, "malformed"),
        (OPERATOR, {"if_match": "x"}, 400, "bad_if_match"),
        (OPERATOR, {"if_match": '"v1-1"'}, 412, "changed"),
        (OPERATOR, {"query": {"force": "1"}}, 400, "unknown_parameter"),
    ],
)
@pytest.mark.parametrize("verb", ["redrive", "drop"])
def test_whoever_is_refused_leaves_nothing_behind(
    stack: Deployment, door: HttpDoor, verb: str, arn: str, parts: dict[str, Any], status: int, code: str
) -> None:
    one = reject(stack, unknown_version())
    before = item(stack, one)
    told = door.event(verb, one, arn, **{"body": WHY, **parts})

    assert (told.status, told.code) == (status, code)
    assert (acts(stack), item(stack, one), stack.aws.functions.called) == ([], before, [])
    assert door.event(verb, "0123456789ab", arn, **{"body": WHY, **parts}).status in {status, 404}


def test_a_copy_that_came_since_is_another_matter(stack: Deployment, door: HttpDoor) -> None:
    one = reject(stack, unknown_version())
    tag = door.get("rejected/{id}", path={"id": one}).headers["etag"]
    come_again(stack, one)

    told = door.event("drop", one, body=WHY, if_match=tag)

    assert (told.status, told.code) == (412, "changed")
    assert door.event("drop", one, body=WHY, if_match=told.headers["etag"]).status == 200


def test_a_key_means_one_thing(stack: Deployment, door: HttpDoor) -> None:
    one = mended(stack)
    door.event("redrive", one)
    assert door.event("redrive", one, body=WHY).code == "key_reused"
    assert door.event("drop", one, body=WHY).code == "key_reused"
    assert door.event("redrive", one).json["replayed"] is True
    assert len(stack.aws.functions.called) == 1


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


@pytest.mark.parametrize(("who", "key"), [(OTHER, "k-2"), (OPERATOR, "k-1")], ids=["two people", "one request twice"])
def test_two_at_once_do_it_once(stack: Deployment, door: HttpDoor, who: str, key: str) -> None:
    """The other one's whole request runs while the first one waits for the function."""
    one, name = mended(stack), "takes-execution-requested"
    taking = stack.aws.functions.handlers[name]
    others: list[Told] = []

    def meanwhile(payload: Any) -> Any:
        stack.aws.functions.handlers[name] = taking
        others.append(door.event("redrive", one, who, idempotency_key=key))
        return taking(payload)

    stack.aws.functions.handlers[name] = meanwhile
    first = door.event("redrive", one)

    assert (first.json["result"], others[0].json["result"]) == ("redriven", "redriven")
    saga = stack.saga("ex-1")
    assert saga is not None
    assert len(saga.timeline) == 1
    assert item(stack, one)["state"]["S"] == "redriven"


def test_bytes_that_expired_are_said_so_and_call_nobody(stack: Deployment, door: HttpDoor) -> None:
    one = reject(stack, unknown_version())
    stack.aws.s3.delete_object(Bucket="payloads", Key=item(stack, one)["key"]["S"])

    told = door.event("redrive", one)

    assert (told.status, told.code) == (409, "bytes_expired")
    assert (acts(stack), stack.aws.functions.called) == ([], [])
    assert door.event("drop", one, body=WHY).status == 200


def test_an_unauthorised_cancel_gains_nothing_by_coming_again(stack: Deployment, door: HttpDoor) -> None:
    stack.deliver(event("EXECUTION_REQUESTED"))
    stranger = event("EXECUTION_CANCELLED", "ex-1", cancelled_by="mallory")
    stranger["metadata"] = {**stranger["metadata"], "user_id": "mallory"}
    one = reject(stack, stranger)
    assert item(stack, one)["reason"]["S"] == "unauthorised_cancel"

    told = door.event("redrive", one, ADMIN)

    assert told.json["result"] == "rejected_again"
    assert stack.saga("ex-1").state == "running"  # type: ignore[union-attr]  # it is there
    assert [name for name, _ in stack.aws.functions.called] == ["takes-execution-cancelled"]


def _named(key: str) -> Callable[[Deployment, str], str]:
    """The item names `key`, under the id that such a key has."""

    def plant(stack: Deployment, one: str) -> str:
        identifier = item_id(key)
        stack.aws.dynamodb.put_item(
            TableName="operator",
            Item={**item(stack, one), "pk": {"S": f"rejected#{identifier}"}, "key": {"S": key}},
        )
        return identifier

    return plant


def _changed(**attributes: str) -> Callable[[Deployment, str], str]:
    def plant(stack: Deployment, one: str) -> str:
        change(stack, one, **{name: {"S": value} for name, value in attributes.items()})
        return one

    return plant


def _agreeing(*place: str) -> Callable[[Deployment, str], str]:
    """Key, source and position of an item that was made up agree with each other."""

    def plant(stack: Deployment, one: str) -> str:
        position = {str(number): part for number, part in enumerate(place)}
        key = object_key("under-test", "eventbridge", position, b"x")
        return _named(key)(stack, _changed(position=json.dumps(position))(stack, one))

    return plant


PLANTED = {
    "a script": _named("scripts/ex-1/0123"),
    "a script, as it would be kept": _changed(key="scripts/ex-1/0123"),
    "a key that goes up": _named("rejected/../scripts/ex-1/0123"),
    "a key that goes up, further down": _named("rejected/f/eventbridge/../../../scripts/0123"),
    "a key that goes up, and agrees with its place": _agreeing("..", "scripts"),
    "an on-failure object": _named("aws/lambda/async/f/x"),
    "another prefix that begins alike": _named("rejected-not/f/eventbridge/id/0123"),
    "nothing": _named("rejected"),
    "another event's object": _changed(key="rejected/under-test/eventbridge/other/0123456789abcdef"),
    "another place": _changed(position='{"id":"other"}'),
    "no place": _changed(position="["),
}


@pytest.mark.parametrize("plant", PLANTED.values(), ids=PLANTED)
def test_an_item_that_names_what_is_not_its_own_reads_nothing_and_gains_nothing(
    stack: Deployment, door: HttpDoor, plant: Callable[[Deployment, str], str]
) -> None:
    one = plant(stack, mended(stack))
    stack.aws.s3.put_object(
        Bucket="payloads", Key="scripts/ex-1/0123", Body=json.dumps(eventbridge(event("EXECUTION_REQUESTED"))).encode()
    )
    stack.wire.calls.clear()

    told = door.event("redrive", one, ADMIN)

    assert (told.status, told.code) == (409, "not_redrivable")
    assert (acts(stack), stack.aws.functions.called) == ([], [])
    assert "get_object" not in stack.wire.calls
    assert stack.saga("ex-1") is None


@pytest.mark.parametrize(
    "attributes",
    [
        {"function": {"S": "api"}},
        {"bucket": {"S": "elsewhere"}},
        {"source": {"S": "kafka"}},
        {"source": {"S": "stream"}},
        {"event_type": {"S": "EXECUTION_CANCELLED"}},
    ],
)
def test_a_redrive_goes_where_its_own_key_says(stack: Deployment, door: HttpDoor, attributes: dict[str, Any]) -> None:
    one = mended(stack)
    change(stack, one, **attributes)

    assert door.event("redrive", one).json["result"] == "redriven"
    assert [name for name, _ in stack.aws.functions.called] == ["takes-execution-requested"]


def test_the_api_itself_is_called_by_nothing(stack: Deployment, door: HttpDoor) -> None:
    """Nor is whatever else an invocation names: what implies no function of the stack is delivered to none."""
    stack.function("EXECUTION_REQUESTED").run({"detail-type": "api", "id": "x", "detail": 7}, None)
    (pointer,) = stack.rejected()

    told = door.event("redrive", pointer["id"])

    assert (told.status, told.code) == (409, "not_redrivable")
    assert stack.aws.functions.called == []


def test_what_another_sagas_functions_rejected_goes_back_to_them(stack: Deployment, door: HttpDoor) -> None:
    one = reject(stack, {**order_event("PLACED"), "event_version": "9.9"})
    mend(stack, one, order_event("PLACED"))

    assert door.event("redrive", one).json["result"] == "redriven"
    assert [name for name, _ in stack.aws.functions.called] == ["takes-events-of-sagas"]
    assert stack.saga("o-1", "order_saga") is not None


def test_what_a_relay_kept_is_published_again_through_the_relays(stack: Deployment, door: HttpDoor) -> None:
    stack.deliver(event("EXECUTION_REQUESTED"))
    kept = {"execution_id": {"S": "ex-1"}, "saga_name": {"S": "execution_saga"}}
    said = {"reason": "unpublishable_message", "detail": "refused", "rejected_at": "2026-01-01T00:00:00.000Z"}
    content = Secret(json.dumps(kept).encode())
    key = stack.at.rejected.keep(content, source="stream", position={"record": "7"}, **said)

    told = door.event("redrive", item_id(key))

    assert told.json["result"] == "redriven"
    assert [name for name, _ in stack.aws.functions.called] == [RELAY]
    assert "CREATE_POD_COMMAND" in stack.published_types()


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
