"""Who may do what. The grants are compared as a whole: one more than the code needs fails as much as one less."""

from typing import Any

import pytest

from tests.release.template.deployment import (
    API,
    COMMAND_REPLY,
    EVENT_FUNCTIONS,
    FED_FUNCTIONS,
    FUNCTIONS,
    MAPPED_FUNCTIONS,
    MSK,
    MSK_CLUSTER,
    SAGA_EVENT,
    SAGA_WAKE,
    SELF_MANAGED,
    Deployment,
    as_list,
    deploy,
)

every_function = pytest.mark.parametrize("function", FUNCTIONS)
KEY = {"EncryptionKeyArn": "arn:aws:kms:eu-central-1:123456789012:key/abc"}
SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:kafka-x"
EVERYTHING = {
    **MSK,
    **SELF_MANAGED,
    **KEY,
    "KafkaSecretArn": SECRET,
    "InlineScriptMaxBytes": "1000",
    "KafkaTargetBootstrap": "b:9092",
    "KafkaTargetSecretArn": SECRET,
    "Tracing": "Active",
    **API,
}

WRITES = {
    ("dynamodb:PutItem", "<SagaTable.Arn>"),
    ("dynamodb:UpdateItem", "<SagaTable.Arn>"),
}
READS_BATCHES = {("dynamodb:BatchGetItem", "<SagaTable.Arn>")}
READS_COUNTERS = {("dynamodb:GetItem", "<SagaTable.Arn>"), ("dynamodb:BatchGetItem", "<SagaTable.Arn>")}
KEEPS_REJECTED = {
    ("s3:PutObject", "<PayloadBucket.Arn>/rejected/*"),
    ("dynamodb:UpdateItem", "<OperatorTable.Arn>"),
    ("sqs:SendMessage", "<RejectedQueue.Arn>"),
}
ON_FAILURE = {
    ("s3:PutObject", "<PayloadBucket.Arn>/aws/lambda/*"),
    ("s3:ListBucket", "<PayloadBucket.Arn>"),
}
STREAM = {
    (f"dynamodb:{action}", "<SagaTable.Arn>/stream/*")
    for action in ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")
}
TAKES_WAKES = {
    (f"sqs:{action}", "<WakeQueue.Arn>") for action in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
}
GRANTS = {
    **dict.fromkeys(EVENT_FUNCTIONS.values(), WRITES | READS_BATCHES | KEEPS_REJECTED | ON_FAILURE),
    "ExecutionRequestedFunction": WRITES
    | READS_COUNTERS
    | KEEPS_REJECTED
    | ON_FAILURE
    | {("s3:PutObject", "<PayloadBucket.Arn>/scripts/*")},
    SAGA_EVENT: WRITES | READS_COUNTERS | KEEPS_REJECTED | ON_FAILURE,
    COMMAND_REPLY: KEEPS_REJECTED
    | READS_COUNTERS
    | ON_FAILURE
    | {("dynamodb:GetItem", "<SagaTable.Arn>"), ("dynamodb:UpdateItem", "<SagaTable.Arn>")},
    "TimeoutCheckerFunction": KEEPS_REJECTED
    | ON_FAILURE
    | {
        ("dynamodb:Query", "<SagaTable.Arn>/index/deadlines"),
        ("dynamodb:Query", "<SagaTable.Arn>/index/marks"),
        ("dynamodb:Query", "<OperatorTable.Arn>/index/by_time"),
        ("dynamodb:GetItem", "<SagaTable.Arn>"),
        ("dynamodb:BatchGetItem", "<SagaTable.Arn>"),
        ("dynamodb:UpdateItem", "<SagaTable.Arn>"),
    },
    SAGA_WAKE: KEEPS_REJECTED
    | ON_FAILURE
    | TAKES_WAKES
    | {("dynamodb:GetItem", "<SagaTable.Arn>"), ("dynamodb:UpdateItem", "<SagaTable.Arn>")},
    "CommandRelayFunction": KEEPS_REJECTED
    | ON_FAILURE
    | STREAM
    | {
        ("logs:CreateLogStream", "<CommandRelayLogGroup.Arn>"),
        ("logs:PutLogEvents", "<CommandRelayLogGroup.Arn>"),
        ("dynamodb:GetItem", "<SagaTable.Arn>"),
        ("events:PutEvents", "<EventBus.Arn>"),
        ("sqs:SendMessage", "<WakeQueue.Arn>"),
    },
}

RESOURCE_FREE = {
    "cloudwatch:GetMetricStatistics",
    "cloudwatch:PutMetricData",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
}
"""For these there is no narrower resource when the policy is written: metrics have none, the interfaces do not exist
yet.
"""

MANAGED = {
    "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole": "writes log lines",
    "arn:aws:iam::aws:policy/AWSXrayWriteOnlyAccess": "X-Ray has no resources to name",
    "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole": "the relay's own network interfaces",
}


def granted(deployed: Deployment, function: str) -> set[tuple[str, str]]:
    return {
        (action, resource)
        for statement in deployed.statements(deployed.role_of(function))
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    }


def all_statements(deployed: Deployment) -> list[tuple[str, dict[str, Any]]]:
    documents = [
        (name, policy["PolicyDocument"])
        for name, role in deployed.of_type("AWS::IAM::Role").items()
        for policy in role.get("Policies", [])
    ]
    documents += [
        (name, policy["PolicyDocument"])
        for kind in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
        for name, policy in deployed.of_type(kind).items()
    ]
    return [(name, statement) for name, document in documents for statement in document["Statement"]]


@every_function
def test_a_function_may_do_what_its_code_does_and_nothing_else(function: str) -> None:
    assert granted(deploy(), function) == GRANTS[function]


@pytest.mark.parametrize("parameters", [{}, EVERYTHING])
def test_no_policy_allows_a_wildcard_of_actions(parameters: dict[str, str]) -> None:
    for name, statement in all_statements(deploy(parameters)):
        assert not [action for action in as_list(statement["Action"]) if "*" in action], name
        assert "NotAction" not in statement, name
        assert "NotResource" not in statement, name


@pytest.mark.parametrize("parameters", [{}, EVERYTHING])
def test_every_resource_is_named_except_where_aws_knows_none(parameters: dict[str, str]) -> None:
    for name, statement in all_statements(deploy(parameters)):
        if "*" in as_list(statement["Resource"]):
            assert set(as_list(statement["Action"])) <= RESOURCE_FREE, name


@pytest.mark.parametrize("parameters", [{}, EVERYTHING, {"KafkaTargetSubnetIds": "subnet-1"}])
def test_managed_policies_of_aws_are_few_and_each_has_its_reason(parameters: dict[str, str]) -> None:
    roles = deploy(parameters).of_type("AWS::IAM::Role").values()

    assert {arn for role in roles for arn in role.get("ManagedPolicyArns", [])} <= set(MANAGED)


@every_function
def test_nobody_may_scan_or_delete(function: str) -> None:
    # Lambda takes the wakes in the function's name; no other queue is read by a function.
    actions = {action for action, _ in granted(deploy(EVERYTHING), function) - TAKES_WAKES}

    assert not {action for action in actions if action.startswith("dynamodb:") and "Delete" in action}
    assert not actions & {"dynamodb:Scan", "dynamodb:BatchWriteItem", "s3:DeleteObject", "sqs:ReceiveMessage"}


def test_only_the_relay_may_publish_and_only_as_the_orchestrator() -> None:
    deployed = deploy(EVERYTHING)

    publishing = [f for f in FUNCTIONS if "events:PutEvents" in {action for action, _ in granted(deployed, f)}]

    assert publishing == ["CommandRelayFunction"]
    (statement,) = [s for s in deployed.statements("CommandRelayRole") if s["Action"] == "events:PutEvents"]
    assert statement["Condition"] == {"StringEquals": {"events:source": "saga-orchestrator"}}


@every_function
def test_nobody_may_read_payloads_except_the_relay_when_it_puts_scripts_inline(function: str) -> None:
    readable = ("s3:GetObject", "<PayloadBucket.Arn>/scripts/*")

    assert readable not in granted(deploy(), function)
    inlining = granted(deploy({"InlineScriptMaxBytes": "4096"}), function)
    assert (readable in inlining) == (function == "CommandRelayFunction")


@pytest.mark.parametrize("function", ["ExecutionRequestedFunction", SAGA_EVENT])
def test_what_starts_sagas_reads_counters_and_no_saga(function: str) -> None:
    deployed = deploy()
    statements = deployed.statements(deployed.role_of(function))

    (reading,) = [statement for statement in statements if "dynamodb:BatchGetItem" in statement["Action"]]

    assert reading["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["#counter#*"]}}


@pytest.mark.parametrize("function", FED_FUNCTIONS)
def test_on_msk_a_function_reads_its_own_topics_in_their_own_groups(function: str) -> None:
    place = MSK_CLUSTER.replace(":cluster/", ":{}/")
    kafka = {pair for pair in granted(deploy(MSK), function) if pair[0].startswith("kafka")}
    types = [event_type.lower() for event_type, taker in MAPPED_FUNCTIONS.items() if taker == function]
    groups = [f"{place.format('group')}/sagas-{each.replace('_', '-')}-msk" for each in types]

    assert kafka == {
        ("kafka:DescribeClusterV2", MSK_CLUSTER),
        ("kafka:GetBootstrapBrokers", MSK_CLUSTER),
        ("kafka-cluster:Connect", MSK_CLUSTER),
        ("kafka-cluster:DescribeClusterDynamicConfiguration", MSK_CLUSTER),
        *(("kafka-cluster:DescribeTopic", f"{place.format('topic')}/{each}") for each in types),
        *(("kafka-cluster:ReadData", f"{place.format('topic')}/{each}") for each in types),
        *(("kafka-cluster:DescribeGroup", group) for group in groups),
        *(("kafka-cluster:AlterGroup", group) for group in groups),
    }


@every_function
def test_without_kafka_nobody_has_a_permission_for_it(function: str) -> None:
    services = {action.split(":")[0] for action, _ in granted(deploy(), function)}

    assert not services & {"kafka", "kafka-cluster", "ec2", "secretsmanager", "kms"}


@every_function
def test_a_customers_key_is_usable_through_the_services_alone(function: str) -> None:
    deployed = deploy(KEY)
    with_key = [s for s in deployed.statements(deployed.role_of(function)) if "kms:Decrypt" in s["Action"]]

    (statement,) = with_key
    assert statement["Resource"] == KEY["EncryptionKeyArn"]
    assert all("amazonaws.com" in service for service in statement["Condition"]["StringEquals"]["kms:ViaService"])


def test_the_schedule_may_invoke_the_checker_and_write_its_dead_letters_only() -> None:
    deployed = deploy()
    (schedule,) = deployed.of_type("AWS::Scheduler::Schedule").values()
    role = schedule["Target"]["RoleArn"].strip("<>").split(".")[0]

    assert {(s["Action"], s["Resource"]) for s in deployed.statements(role)} == {
        ("lambda:InvokeFunction", "<TimeoutCheckerFunction.Arn>"),
        ("sqs:SendMessage", "<RuleDeadLetterQueue.Arn>"),
    }


@every_function
def test_of_the_operators_table_a_function_writes_rejected_events_alone(function: str) -> None:
    deployed = deploy(EVERYTHING)
    own = [s for s in deployed.statements(deployed.role_of(function)) if "<OperatorTable.Arn>" in str(s["Resource"])]
    of_the_checker = {"CountRejected"} if function == "TimeoutCheckerFunction" else set()

    assert {s["Sid"] for s in own if s["Action"] == "dynamodb:Query"} == of_the_checker
    own = [s for s in own if s["Sid"] not in of_the_checker]
    assert [(s["Action"], s["Condition"]) for s in own] == [
        ("dynamodb:UpdateItem", {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["rejected#*"]}})
    ]
