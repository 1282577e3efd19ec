"""Operations and their runner: they call what their roles grant and nothing else, and repeat nothing of a user's."""

from typing import Any

import pytest

from saga_orchestrator.batch_bootstrap import BatchResources
from saga_orchestrator.entrypoints.runner_function import RunOperations
from saga_testing.http_door import ADMIN, OPERATOR, READER, HttpDoor, connect
from saga_testing.lambda_context import Context
from saga_testing.moto_world import World
from tests.release.security.canary import assert_hidden
from tests.release.security.operation_routes import operations, prepared_and_begun
from tests.release.security.permission_matrix import by_code, calls_of
from tests.release.security.printed import Printed
from tests.release.security.test_the_api import EVIL, request
from tests.release.template.deployment import API, RUNNER


def run(world: World) -> None:
    RunOperations(BatchResources(world.at)).run({}, Context(300_000))


@pytest.fixture
def begun(world: World) -> World:
    """Two sagas run, and an operation that cancels them has been started."""
    connect(world, world.functions)
    for execution_id in ("ex-1", "ex-2"):
        world.deliver(request(execution_id))
    world.advance(1)
    prepared_and_begun(HttpDoor(world.at), EVIL)
    world.calls.clear()
    return world


def test_its_calls_are_its_grants(begun: World) -> None:
    def scenario() -> None:
        run(begun)
        begun.at.store.claims.counters.heads()  # as a verb that takes a slot reads them

    assert calls_of(begun, scenario) == by_code(RUNNER, API)
    assert {saga["state"]["S"] for saga in begun.items() if "state" in saga} == {"cancelled"}


def test_saga_act_and_outcome_are_one_transaction(begun: World) -> None:
    """And nothing of a saga is written by itself: AWS would refuse it."""
    run(begun)

    alone = [arguments for name, arguments in begun.calls if name in {"PutItem", "UpdateItem", "DeleteItem"}]
    assert {arguments["TableName"] for arguments in alone} == {"operator"}
    transactions: list[list[Any]] = [
        arguments["TransactItems"] for name, arguments in begun.calls if name == "TransactWriteItems"
    ]
    assert len(transactions) == 2
    for actions in transactions:
        kinds = [(next(iter(each)), next(iter(each.values()))["TableName"]) for each in actions]
        assert kinds[:4] == [("Update", "operator"), ("Put", "operator"), ("Put", "operator"), ("Update", "sagas")]
        head, fate, act = (next(iter(each.values())) for each in actions[:3])
        assert head["Key"]["sk"]["S"] == "head"
        assert fate["Item"]["sk"]["S"].startswith("fate#")
        assert act["Item"]["pk"]["S"].startswith("act#saga:")
    reads = [
        arguments["Key"]["pk"]["S"] for name, arguments in begun.calls if name == "GetItem" if "pk" in arguments["Key"]
    ]
    assert {key.partition("#")[0] for key in reads} == {"act", "operation"}


@pytest.mark.parametrize("arn", [READER, OPERATOR, ADMIN])
def test_nothing_that_a_user_wrote_is_shown_or_printed(
    begun: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, arn: str
) -> None:
    printed = Printed(begun.at, capsys, monkeypatch)
    told = operations(HttpDoor(begun.at), arn, "as agreed")
    run(begun)

    for each in told:
        assert_hidden(each.body.replace(repr(EVIL)[1:-1], "the reason").replace(EVIL, "the reason"), "an answer")
        assert_hidden(each.headers, "a header")
    assert_hidden(printed.text(), "a log line or a metric")
