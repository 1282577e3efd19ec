"""Who is to be allowed what: each role's grants as a whole set, with the conditions."""

import json

from tests.release.template.deployment import (
    ACCOUNT,
    API_FUNCTION,
    COMMAND_REPLY,
    CONSOLE_FUNCTION,
    EVENT_FUNCTIONS,
    FED_FUNCTIONS,
    KAFKA_RELAY,
    KAFKA_TARGET,
    MAPPED_FUNCTIONS,
    MSK_CLUSTER,
    REGION,
    RUNNER,
    SAGA_EVENT,
    SAGA_WAKE,
)

SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:"
KEY = "arn:aws:kms:eu-central-1:123456789012:key/abc"
REGISTRY = "arn:aws:glue:eu-central-1:123456789012:registry/events"
GLUE = {"SchemaRegistryUri": REGISTRY, "KafkaMode": "provisioned"}
Grant = tuple[str, str, str]
"""Action, resource, and the condition as JSON."""
COUNTERS = '{"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["#counter#*"]}}'
REJECTED = '{"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["rejected#*"]}}'
ACTS = REJECTED.replace("rejected#", "act#")
BATCHES = REJECTED.replace("rejected#", "operation#")
LISTED_BATCHES = '{"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["operation"]}}'
IN_TRANSACTIONS = '{"ForAnyValue:StringEquals": {"dynamodb:EnclosingOperation": ["TransactWriteItems"]}}'
CALLS_OF_THE_API = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:<HttpApi>/*/*/iam/v1/*"
KEEPS_REJECTED: set[Grant] = {
    ("dynamodb:UpdateItem", "<OperatorTable.Arn>", REJECTED),
    ("s3:PutObject", "<PayloadBucket.Arn>/rejected/*", "{}"),
    ("sqs:SendMessage", "<RejectedQueue.Arn>", "{}"),
    ("s3:PutObject", "<PayloadBucket.Arn>/aws/lambda/*", "{}"),
    ("s3:ListBucket", "<PayloadBucket.Arn>", "{}"),
}
WRITES: set[Grant] = {(f"dynamodb:{action}", "<SagaTable.Arn>", "{}") for action in ("PutItem", "UpdateItem")}
READS_BATCHES: set[Grant] = {("dynamodb:BatchGetItem", "<SagaTable.Arn>", "{}")}
READS_COUNTERS: set[Grant] = {
    (f"dynamodb:{action}", "<SagaTable.Arn>", COUNTERS) for action in ("GetItem", "BatchGetItem")
}


def _relay(log_group: str) -> set[Grant]:
    """What a relay may do whatever its target: its login, or leave to publish, comes to that."""
    stream = ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")
    logs = ("CreateLogStream", "PutLogEvents")
    return {
        *KEEPS_REJECTED,
        *((f"dynamodb:{action}", "<SagaTable.Arn>/stream/*", "{}") for action in stream),
        *((f"logs:{action}", f"<{log_group}.Arn>", "{}") for action in logs),
        ("dynamodb:GetItem", "<SagaTable.Arn>", "{}"),
    }


BASE: dict[str, set[Grant]] = {
    **dict.fromkeys(EVENT_FUNCTIONS.values(), WRITES | READS_BATCHES | KEEPS_REJECTED),
    "ExecutionRequestedFunction": WRITES
    | READS_COUNTERS
    | KEEPS_REJECTED
    | {("s3:PutObject", "<PayloadBucket.Arn>/scripts/*", "{}")},
    SAGA_EVENT: WRITES | READS_COUNTERS | KEEPS_REJECTED,
    COMMAND_REPLY: KEEPS_REJECTED
    | READS_BATCHES
    | READS_COUNTERS
    | {(f"dynamodb:{action}", "<SagaTable.Arn>", "{}") for action in ("GetItem", "UpdateItem")},
    "TimeoutCheckerFunction": KEEPS_REJECTED
    | {
        ("dynamodb:Query", "<SagaTable.Arn>/index/deadlines", "{}"),
        ("dynamodb:Query", "<SagaTable.Arn>/index/marks", "{}"),
        ("dynamodb:Query", "<OperatorTable.Arn>/index/by_time", REJECTED),
        ("dynamodb:BatchGetItem", "<SagaTable.Arn>", COUNTERS),
        ("dynamodb:GetItem", "<SagaTable.Arn>", "{}"),
        ("dynamodb:UpdateItem", "<SagaTable.Arn>", "{}"),
    },
    SAGA_WAKE: KEEPS_REJECTED
    | {
        *((f"sqs:{action}", "<WakeQueue.Arn>", "{}") for action in ("ReceiveMessage", "DeleteMessage")),
        ("sqs:GetQueueAttributes", "<WakeQueue.Arn>", "{}"),
        ("dynamodb:GetItem", "<SagaTable.Arn>", "{}"),
        ("dynamodb:UpdateItem", "<SagaTable.Arn>", "{}"),
    },
    KAFKA_RELAY: _relay("KafkaRelayLogGroup"),
    API_FUNCTION: {
        *((f"dynamodb:{action}", "<SagaTable.Arn>", "{}") for action in ("GetItem", "BatchGetItem", "Query")),
        *(("dynamodb:Query", f"<SagaTable.Arn>/index/{index}", "{}") for index in ("deadlines", "marks", "owner")),
        ("dynamodb:UpdateItem", "<SagaTable.Arn>", IN_TRANSACTIONS),
        *((f"dynamodb:{action}", "<OperatorTable.Arn>", ACTS) for action in ("GetItem", "PutItem", "Query")),
        ("dynamodb:Query", "<OperatorTable.Arn>/index/by_time", "{}"),
        ("dynamodb:GetItem", "<OperatorTable.Arn>", REJECTED),
        (
            "dynamodb:UpdateItem",
            "<OperatorTable.Arn>",
            json.dumps({**json.loads(REJECTED), **json.loads(IN_TRANSACTIONS)}),
        ),
        ("s3:GetObject", "<PayloadBucket.Arn>/rejected/*", "{}"),
        ("s3:ListBucket", "<PayloadBucket.Arn>", "{}"),
        *(
            ("lambda:InvokeFunction", f"<{function}.Arn>", "{}")
            for function in (*FED_FUNCTIONS, "CommandRelayFunction")
        ),
        *(
            (f"dynamodb:{action}", "<OperatorTable.Arn>", BATCHES)
            for action in ("GetItem", "PutItem", "Query", "UpdateItem")
        ),
        ("lambda:InvokeFunction", f"<{RUNNER}.Arn>", "{}"),
    },
    RUNNER: {
        ("dynamodb:GetItem", "<SagaTable.Arn>", "{}"),
        ("dynamodb:UpdateItem", "<SagaTable.Arn>", IN_TRANSACTIONS),
        ("dynamodb:BatchGetItem", "<SagaTable.Arn>", COUNTERS),
        *((f"dynamodb:{action}", "<OperatorTable.Arn>", ACTS) for action in ("GetItem", "PutItem")),
        *((f"dynamodb:{action}", "<OperatorTable.Arn>", BATCHES) for action in ("GetItem", "PutItem", "UpdateItem")),
        ("dynamodb:Query", "<OperatorTable.Arn>/index/by_time", LISTED_BATCHES),
        ("s3:PutObject", "<PayloadBucket.Arn>/aws/lambda/*", "{}"),
        ("s3:ListBucket", "<PayloadBucket.Arn>", "{}"),
    },
    CONSOLE_FUNCTION: {
        (f"logs:{action}", "<ConsoleLogGroup.Arn>", "{}") for action in ("CreateLogStream", "PutLogEvents")
    },
    "CommandRelayFunction": _relay("CommandRelayLogGroup")
    | {
        ("events:PutEvents", "<EventBus.Arn>", '{"StringEquals": {"events:source": "saga-orchestrator"}}'),
        ("sqs:SendMessage", "<WakeQueue.Arn>", "{}"),
    },
}
INTERFACES = {
    ("ec2:" + action, "*", "{}")
    for action in (
        "CreateNetworkInterface",
        "DeleteNetworkInterface",
        "DescribeNetworkInterfaces",
        "DescribeSecurityGroups",
        "DescribeSubnets",
        "DescribeVpcs",
    )
}
THROUGH = json.dumps(
    {"StringEquals": {"kms:ViaService": [f"{name}.eu-central-1.amazonaws.com" for name in ("dynamodb", "s3", "sqs")]}}
)
COMMANDED = sorted(f"<{function}.Arn>" for function in (*FED_FUNCTIONS, "CommandRelayFunction"))
OPERATORS: set[Grant] = {
    ("cloudformation:DescribeStacks", "stack", "{}"),
    ("events:PutEvents", "<EventBus.Arn>", '{"StringEquals": {"events:source": "saga-operator"}}'),
    *(
        (f"dynamodb:{action}", place, "{}")
        for action in ("GetItem", "BatchGetItem", "Query", "Scan")
        for place in ("<SagaTable.Arn>", "<SagaTable.Arn>/index/*")
    ),
    *(
        (f"dynamodb:{action}", place, "{}")
        for action in ("GetItem", "Query")
        for place in ("<OperatorTable.Arn>", "<OperatorTable.Arn>/index/by_time")
    ),
    ("dynamodb:PutItem", "<OperatorTable.Arn>", ACTS),
    ("dynamodb:UpdateItem", "<OperatorTable.Arn>", REJECTED),
    ("dynamodb:UpdateItem", "<SagaTable.Arn>", COUNTERS),
    (
        "dynamodb:UpdateItem",
        "<SagaTable.Arn>",
        json.dumps(
            {
                "ForAllValues:StringEquals": {
                    "dynamodb:Attributes": [
                        *("execution_id", "saga_name", "version", "dv", "dh", "set", "timeline", "outbox"),
                    ]
                },
                **json.loads(IN_TRANSACTIONS),
            }
        ),
    ),
    (
        "dynamodb:UpdateItem",
        "<SagaTable.Arn>",
        json.dumps(
            {
                "ForAllValues:StringEquals": {
                    "dynamodb:Attributes": [
                        *("execution_id", "saga_name", "version", "claim", "deadline", "deadline_shard", "expires"),
                        *("steps", "timeline", "outbox"),
                    ]
                }
            }
        ),
    ),
    *(("lambda:InvokeFunction", function, "{}") for function in COMMANDED),
    *(
        (f"sqs:{action}", queue, "{}")
        for action in ("ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes")
        for queue in ("<RejectedQueue.Arn>", "<RuleDeadLetterQueue.Arn>")
    ),
    ("cloudwatch:GetMetricStatistics", "*", "{}"),
    ("cloudwatch:PutMetricData", "*", '{"StringEquals": {"cloudwatch:namespace": "SagaOrchestrator"}}'),
    ("s3:GetObject", "<PayloadBucket.Arn>/rejected/*", "{}"),
    ("s3:GetObject", "<PayloadBucket.Arn>/aws/lambda/*", "{}"),
    ("s3:DeleteObject", "<PayloadBucket.Arn>/aws/lambda/*", "{}"),
    ("s3:ListBucket", "<PayloadBucket.Arn>", '{"StringLike": {"s3:prefix": ["rejected/*", "aws/lambda/*"]}}'),
}
BREAK_GLASS: set[Grant] = {
    ("cloudformation:DescribeStacks", "stack", "{}"),
    ("dynamodb:GetItem", "<SagaTable.Arn>", "{}"),
    ("dynamodb:Query", "<SagaTable.Arn>", "{}"),
    ("dynamodb:UpdateItem", "<SagaTable.Arn>", IN_TRANSACTIONS),
    ("dynamodb:PutItem", "<OperatorTable.Arn>", ACTS),
    ("dynamodb:GetItem", "<OperatorTable.Arn>", "{}"),
    ("dynamodb:Query", "<OperatorTable.Arn>", "{}"),
    ("dynamodb:Query", "<OperatorTable.Arn>/index/by_time", "{}"),
    ("cloudwatch:PutMetricData", "*", '{"StringEquals": {"cloudwatch:namespace": "SagaOrchestrator"}}'),
}
"""Neither a put nor a delete of a saga, and no write of one that is by itself."""


def wanted_of(function: str, parameters: dict[str, str]) -> set[Grant]:
    wanted = set(BASE[function])
    if "EncryptionKeyArn" in parameters and function != CONSOLE_FUNCTION:
        wanted |= {(f"kms:{action}", KEY, THROUGH) for action in ("Decrypt", "GenerateDataKey")}
    if function in {"CommandRelayFunction", KAFKA_RELAY} and "InlineScriptMaxBytes" in parameters:
        wanted.add(("s3:GetObject", "<PayloadBucket.Arn>/scripts/*", "{}"))
    if function == API_FUNCTION and KAFKA_TARGET.keys() <= parameters.keys():
        wanted.add(("lambda:InvokeFunction", f"<{KAFKA_RELAY}.Arn>", "{}"))
    if function == KAFKA_RELAY:
        wanted.add(("secretsmanager:GetSecretValue", f"{SECRET}kafka-out", "{}"))
    if function in FED_FUNCTIONS and {"MskClusterArn", "KafkaBootstrapServers"} & parameters.keys():
        wanted |= INTERFACES
        if "KafkaSecretArn" in parameters:
            wanted.add(("secretsmanager:GetSecretValue", f"{SECRET}kafka-in", "{}"))
        if "SchemaRegistryUri" in parameters:
            wanted |= {("glue:GetRegistry", REGISTRY, "{}"), ("glue:GetSchemaVersion", "*", "{}")}
        if "MskClusterArn" in parameters:
            wanted.update(*(_msk(event.lower()) for event, name in MAPPED_FUNCTIONS.items() if name == function))
    return wanted


def _msk(topic: str) -> set[Grant]:
    place = MSK_CLUSTER.replace(":cluster/", ":{}/")
    group = f"{place.format('group')}/sagas-{topic.replace('_', '-')}-msk"
    cluster = ("kafka:DescribeClusterV2", "kafka:GetBootstrapBrokers", "kafka-cluster:Connect")
    return {
        *((action, MSK_CLUSTER, "{}") for action in (*cluster, "kafka-cluster:DescribeClusterDynamicConfiguration")),
        *(
            (f"kafka-cluster:{action}", f"{place.format('topic')}/{topic}", "{}")
            for action in ("DescribeTopic", "ReadData")
        ),
        *((f"kafka-cluster:{action}", group, "{}") for action in ("DescribeGroup", "AlterGroup")),
    }
