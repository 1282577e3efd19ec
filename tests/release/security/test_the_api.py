"""The function `api`: it calls what its role grants and nothing else, and repeats nothing that a user wrote."""

import json
from typing import Any, Final

import boto3
import pytest
from botocore.exceptions import ClientError

from saga_orchestrator.batch_bootstrap import BatchResources
from saga_orchestrator.domain.instants import rfc3339
from saga_orchestrator.entrypoints.runner_function import RunOperations
from saga_testing.http_door import ADMIN, OPERATOR, READER, HttpDoor, Told, signed
from saga_testing.lambda_context import Context
from saga_testing.moto_world import World
from saga_testing.samples.sample_events import event
from tests.release.security.canary import CANARY, assert_hidden
from tests.release.security.permission_matrix import by_code, calls_of
from tests.release.security.printed import Printed
from tests.release.template.deployment import API, API_FUNCTION, RUNNER

EVIL: Final = f"</script>\u202e\U0001f600{CANARY}"


def request(execution_id: str) -> dict[str, Any]:
    command = ["python", CANARY]
    return event("EXECUTION_REQUESTED", execution_id, script=f"print('{CANARY}')", runtime_command=command)


def every_route(door: HttpDoor, arn: str, key: str = "ex-1") -> list[Told]:
    return [
        door.get("me", arn),
        door.get("executions/{execution_id}", arn, path={"execution_id": key}),
        door.saga(key, arn=arn),
        door.get("sagas", arn, query={"order": "deadlines"}),
        door.get("sagas", arn, query={"order": "parked"}),
        door.get("groups", arn, query={"of": "parked"}),
        door.get("summary", arn),
        door.get("sagas/{name}/{key}/acts", arn, path={"name": "execution_saga", "key": key}),
        *operations(door, arn),
        door.act("note", key, arn=arn, idempotency_key="k-2", body=json.dumps({"reason": "seen"})),
        door.cancel(key, arn=arn, body=json.dumps({"reason": EVIL})),
    ]


def operations(door: HttpDoor, arn: str) -> list[Told]:
    """One is prepared, looked at, begun and aborted."""
    asked = {"verb": "note", "of": "deadlines", "filter": {"language": "python"}, "reason": EVIL}
    body = json.dumps({**asked, "before": rfc3339(door.at.clock())})
    prepared = door.ask("POST operations", arn, headers={"idempotency-key": "k-3"}, body=body)
    identity = prepared.json["operation"]["id"] if prepared.status == 201 else "0" * 24
    path, tag = {"operation_id": identity}, {"if-match": prepared.headers.get("etag", '"v1-1"')}

    def move(part: str, key: str) -> Told:
        headers = {"idempotency-key": key, **(tag if part == "start" else {})}
        operation = f"POST operations/{{operation_id}}/{part}"
        return door.ask(operation, arn, path=path, headers=headers, body=json.dumps({"reason": EVIL}))

    return [
        prepared,
        move("start", "k-4"),
        door.get("operations", arn),
        door.get("operations/{operation_id}", arn, path=path),
        door.get("operations/{operation_id}/items", arn, path=path),
        move("abort", "k-5"),
    ]


def prepared_and_begun(door: HttpDoor, body: dict[str, Any]) -> None:
    headers = {"idempotency-key": "k-1"}
    prepared = door.ask("POST operations", OPERATOR, headers=headers, body=json.dumps(body))
    path, tag = {"operation_id": prepared.json["operation"]["id"]}, {"if-match": prepared.headers["etag"]}
    begun = door.ask(
        "POST operations/{operation_id}/start", OPERATOR, path=path, headers={**headers, **tag}, body='{"reason":"x"}'
    )
    assert begun.status == 202, begun.body


def test_its_calls_are_its_grants(world: World) -> None:
    for execution_id in ("ex-1", "ex-2"):
        world.deliver(request(execution_id))
    world.advance(1)
    door = HttpDoor(world.at)

    def scenario() -> None:
        for told in every_route(door, OPERATOR):
            assert told.status in {200, 201, 202}, told.body

    assert calls_of(world, scenario) == by_code(API_FUNCTION, API)


def test_the_runners_calls_are_its_grants(world: World) -> None:
    """A note, a cancel that gives a slot back, and a retry that takes one would be no other calls than these."""
    for execution_id in ("ex-1", "ex-2"):
        world.deliver(request(execution_id))
    world.advance(1)
    asked = {"verb": "cancel", "of": "deadlines", "filter": {"language": "python"}, "reason": EVIL}
    prepared_and_begun(HttpDoor(world.at), {**asked, "before": rfc3339(world.now)})
    world.calls.clear()

    def scenario() -> None:
        RunOperations(BatchResources(world.at)).run({}, Context(300_000))
        assert world.at.store.claims.counters.heads() is not None  # as a verb that takes a slot reads them

    assert calls_of(world, scenario) == by_code(RUNNER, API)
    assert {saga["state"]["S"] for saga in world.items() if "state" in saga} == {"cancelled"}


@pytest.mark.parametrize("who", ["api", "runner"])
def test_it_updates_sagas_in_transactions_and_touches_acts_and_operations_alone(world: World, who: str) -> None:
    """What the conditions of its grants say: AWS would refuse anything else."""
    world.deliver(request("ex-1"))
    world.advance(1)
    world.calls.clear()
    if who == "api":
        every_route(HttpDoor(world.at), OPERATOR)
    else:
        asked = {"verb": "cancel", "of": "deadlines", "filter": {"language": "python"}, "reason": "seen to"}
        prepared_and_begun(HttpDoor(world.at), {**asked, "before": rfc3339(world.now)})
        world.calls.clear()
        RunOperations(BatchResources(world.at)).run({}, Context(300_000))

    alone = [(name, arguments) for name, arguments in world.calls if name in {"PutItem", "UpdateItem", "DeleteItem"}]
    assert {arguments["TableName"] for _, arguments in alone} == {"operator"}
    transactions = [arguments["TransactItems"] for name, arguments in world.calls if name == "TransactWriteItems"]
    together = [action for actions in transactions for each in actions for action in each.values()]
    beside = [arguments for name, arguments in world.calls if name == "GetItem"] + [each for _, each in alone]
    places = [each.get("Key") or each["Item"] for each in (*together, *beside) if each["TableName"] == "operator"]
    kinds = {(place["pk"]["S"].partition("#")[0], place["sk"]["S"].partition("#")[0]) for place in places}
    assert {kind for kind, _ in kinds} == {"act", "operation"}
    written = [{next(iter(each)): each[next(iter(each))]["TableName"] for each in actions} for actions in transactions]
    of_sagas = [actions for actions in written if "sagas" in actions.values()]
    assert len(of_sagas) == 1  # the cancel; a note is an act alone, and operations have none of a saga
    (actions,) = [actions for actions in transactions if any("sagas" in str(each) for each in actions)]
    assert actions[0 if who == "api" else 2]["Put"]["Item"]["pk"]["S"].startswith("act#saga:")


@pytest.mark.parametrize("arn", [READER, OPERATOR, ADMIN, f"{OPERATOR}x{CANARY}", f"{ADMIN}{CANARY}", CANARY, None])
def test_nothing_that_a_user_wrote_is_shown_or_printed(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, arn: str | None
) -> None:
    for execution_id in ("ex-1", "ex-2"):
        world.deliver(request(execution_id))
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
        for told in every_route(door, OPERATOR)[1:]:
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
