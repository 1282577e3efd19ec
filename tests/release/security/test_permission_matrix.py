"""What each function's code calls against what its role may do: no grant without a call, no call without a grant.

The calls are recorded at the SDK's own seam while each function goes through every path that calls anything.
"""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, Final

import boto3
import pytest
from botocore.exceptions import ClientError

from saga_orchestrator.adapters.saga_codec import encode
from saga_orchestrator.adapters.saga_models import SagaReader
from saga_orchestrator.adapters.settings import Settings
from saga_orchestrator.application.judging import Answered, Hand
from saga_orchestrator.application.operate import Asked
from saga_orchestrator.bootstrap import Resources
from saga_orchestrator.domain.errors import RetryableError
from saga_orchestrator.domain.events import EventType
from saga_orchestrator.domain.flow.terms import Answer
from saga_orchestrator.domain.operating.acts import Door, Role, saga_target
from saga_orchestrator.domain.operating.authority import DEMANDS, Deed
from saga_orchestrator.domain.registry import SagaRegistry
from saga_orchestrator.entrypoints.relay_function import CommandRelay
from saga_testing.deployment import EXECUTIONS, EXECUTIONS_AND_ORDERS
from saga_testing.history import History
from saga_testing.lambda_context import Context
from saga_testing.moto_world import World
from saga_testing.samples.parked_orders import KEY, stuck_order
from saga_testing.samples.sample_events import event, kafka
from saga_testing.samples.sample_orders import order_event
from sagactl.acting.direct import perform
from sagactl.acting.records import act_table, acts_on
from sagactl.deployment import Deployment as Stack
from sagas.order import ORDER
from tests.release.security.permission_matrix import by_code, calls_of, no_event, one_batch
from tests.release.template.deployment import (
    EVENT_FUNCTIONS,
    as_list,
    deploy,
)
from tests.release.template.test_permissions import granted

SECONDS: Final = ("StartDeadlineSeconds", "RunGraceSeconds", "RequestMaxAgeSeconds", "RetentionDays", "DeadlineShards")
ENDINGS: Final = ("EXECUTION_COMPLETED", "EXECUTION_FAILED", "EXECUTION_TIMEOUT", "EXECUTION_CANCELLED")


def test_the_request_function(world: World) -> None:
    world.reconfigure(LANGUAGE_LIMITS='{"python": 1, "node": "unlimited"}')

    def scenario() -> None:
        for number in range(3):  # the first takes the only unit; the others read the shards and are refused
            world.deliver(event("EXECUTION_REQUESTED", f"limited-{number}"))
        world.deliver(event("EXECUTION_REQUESTED", "unlimited", language="node"))
        no_event(world, "EXECUTION_REQUESTED")

    def after_a_stub() -> None:
        world.deliver(event("EXECUTION_REQUESTED", "early", language="node"))

    seen = calls_of(world, scenario)
    world.deliver(event("EXECUTION_STARTED", "early"))

    assert seen | calls_of(world, after_a_stub) == by_code("ExecutionRequestedFunction")


@pytest.mark.parametrize("event_type", [str(each) for each in EventType if each is not EventType.REQUESTED])
def test_every_other_event_function(world: World, event_type: str) -> None:
    world.reconfigure(LANGUAGE_LIMITS='{"node": "unlimited"}')
    for execution_id, language in (("limited", "python"), ("unlimited", "node")):
        world.deliver(event("EXECUTION_REQUESTED", execution_id, language=language))

    def scenario() -> None:
        for execution_id in ("limited", "unlimited", "unknown"):
            world.deliver(event(event_type, execution_id))
            world.deliver(event(event_type, execution_id))
        one_batch(world, event_type, event(event_type, "one"), event(event_type, "two"))
        no_event(world, event_type)

    assert calls_of(world, scenario) == by_code(EVENT_FUNCTIONS[event_type])


def test_the_timeout_checker(world: World) -> None:
    world.reconfigure(LANGUAGE_LIMITS='{"node": "unlimited"}', GAUGES="true")
    for execution_id, language in (("limited", "python"), ("unlimited", "node"), ("corrupt", "node")):
        world.deliver(event("EXECUTION_REQUESTED", execution_id, language=language))
    boto3.client("dynamodb").update_item(
        TableName="sagas",
        Key={"execution_id": {"S": "corrupt"}, "saga_name": {"S": "execution_saga"}},
        UpdateExpression="REMOVE #v",
        ExpressionAttributeNames={"#v": "version"},
    )
    world.now += 3_600_000

    seen = calls_of(world, world.check)

    assert seen == by_code("TimeoutCheckerFunction")
    assert [pointer["reason"] for pointer in world.rejected()] == ["corrupt_saga"]


def relayed(world: World, history: History) -> None:
    world.relay(*history.records)
    CommandRelay(world.at).run({"republish": [{"execution_id": "ex-1"}]}, Context())
    world.refuse_entries("MalformedDetail")
    world.relay(*history.records)  # a refused entry is rejected


@pytest.mark.parametrize("inline", ["0", "4096"])
def test_the_relay(world: World, inline: str) -> None:
    world.reconfigure(INLINE_SCRIPT_MAX_BYTES=inline)
    world.register(EXECUTIONS_AND_ORDERS)
    history, order = History(world), History(world, "o-1", "order_saga")
    for name in ("EXECUTION_REQUESTED", "EXECUTION_FAILED"):
        history.deliver(event(name))
    order.deliver(order_event("PLACED"))  # whose due is told to the queue of wakes
    history.records += order.records

    seen = calls_of(world, lambda: relayed(world, history))

    assert seen == by_code("CommandRelayFunction", {"InlineScriptMaxBytes": inline})


def test_the_relay_reads_the_login_of_its_kafka_target() -> None:
    arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:kafka-x"
    read: list[str] = []

    def get_secret_value(SecretId: str) -> dict[str, Any]:  # noqa: N803 - the SDK's name
        read.append(SecretId)
        return {"SecretString": '{"username": "u", "password": "p"}'}

    settings = Settings.from_environment(
        {
            "SAGA_TABLE": "t",
            "PAYLOAD_BUCKET": "b",
            "REJECTED_QUEUE_URL": "q",
            "OPERATOR_TABLE": "operator",
            "KAFKA_TARGET_BOOTSTRAP": "b-1:9092",
            "KAFKA_TARGET_SECRET_ARN": arn,
        }
    )
    sdk = SimpleNamespace(secretsmanager=SimpleNamespace(get_secret_value=get_secret_value))
    Resources(settings, sdk, sagas=EXECUTIONS)._kafka_configuration()
    parameters = {"KafkaTargetBootstrap": "b-1:9092", "KafkaTargetSecretArn": arn}
    grants = granted(deploy(parameters), "KafkaRelayFunction")

    assert {grant for grant in grants if grant[0].startswith("secretsmanager:")} == {
        ("secretsmanager:GetSecretValue", secret) for secret in read
    }


def test_breaking_the_glass(world: World) -> None:
    """Every verb of `--direct`, past an alarm that rings before, and what shows them afterwards."""

    def client(service: str) -> Any:
        def put_metric_data(**arguments: Any) -> None:
            world.calls.append(("PutMetricData", arguments))

        return world.at.sdk.dynamodb if service == "dynamodb" else SimpleNamespace(put_metric_data=put_metric_data)

    connection: Any = SimpleNamespace(client=client, is_local=True)
    stack = Stack(
        "sagas", {"TableName": "sagas", "OperatorTableName": "operator", **dict.fromkeys(SECONDS, "8")}, connection
    )

    def scenario() -> None:
        for place, deed in enumerate(each for each in Deed if Role.BREAK_GLASS in DEMANDS[each].roles):
            parked = stuck_order(*[Answer.FAILED] * 3)
            asked = Asked(
                hand=Hand(actor="olga", role=Role.BREAK_GLASS, door=Door.DIRECT, key="k-1", reason="seen to"),
                execution_id=f"{KEY}-{place}",
                saga_name="order_saga",
                deed=deed,
                version=parked.version,
            )
            item = encode(replace(parked, execution_id=asked.execution_id))
            boto3.client("dynamodb").put_item(TableName="sagas", Item=item)
            answer = perform(stack, SagaRegistry((ORDER,)), asked)
            assert (answer.answered == Answered.DONE) is (deed is not Deed.SKIP), answer
        assert acts_on(stack, saga_target("order_saga", f"{KEY}-0"))
        assert list(act_table(stack).newest())
        assert SagaReader(world.at.sdk.dynamodb, "sagas").of_execution(f"{KEY}-0")

    document = deploy().properties["BreakGlassPolicy"]["PolicyDocument"]["Statement"]
    grants = {
        (action, place)
        for each in document
        for action in as_list(each["Action"])
        for place in as_list(each["Resource"])
    }
    found = {grant for grant in grants if grant[0] != "cloudformation:DescribeStacks"}

    assert calls_of(world, scenario) == found


def test_counters_are_all_that_the_request_function_reads(world: World) -> None:
    """The grant's condition names the counters' keys; a read of anything else would be refused on AWS."""
    world.reconfigure(LANGUAGE_LIMITS='{"python": 1}')
    for number in range(3):
        world.deliver(event("EXECUTION_REQUESTED", f"ex-{number}"))

    batches = [arguments for operation, arguments in world.calls if operation == "BatchGetItem"]
    single = [arguments["Key"] for operation, arguments in world.calls if operation == "GetItem"]

    assert batches
    assert single
    read = [*single, *(key for batch in batches for key in batch["RequestItems"]["sagas"]["Keys"])]
    keys = [key["execution_id"]["S"] for key in read]
    assert all(key.startswith("#counter#") for key in keys)


def test_a_denied_rejection_is_not_taken_for_done(world: World) -> None:
    """A permission that goes missing after deployment must not lose an event."""
    client = world.at.sdk.s3

    def deny(name: str, _arguments: dict[str, Any]) -> Any:
        raise ClientError({"Error": {"Code": "AccessDenied"}}, name)

    client._make_api_call = deny

    batch = kafka(b"no event")
    with pytest.raises(RetryableError):
        world.function("EXECUTION_STARTED").run(batch, Context())
