"""The function `api`: it calls what its role grants and nothing else, and repeats nothing that a user wrote."""

import json
import re
from collections.abc import Sequence
from typing import Any, Final

import boto3
import pytest
from botocore.exceptions import ClientError

from saga_orchestrator.application.paging import page_of
from saga_orchestrator.domain.secret import Secret
from saga_orchestrator.entrypoints.http_api.routes import OPERATIONS
from saga_testing.deployment import EXECUTIONS_AND_ORDERS
from saga_testing.http_door import (
    ADMIN,
    FUNCTIONS,
    OPERATOR,
    READER,
    RELAY,
    HttpDoor,
    Told,
    asked,
    claims_of,
    connect,
    signed,
)
from saga_testing.moto_world import World
from saga_testing.samples.sample_events import event
from tests.release.security.canary import CANARY, assert_hidden
from tests.release.security.operation_routes import operations
from tests.release.security.permission_matrix import by_code, calls_of
from tests.release.security.printed import Printed
from tests.release.template.deployment import API, API_FUNCTION

EVIL: Final = f"</script>\u202e\U0001f600{CANARY}"


def request(execution_id: str) -> dict[str, Any]:
    command = ["python", CANARY]
    return event("EXECUTION_REQUESTED", execution_id, script=f"print('{CANARY}')", runtime_command=command)


def every_route(door: HttpDoor, arn: str, key: str = "ex-1", rejected: Sequence[str] | None = None) -> list[Told]:
    return [
        door.get("me", arn),
        door.get("executions/{execution_id}", arn, path={"execution_id": key}),
        door.saga(key, arn=arn),
        door.get("sagas", arn, query={"order": "deadlines"}),
        door.get("sagas", arn, query={"order": "parked"}),
        door.get("groups", arn, query={"of": "parked"}),
        door.get("summary", arn),
        door.get("statistics", arn),
        door.get("rejected", arn),
        door.get("rejected/groups", arn),
        door.get("acts", arn),
        door.get("slots", arn),
        door.get("slots/{language}", arn, path={"language": "python"}),
        *[told for one in (rejected_ids(door) if rejected is None else rejected) for told in settled(door, arn, one)],
        door.get("sagas/{name}/{key}/acts", arn, path={"name": "execution_saga", "key": key}),
        door.act("note", key, arn=arn, idempotency_key="k-2", body=json.dumps({"reason": "seen"})),
        door.act("republish", key, arn=arn, idempotency_key="k-4"),
        door.cancel(key, arn=arn, body=json.dumps({"reason": EVIL})),
    ]


def rejected_ids(door: HttpDoor) -> list[str]:
    """What was set aside before anybody asked."""
    return [kept.id for kept in page_of(door.api.rejected_items.open, None, 50, newest_first=True).contents]


def settled(door: HttpDoor, arn: str, one: str) -> list[Told]:
    return [
        door.get("rejected/{id}", arn, path={"id": one}),
        door.event("redrive", one, arn),
        door.event("drop", one, arn, idempotency_key="k-3", body=json.dumps({"reason": EVIL})),
    ]


def set_aside(world: World, topic: str, source: str = "kafka") -> None:
    """As the functions keep it, of each source that implies another function."""
    position = {"partition": f"{topic}-0", "offset": 1}
    content = {"execution_id": "ex-1", "saga_name": "execution_saga", "event_type": topic, "script": CANARY}
    said = {"reason": "malformed", "detail": "event_id breaks its rule", "rejected_at": "2026-01-01T00:00:00.000Z"}
    world.at.rejected.keep(Secret(json.dumps(content).encode()), source=source, position=position, **said)


def test_its_calls_are_its_grants(world: World) -> None:
    world.register(EXECUTIONS_AND_ORDERS)
    connect(world, world.functions)
    for execution_id in ("ex-1", "ex-2"):
        world.deliver(request(execution_id))
    for event_type in FUNCTIONS:
        set_aside(world, event_type.lower() if event_type != "*" else "order_placed")
    set_aside(world, "any", "stream")
    for name in FUNCTIONS.values():
        world.functions.handlers[name] = lambda _payload: None
    world.functions.handlers[RELAY] = lambda _payload: {"published": [], "skipped": []}
    world.advance(1)
    door = HttpDoor(world.at)

    def scenario() -> None:
        for told in (*every_route(door, OPERATOR), *operations(door, OPERATOR, EVIL)):
            assert told.status in {200, 201, 202} or told.code == "already_redriven", told.body

    assert calls_of(world, scenario) == by_code(API_FUNCTION, API)


def test_it_updates_sagas_in_transactions_and_touches_acts_alone(world: World) -> None:
    """What the conditions of its grants say: AWS would refuse anything else."""
    world.deliver(request("ex-1"))
    set_aside(world, "execution_started")
    connect(world, world.functions)
    world.functions.handlers[FUNCTIONS["EXECUTION_STARTED"]] = lambda _payload: None
    world.functions.handlers[RELAY] = lambda _payload: {"published": [], "skipped": []}
    world.calls.clear()
    every_route(HttpDoor(world.at), OPERATOR)

    writes = [name for name, _ in world.calls if name in {"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"}]
    # The act of a redrive, its result with the event; a note; the act of republishing and its result; the cancel.
    assert writes == ["PutItem", "TransactWriteItems", "PutItem", "PutItem", "PutItem", "TransactWriteItems"]
    settling, transaction = [arguments for name, arguments in world.calls if name == "TransactWriteItems"]
    put, update = (next(iter(action.values())) for action in settling["TransactItems"])
    assert (put["TableName"], update["TableName"]) == ("operator", "operator")
    assert put["Item"]["pk"]["S"].startswith("act#")
    assert update["Key"]["pk"]["S"].startswith("rejected#")
    kinds = [next(iter(action)) for action in transaction["TransactItems"]]
    assert kinds == ["Put", "Update", "Update"]  # the act before the saga, and the slot that it gives back
    touched = [
        arguments["Key"]["pk"]["S"]
        for name, arguments in world.calls
        if name == "GetItem" and arguments["TableName"] == "operator"
    ]
    put = transaction["TransactItems"][0]["Put"]
    assert all(key.startswith(("act#", "rejected#")) for key in touched)
    assert put["Item"]["pk"]["S"].startswith("act#")
    assert touched


@pytest.mark.parametrize("arn", [READER, OPERATOR, ADMIN, f"{OPERATOR}x{CANARY}", f"{ADMIN}{CANARY}", CANARY, None])
def test_nothing_that_a_user_wrote_is_shown_or_printed(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, arn: str | None
) -> None:
    for execution_id in ("ex-1", "ex-2"):
        world.deliver(request(execution_id))
    set_aside(world, "execution_started")
    connect(world, world.functions)
    door, printed = HttpDoor(world.at), Printed(world.at, capsys, monkeypatch)
    world.calls.clear()
    told = every_route(door, arn or "")
    if arn is None:
        told = [door.send(signed(f"GET /iam/v1/{CANARY}", None, headers={"authorization": CANARY}, body=CANARY))]
    for each in told:
        body = each.body
        if arn is not None and each.status == 200:
            body = body.replace(json.dumps(arn.partition("/")[2])[1:-1], "the caller")  # who asks may read his name
        assert_hidden(body, "an answer")
        assert_hidden(each.headers, "a header")
    assert_hidden(printed.text(), "a log line or a metric")


TOKENS: Final[dict[str, dict[str, Any]]] = {
    "an operator": claims_of("on-call", f"x {EVIL}", EVIL, more=EVIL),
    "somebody without a role": claims_of(EVIL, sub=EVIL, scope=f"sagas/use {EVIL}"),
    "an owner": claims_of(sub=EVIL, user=EVIL, email=EVIL),
    "an id token": claims_of("on-call", sub=EVIL, token_use="id", nonce=EVIL),
}


@pytest.mark.parametrize("who", TOKENS)
def test_nothing_of_a_token_is_printed_and_its_bearer_reads_no_more_than_his_name(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    world.deliver(request("ex-1"))
    door, printed = HttpDoor(world.at, owner_claim="user"), Printed(world.at, capsys, monkeypatch)
    claims, path = TOKENS[who], {"name": "execution_saga", "key": "ex-1", "execution_id": "ex-1"}
    told = [door.ask(operation, claims, path=path, headers={"idempotency-key": "k"}) for operation in OPERATIONS]
    mangled = {"authorization": f"Bearer {EVIL}.{CANARY}.{CANARY}"}
    told.append(door.send(asked("GET /v1/me", {"jwt": {"claims": {"sub": CANARY}}}, headers=mangled)))

    assert {each.status for each in told} & {401, 403}
    for each in told:
        body = each.body
        if each.status == 200:
            body = re.sub(r'"actor": ?"person/[^"]*"', "", body)  # who asks may read his name
        assert_hidden(body, "an answer")
        assert_hidden(each.headers, "a header")
    assert_hidden(printed.text(), "a log line or a metric")


@pytest.mark.parametrize(
    "parts",
    [
        {"path": {"name": EVIL, "key": EVIL, "execution_id": EVIL}},
        {"query": {EVIL: EVIL, "order": EVIL}},
        {"query": {"order": EVIL, "page_size": EVIL, "page_token": EVIL}},
        {"query": {"of": EVIL, EVIL: EVIL}},
        {"query": {"order": "deadlines", "page_token": EVIL}},
        {"query": {"order": "deadlines", "page_size": EVIL}},
        {"headers": {"idempotency-key": EVIL, "if-match": EVIL, "if-none-match": EVIL}},
        {"headers": {EVIL: EVIL, "content-encoding": EVIL}},
        {"headers": {"idempotency-key": "k"}, "body": EVIL},
        {"headers": {"idempotency-key": "k"}, "body": json.dumps({EVIL: EVIL})},
        {"headers": {"idempotency-key": "k"}, "body": json.dumps({"reason": [EVIL]})},
        {"headers": {"idempotency-key": "k"}, "body": json.dumps({"reason": EVIL * 9})},
    ],
)
def test_what_is_asked_with_is_not_repeated(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, parts: dict[str, Any]
) -> None:
    world.deliver(request("ex-1"))
    door, printed = HttpDoor(world.at), Printed(world.at, capsys, monkeypatch)
    path = {"name": "execution_saga", "key": "ex-1", "execution_id": "ex-1"}
    for route in (
        "GET /iam/v1/sagas",
        "GET /iam/v1/groups",
        "GET /iam/v1/sagas/{name}/{key}",
        "POST /iam/v1/sagas/{name}/{key}/cancel",
    ):
        told = door.send(signed(route, OPERATOR, **{"path": path, **parts}))
        assert_hidden(told.body, "an answer")
        assert told.headers["content-type"] in {"application/json", "application/problem+json"}
        assert told.headers["x-content-type-options"] == "nosniff"
    assert_hidden(printed.text(), "a log line or a metric")


def test_an_error_of_aws_is_not_passed_on(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    world.deliver(request("ex-1"))
    door, printed = HttpDoor(world.at), Printed(world.at, capsys, monkeypatch)
    client = world.at.sdk.dynamodb
    for code in ("ValidationException", "AccessDeniedException", "InternalServerError"):

        def refuse(name: str, _arguments: dict[str, Any], code: str = code) -> Any:
            raise ClientError({"Error": {"Code": code, "Message": f"bad value {CANARY}"}}, name)

        client._make_api_call = refuse
        for told in every_route(door, OPERATOR, rejected=["0123456789ab"])[1:]:
            assert told.status == 503
            assert_hidden(told.body, "an answer")
    assert_hidden(printed.text(), "a log line or a metric")


def test_a_reason_is_kept_with_the_act_and_nowhere_else(world: World) -> None:
    """So the canary was carried: what is hidden above was there to be shown."""
    world.deliver(request("ex-1"))
    told = HttpDoor(world.at).cancel("ex-1", body=json.dumps({"reason": EVIL}))

    assert told.status == 200
    (act,) = boto3.client("dynamodb").scan(TableName="operator")["Items"]
    assert act["reason"]["S"] == EVIL
    assert_hidden(told.body, "an answer")
