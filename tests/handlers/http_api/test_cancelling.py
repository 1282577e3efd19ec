"""A cancel over the door: one transaction with its act, the same again is the same, and bad input writes nothing."""

import json
from typing import Any

import pytest

from saga_testing.deployment import Deployment
from saga_testing.faults import Fault
from saga_testing.http_door import ADMIN, OPERATOR, READER, HttpDoor, Told
from saga_testing.samples.sample_events import event
from saga_testing.samples.sample_orders import order_event
from saga_testing.telemetry import RecordingTelemetry
from saga_testing.wire import Wire

CANARY = "Kn4rienV0gel"


@pytest.fixture
def running(stack: Deployment) -> Deployment:
    """Two of Python's slots are taken; one execution has started."""
    for execution_id in ("ex-1", "ex-2"):
        stack.deliver(event("EXECUTION_REQUESTED", execution_id))
    stack.deliver(event("EXECUTION_STARTED", "ex-1"))
    return stack


def acts(stack: Deployment) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = stack.aws.dynamodb.scan(TableName="operator")["Items"]
    return found


def everything(stack: Deployment) -> Any:
    return stack.items(), acts(stack)


def test_a_cancel_ends_the_saga_gives_its_slot_back_and_is_on_record(running: Deployment, door: HttpDoor) -> None:
    before = door.saga("ex-1")
    running.advance(5)
    told = door.cancel("ex-1", if_match=before.headers["etag"], body='{"reason":"asked for by phone"}')

    assert (told.status, told.json["replayed"]) == (200, False)
    assert told.json["saga"] == door.saga("ex-1").json
    assert told.headers["etag"] == told.json["saga"]["etag"] != before.headers["etag"]
    assert (told.json["saga"]["state"], told.json["saga"]["ended_by"]) == ("cancelled", "role/on-call/olga")
    assert running.slots() == 1
    running.relay_stream()
    assert running.published_types()[-2:] == ["DELETE_POD_COMMAND", "SAGA_CANCELLED"]
    assert running.published[-1]["by_right_of"] == "admin_or_operator"
    (act,) = acts(running)
    assert {name: act[name]["S"] for name in ("target", "actor", "verb", "door", "role", "reason", "result")} == {
        "target": "saga:execution_saga:ex-1",
        "actor": "role/on-call/olga",
        "verb": "cancel",
        "door": "iam",
        "role": "operator",
        "reason": "asked for by phone",
        "result": "done",
    }
    # Saga, slot and act in one transaction, after two reads.
    assert running.wire.calls[-6:].count("transact_write_items") == 1


def test_the_same_key_again_is_answered_with_the_saga_as_it_is_now(running: Deployment) -> None:
    lost = HttpDoor(running.container(wire=Wire(plan={2: Fault.REPLY_LOST})))
    assert lost.cancel("ex-1").code == "unavailable"
    done = everything(running)

    door = HttpDoor(running.at)
    for _ in range(3):
        told = door.cancel("ex-1")
        assert (told.status, told.json["replayed"], told.json["saga"]["state"]) == (200, True, "cancelled")
    assert door.cancel("ex-1", body='{"reason":"another"}').status == 422
    assert door.cancel("ex-1", arn=ADMIN).code == "already_ended"  # the key is each actor's own
    assert door.cancel("ex-1", idempotency_key="k-2").code == "already_ended"
    assert everything(running) == done


def test_who_decided_on_another_version_is_told_and_nothing_is_decided_again(
    running: Deployment, door: HttpDoor
) -> None:
    seen = door.saga("ex-1").headers["etag"]
    running.deliver(event("EXECUTION_COMPLETED", "ex-1"))
    before = everything(running)

    told = door.cancel("ex-1", if_match=seen)

    assert (told.status, told.code) == (412, "changed")
    assert told.headers["etag"] == told.json["etag"] == door.saga("ex-1").headers["etag"] != seen
    version, created = seen.strip('"v').split("-")
    assert door.cancel("ex-2", if_match=f'"v{version}-{int(created) + 1}"').status == 412
    assert everything(running) == before


@pytest.mark.parametrize("race", ["EXECUTION_COMPLETED", "EXECUTION_STARTED"])
def test_a_race_is_decided_again_only_without_a_version(stack: Deployment, race: str) -> None:
    stack.deliver(event("EXECUTION_REQUESTED"))
    tag = HttpDoor(stack.at).saga("ex-1").headers["etag"]
    for if_match, status in ((tag, 412), (None, 200 if race == "EXECUTION_STARTED" else 409)):
        pending = [event(race)]

        def overtake(operation: str, pending: list[Any] = pending) -> None:
            if operation == "transact_write_items" and pending:
                stack.deliver(pending.pop())

        told = HttpDoor(stack.container(wire=Wire(before_call=overtake))).cancel("ex-1", if_match=if_match)
        assert told.status == status, told.body
        if race == "EXECUTION_STARTED" and status == 412:
            return


def test_a_stub_is_cancelled_before_its_request_comes(stack: Deployment, door: HttpDoor) -> None:
    """A stranger's cancel under the very same id was ignored, and says nothing about the operator's."""
    stack.deliver(event("EXECUTION_CANCELLED", event_id="k-1", cancelled_by="mallory"))
    assert door.saga("ex-1").json["state"] == "created"

    told = door.cancel("ex-1", idempotency_key="k-1")
    assert (told.status, told.json["saga"]["state"]) == (200, "created")
    stack.deliver(event("EXECUTION_REQUESTED"))
    assert door.saga("ex-1").json["ended_by"] == "role/on-call/olga"


def test_a_strangers_cancel_under_the_same_id_changes_nothing(stack: Deployment, door: HttpDoor) -> None:
    stack.deliver(event("EXECUTION_CANCELLED", event_id="k-1", cancelled_by="mallory"))
    stack.deliver(event("EXECUTION_REQUESTED"))

    assert door.saga("ex-1").json["state"] == "running"
    assert door.cancel("ex-1", idempotency_key="k-1").json["saga"]["state"] == "cancelled"


def test_nothing_is_ever_made_by_a_cancel(stack: Deployment, door: HttpDoor) -> None:
    assert door.cancel("ex-1").code == "not_found"
    assert everything(stack) == ([], [])


def test_an_order_is_taken_back_and_confirmed(stack: Deployment, door: HttpDoor) -> None:
    stack.deliver(order_event("PLACED"))
    told = door.cancel("o-1", "order_saga")

    assert (told.status, told.json["saga"]["state"]) == (200, "compensating")
    refused = door.cancel("o-1", "order_saga", idempotency_key="k-2")
    assert (refused.status, refused.code, refused.headers["etag"]) == (409, "compensating", told.headers["etag"])


def test_a_reader_cancels_nothing(running: Deployment, door: HttpDoor, counted: RecordingTelemetry) -> None:
    before = everything(running)
    for told in (
        door.cancel("ex-1", arn=READER),
        door.cancel("never", arn=READER),
        door.cancel("ex-1", arn=READER, body="{", idempotency_key=None, if_match="x"),
    ):
        assert (told.status, told.code) == (403, "forbidden")
    assert everything(running) == before
    assert counted.counts["ApiRefusals"] == 3


def deep(levels: int) -> str:
    return "[" * levels + "]" * levels


BODIES: list[tuple[int, str | None, dict[str, Any]]] = [
    (413, "x" * 70_000, {}),
    (413, "ä" * 40_000, {}),
    (413, "x" * 10_000_000, {}),
    (413, json.dumps({"reason": "x" * 65_536}), {}),
    (400, "{", {}),
    (400, "[]", {}),
    (400, "null", {}),
    (400, '"cancel"', {}),
    (400, deep(30_000), {}),
    (400, '{"reason":' + deep(20_000) + "}", {}),
    (400, '{"reason":NaN}', {}),
    (400, '{"reason":null}', {}),
    (400, '{"reason":7}', {}),
    (400, '{"reason":["x"]}', {}),
    (400, '{"reason":"a","reason":"b"}', {}),
    (400, f'{{"{CANARY}":1}}', {}),
    (400, f'{{"reason":"a","step":"{CANARY}"}}', {}),
    (400, '{"Reason":"a"}', {}),
    (400, '{"reason":"a\\nb"}', {}),
    (400, '{"reason":"\\ud800"}', {}),
    (400, json.dumps({"reason": CANARY * 20}), {}),
    (400, "\ufeff{}", {}),
    (400, "\ud800", {}),
    (400, "%%%", {"isBase64Encoded": True}),
    (400, "/+8=", {"isBase64Encoded": True}),
    (413, "QUJD" * 30_000, {"isBase64Encoded": True}),
    (415, "{}", {"headers": {"content-encoding": "gzip"}}),
    (400, "{}", {"query": {"dry_run": "true"}}),
    (400, "{}", {"idempotency_key": None}),
    (400, "{}", {"idempotency_key": ""}),
    (400, "{}", {"idempotency_key": '"k-1"'}),
    (400, "{}", {"idempotency_key": "k" * 129}),
    (400, "{}", {"idempotency_key": "k#1"}),
    (400, "{}", {"idempotency_key": "k-1,k-1"}),
    (400, "{}", {"if_match": "*"}),
    (400, "{}", {"if_match": "v1-1"}),
    (400, "{}", {"if_match": 'W/"v1-1"'}),
    (400, "{}", {"if_match": '"v1-1", "v2-1"'}),
    (400, "{}", {"if_match": ""}),
    (400, "{}", {"if_match": '"v1-' + "9" * 400 + '"'}),
    (400, "{}", {"if_match": '"v\u0661-1"'}),
]


@pytest.mark.parametrize(("status", "body", "parts"), BODIES, ids=[str(place) for place in range(len(BODIES))])
def test_bad_input_is_a_clear_refusal_and_nothing_is_written(
    running: Deployment, door: HttpDoor, status: int, body: str | None, parts: dict[str, Any]
) -> None:
    before = everything(running)
    told: Told = door.cancel("ex-1", arn=OPERATOR, body=body, **parts)

    assert told.status == status, told.body
    assert len(told.json["detail"]) > 20
    assert CANARY not in told.body
    assert everything(running) == before
    # The same for what is not there: a bad request tells nothing.
    assert door.cancel("never", arn=OPERATOR, body=body, **parts).body == told.body


@pytest.mark.parametrize("body", [None, "", "{}", ' {"reason":""}\n', '{"reason":"\U0001f600 \\u202e</script>"}'])
def test_a_reason_is_text_or_nothing(running: Deployment, door: HttpDoor, body: str | None) -> None:
    assert door.cancel("ex-1", body=body).status == 200


def test_a_body_that_the_gateway_encoded_is_the_same_body(running: Deployment, door: HttpDoor) -> None:
    told = door.cancel("ex-1", body="eyJyZWFzb24iOiJ4In0=", isBase64Encoded=True)

    assert told.status == 200
    assert acts(running)[0]["reason"]["S"] == "x"


def test_no_act_no_cancel(running: Deployment, door: HttpDoor) -> None:
    """The operators' table is gone: nothing happens to a saga without its record."""
    before = running.items()

    def without_acts(operation: str) -> None:
        if operation == "transact_write_items":
            raise ConnectionError

    for wire in (Wire(before_call=without_acts), Wire(plan=dict.fromkeys(range(2, 40), Fault.THROTTLED))):
        told = HttpDoor(running.container(wire=wire)).cancel("ex-1")
        assert (told.status, told.code) == (503, "unavailable")
    assert running.items() == before
