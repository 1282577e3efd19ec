"""What one bad thing can cost: from the template's own retry settings, against bounds that are stated here.

Lambda's back-off between attempts on a stream or a topic is not documented, so attempts there are not counted but
timed: an invocation that lasts is billed for no longer than it lasts, on as many copies as may run at once.
"""

from typing import Any, Final

import pytest
from botocore.exceptions import ClientError

from saga_orchestrator.domain.errors import RetryableError
from saga_testing.deployment import EXECUTIONS
from saga_testing.deployment import Deployment as Simulated
from saga_testing.samples.sample_events import event
from saga_testing.telemetry import RecordingTelemetry
from tests.release.template.deployment import (
    EVENT_FUNCTIONS,
    FED_FUNCTIONS,
    FUNCTIONS,
    MSK,
    PROVISIONED,
    SELF_MANAGED,
    Deployment,
    deploy,
)

DAY_SECONDS: Final = 86_400
GB_SECOND: Final = 0.0000166667
"""us-east-1, x86: the dearer of the two architectures."""
SQS_MESSAGE, S3_PUT, INVOCATION = 0.0000004, 0.000005, 0.0000002
WRITE_UNIT = 0.000000625

ATTEMPTS_OF_ONE_EVENT: Final = 3
CALLS_OF_ONE_ATTEMPT: Final = 8
"""To the table, when the same trouble meets every one of them."""
DOLLARS_OF_A_STUCK_PARTITION: Final = 1.0
DOLLARS_OF_A_STUCK_STREAM_SHARD: Final = 1.5
DOLLARS_OF_A_POISON_SAGA: Final = 0.01


def attempts(deployed: Deployment, function: str) -> int:
    """Of one asynchronous invocation that fails each time."""
    (config,) = [
        each
        for each in deployed.of_type("AWS::Lambda::EventInvokeConfig").values()
        if each["FunctionName"] == f"<{function}>"
    ]
    return 1 + int(config["MaximumRetryAttempts"])


def gigabytes(deployed: Deployment, function: str) -> float:
    return int(deployed.properties[function]["MemorySize"]) / 1024


def ticks_of_a_day(deployed: Deployment) -> int:
    (schedule,) = deployed.of_type("AWS::Scheduler::Schedule").values()
    number, unit = schedule["ScheduleExpression"].removeprefix("rate(").removesuffix(")").split()
    assert unit in {"minute", "minutes"}
    return DAY_SECONDS // (60 * int(number))


@pytest.mark.parametrize("function", FED_FUNCTIONS)
def test_an_event_that_keeps_failing_is_tried_three_times(function: str) -> None:
    """A rule's own retries are for deliveries that Lambda did not take, which run nothing; the code's are these."""
    assert attempts(deploy(), function) <= ATTEMPTS_OF_ONE_EVENT


@pytest.mark.parametrize("function", FUNCTIONS)
def test_what_gives_up_leaves_one_object_and_starts_nothing(function: str) -> None:
    (config,) = [
        each
        for each in deploy().of_type("AWS::Lambda::EventInvokeConfig").values()
        if each["FunctionName"] == f"<{function}>"
    ]

    assert config["DestinationConfig"] == {"OnFailure": {"Destination": "<PayloadBucket.Arn>"}}
    notified = [bucket.get("NotificationConfiguration") for bucket in deploy().of_type("AWS::S3::Bucket").values()]
    assert not any(notified), "a rejected object that invokes a function could run in a circle"


@pytest.mark.parametrize(
    "code", ["TransactionConflictException", "ConditionalCheckFailedException", "InternalServerError"]
)
@pytest.mark.parametrize("event_type", EVENT_FUNCTIONS)
def test_an_attempt_that_loses_every_race_makes_a_bounded_number_of_calls(event_type: str, code: str) -> None:
    deployment = Simulated(sagas=EXECUTIONS, telemetry=RecordingTelemetry())
    made: list[str] = []

    def refuse(operation: str) -> None:
        if "item" not in operation:
            return
        made.append(operation)
        reasons = [{"Code": "TransactionConflict"}] * 2
        if operation == "transact_write_items" and code != "InternalServerError":
            raise ClientError(
                {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}, operation
            )
        raise ClientError({"Error": {"Code": code}}, operation)

    deployment.wire.before_call = refuse

    with pytest.raises(RetryableError):
        deployment.deliver(event(event_type))
    assert 1 <= len(made) <= CALLS_OF_ONE_ATTEMPT
    assert not deployment.records()


def test_a_poison_saga_costs_a_cent_a_day_at_most() -> None:
    """It stays due, so each run of the checker meets it. A process keeps it aside once; here each is new."""
    deployment = Simulated(sagas=EXECUTIONS, telemetry=RecordingTelemetry())
    deployment.deliver(event("EXECUTION_REQUESTED"))
    deployment.aws.dynamodb.update_item(
        TableName="sagas",
        Key={"execution_id": {"S": "ex-1"}, "saga_name": {"S": "execution_saga"}},
        UpdateExpression="REMOVE #v",
        ExpressionAttributeNames={"#v": "version"},
    )
    per_tick: list[dict[str, int]] = []
    for _ in range(5):
        deployment.wire.calls.clear()
        deployment.advance(3600)
        deployment.reconfigure()  # a process that has kept it once remembers; at the worst each tick has a new one
        deployment.check()
        calls = deployment.wire.calls
        per_tick.append({operation: calls.count(operation) for operation in set(calls) - {"query"}})

    limits = {"get_item": 1, "batch_get_item": 1}  # each run's two reads of what is in force, poison or none
    poison = {"get_item": 1, "put_object": 1, "update_item": 1, "send_message": 1}
    assert per_tick == [limits | poison | {"get_item": 2}] * 5
    (kept,) = [key for key in deployment.aws.s3.objects("payloads") if key.startswith("rejected/")]
    assert kept.startswith("rejected/under-test/deadline/ex-1/execution_saga/")
    assert ticks_of_a_day(deploy()) * (S3_PUT + SQS_MESSAGE + 2 * WRITE_UNIT) < DOLLARS_OF_A_POISON_SAGA


def test_a_days_outage_does_not_multiply_the_checkers_runs() -> None:
    deployed = deploy()

    assert attempts(deployed, "TimeoutCheckerFunction") == 1, "the next tick is the retry"
    assert ticks_of_a_day(deployed) * attempts(deployed, "TimeoutCheckerFunction") <= 1440


def test_a_days_outage_costs_each_event_three_short_invocations() -> None:
    """In dollars for a million events that all fail until they are given up, full time-outs at the worst."""
    deployed = deploy()
    function = "ExecutionRequestedFunction"
    seconds = attempts(deployed, function) * int(deployed.properties[function]["Timeout"])
    one = attempts(deployed, function) * INVOCATION + seconds * gigabytes(deployed, function) * GB_SECOND + S3_PUT

    assert 1_000_000 * one < 1000, "even if each attempt hung until its time-out, which the SDK's own time-outs prevent"


@pytest.mark.parametrize("source", [MSK, SELF_MANAGED], ids=["MSK", "self-managed"])
def test_a_stuck_kafka_partition_is_billed_for_one_copy(source: dict[str, str]) -> None:
    """One partition has one batch in flight; on-demand pollers repeat it while the trouble lasts, a day here."""
    deployed = deploy(source | PROVISIONED)
    for function in FED_FUNCTIONS:
        for mapping in deployed.mappings_of(function).values():
            age = mapping["MaximumRecordAgeInSeconds"]
            assert 0 < int(age) <= DAY_SECONDS
            assert 0 <= int(mapping["MaximumRetryAttempts"]) <= 1000
            assert int(age) * gigabytes(deployed, function) * GB_SECOND < DOLLARS_OF_A_STUCK_PARTITION


def test_a_stuck_stream_shard_is_billed_for_its_parallel_copies_until_the_records_are_too_old() -> None:
    deployed = deploy()
    (mapping,) = deployed.mappings_of("CommandRelayFunction").values()
    age, copies = int(mapping["MaximumRecordAgeInSeconds"]), int(mapping["ParallelizationFactor"])

    assert 0 < age < DAY_SECONDS, "before the stream drops the record unseen"
    assert mapping["BisectBatchOnFunctionError"] is True, "the neighbours of a poison record are freed"
    assert age * copies * gigabytes(deployed, "CommandRelayFunction") * GB_SECOND < DOLLARS_OF_A_STUCK_STREAM_SHARD


def test_no_function_can_invoke_itself_or_another() -> None:
    deployed = deploy()
    grants: list[Any] = [
        statement["Action"] for f in FUNCTIONS for statement in deployed.statements(deployed.role_of(f))
    ]

    assert not [action for action in grants if "lambda:" in str(action)]


def test_the_relay_writes_nothing_that_would_come_back_on_the_stream() -> None:
    statements = deploy().statements("CommandRelayRole")
    actions = {
        action
        for each in statements
        if each["Resource"] != "<OperatorTable.Arn>"  # it has no stream
        for action in ([each["Action"]] if isinstance(each["Action"], str) else each["Action"])
    }

    assert not {
        action for action in actions if action.startswith("dynamodb:") and ("Put" in action or "Update" in action)
    }
