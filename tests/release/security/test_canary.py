"""Users' data appears in the payload bucket and nowhere else: a canary is put wherever a user can put something."""

import base64
import traceback
from collections.abc import Iterator
from typing import Any, Final

import boto3
import pytest
from botocore.exceptions import ClientError

from saga_orchestrator.domain.errors import SagaError
from saga_testing.history import History
from saga_testing.lambda_context import Context
from saga_testing.moto_world import World
from saga_testing.samples.sample_events import event, kafka
from tests.release.security.canary import CANARY, assert_hidden
from tests.release.security.printed import Printed

REQUESTED: Final = "EXECUTION_REQUESTED"
OUTPUTS: Final[dict[str, dict[str, Any]]] = {
    "EXECUTION_COMPLETED": {"stdout": f"a {CANARY}", "stderr": f"b {CANARY}"},
    "EXECUTION_FAILED": {
        "error_message": f"c {CANARY}",
        "error_type": f"Error: {CANARY}",
        "stdout": f"d {CANARY}",
        "stderr": f"e {CANARY}",
    },
    "EXECUTION_TIMEOUT": {"stdout": f"f {CANARY}", "stderr": f"g {CANARY}"},
    "EXECUTION_CANCELLED": {"reason": f"h {CANARY}"},
}
SCRIPT: Final = f"print('{CANARY}')"


def request(execution_id: str = "ex-1", **fields: Any) -> dict[str, Any]:
    return event(REQUESTED, execution_id, script=SCRIPT, **fields)


def look_everywhere(world: World, printed: Printed) -> None:
    assert_hidden(world.items(), "the saga items")
    assert_hidden(world.published, "a published message")
    assert_hidden(world.rejected(), "a rejected pointer")
    assert_hidden(printed.text(), "a log line or a metric")
    for operation, arguments in world.calls:
        # Everything that leaves the process, except the one body that goes into the payload bucket.
        assert_hidden({k: v for k, v in arguments.items() if (operation, k) != ("PutObject", "Body")}, operation)
    s3 = boto3.client("s3")
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket="payloads").get("Contents", [])]
    bodies = [s3.get_object(Bucket="payloads", Key=key)["Body"].read() for key in keys]
    assert any(CANARY.encode() in body for body in bodies), "a canary that nobody carried proves nothing"


@pytest.fixture
def printed(
    world: World,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Printed:
    return Printed(world.at, capsys, monkeypatch)


@pytest.mark.parametrize("ending", OUTPUTS)
@pytest.mark.parametrize("early", [False, True], ids=["in order", "before its request"])
def test_through_a_whole_life(
    world: World,
    printed: Printed,
    ending: str,
    early: bool,
) -> None:
    first, last = request(), event(ending, **OUTPUTS[ending])
    history = History(world)
    if early:
        world.deliver(request("other"))  # the early ending stores no script, and something must carry the canary
    for each in (last, first) if early else (first, event("EXECUTION_STARTED"), last, last):
        history.deliver(each)
    world.relay(*history.records)

    assert_hidden(history.records, "a stream record")
    assert world.published
    look_everywhere(world, printed)


def hostile(event_type: str) -> Iterator[bytes | dict[str, Any]]:
    """Ways to be rejected, with the canary next to what is wrong."""
    good = request() if event_type == REQUESTED else event(event_type, **OUTPUTS.get(event_type, {}))
    for name in good:
        if name not in {"event_type", "event_id"}:
            yield {**good, "event_id": f"evt-{name}", name: {CANARY: [CANARY]}}
    yield {**good, "event_id": CANARY + "\n"}
    yield {**good, "event_version": CANARY}
    yield {**good, "event_type": CANARY}
    yield {**good, CANARY: "not asked for", "execution_id": "../" + CANARY}
    yield {**good, "metadata": {**good["metadata"], "user_id": 7, CANARY: CANARY}, "execution_id": None}
    yield f'{{"script": "{CANARY}", "{CANARY}": 1, "{CANARY}": 2}}'.encode()
    yield f'{{"script": "{CANARY}'.encode()
    yield CANARY.encode() + b"\xff"
    yield f'["{CANARY}"]'.encode()


@pytest.mark.parametrize("event_type", [REQUESTED, "EXECUTION_STARTED", *OUTPUTS])
def test_in_whatever_is_rejected(world: World, printed: Printed, event_type: str) -> None:
    world.function(event_type).run(kafka(*hostile(event_type)), Context())

    look_everywhere(world, printed)


def test_in_a_second_request_with_another_script(world: World, printed: Printed) -> None:
    world.deliver(event(REQUESTED))
    world.deliver(request())

    look_everywhere(world, printed)


@pytest.mark.parametrize("operation", ["PutObject", "PutItem", "TransactWriteItems"])
@pytest.mark.parametrize("code", ["InternalServerError", "AccessDeniedException", "ValidationException"])
def test_when_aws_refuses_and_when_code_breaks(
    world: World,
    printed: Printed,
    operation: str,
    code: str,
) -> None:
    """AWS's own error texts repeat input now and then, so an error that carries the canary may not be passed on."""
    world.reconfigure(DEFAULT_LANGUAGE_LIMIT="0" if operation == "PutItem" else "100")
    for client in (world.at.sdk.dynamodb, world.at.sdk.s3):
        original = client._make_api_call

        def call(name: str, arguments: dict[str, Any], original: Any = original) -> Any:
            if name == operation and not str(arguments.get("Key", "")).startswith("rejected/"):
                raise ClientError({"Error": {"Code": code, "Message": f"bad value {CANARY}"}}, name)
            return original(name, arguments)

        client._make_api_call = call

    raised = ""
    try:
        world.deliver(request())
    except SagaError as error:
        # Lambda's runtime reports the message and the stack of the error itself, and no error that it came from.
        raised = "".join(traceback.format_exception(error, chain=False)) + repr(error)

    assert_hidden(raised, "an exception")
    assert_hidden(printed.text(), "a log line or a metric")
    assert_hidden(world.rejected(), "a rejected pointer")


def test_the_canary_would_be_found(world: World, printed: Printed) -> None:
    world.at.telemetry.info("careless", script=SCRIPT)
    text = printed.text()

    for seen in (text, {"N": base64.b64encode(SCRIPT.encode())}, SCRIPT.encode().hex()):
        with pytest.raises(AssertionError, match="users' data in a test"):
            assert_hidden(seen, "a test")
