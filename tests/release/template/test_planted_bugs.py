"""Bugs planted in the template's text: each must be seen by the check that is there for its kind."""

from pathlib import Path

import pytest

from tests.release.template.checks import Check, alarms, dashboard, equal_parts, grants, mappings, names, values
from tests.release.template.deployment import ROOT, TEMPLATE

BUGS: list[tuple[Check, str, str]] = [
    (alarms.complaints, "MetricName: OldestDueSeconds", "MetricName: DueSagas"),
    (alarms.complaints, "Threshold: !Ref OldestDueAlarmSeconds", "Threshold: !Ref KafkaLagAlarmThreshold"),
    (alarms.complaints, "ComparisonOperator: LessThanThreshold", "ComparisonOperator: GreaterThanThreshold"),
    (alarms.complaints, "TreatMissingData: breaching", "TreatMissingData: notBreaching"),
    (alarms.complaints, "Threshold: 300000", "Threshold: 300"),
    (alarms.complaints, "Period: 1800", "Period: 60"),
    (alarms.complaints, "Expression: MAX(METRICS())", "Expression: SUM(METRICS())"),
    (alarms.complaints, "FILL(m3, 0) < 1", "FILL(m3, 0) > 1"),
    (alarms.complaints, "MetricName: SagasNeverStarted", "MetricName: SagasTimedOut"),
    (alarms.complaints, "Dimensions: *execution-started-metrics\n", "Dimensions: *execution-requested-metrics\n"),
    (alarms.complaints, "OKActions: *alarm-topic", "OKActions: []"),
    (alarms.complaints, "docs/operations.md#limit-reached", "docs/operations.md#rejected-events"),
    (alarms.complaints, "#limit-reached /console/#/slots", "#limit-reached /console/#/parked"),
    (alarms.complaints, "MetricName: ParkedSagas", "MetricName: OpenSagas"),
    (alarms.complaints, "Statistic: Minimum", "Statistic: Maximum"),
    (alarms.complaints, "MetricName: GaugesUnread", "MetricName: ParkedSagas"),
    (values.complaints, "GAUGES: !Ref Gauges", 'GAUGES: "false"'),
    (
        grants.complaints,
        '"dynamodb:LeadingKeys": ["rejected#*"] }\n              - !Ref',
        '"dynamodb:LeadingKeys": ["*"] }\n              - !Ref',
    ),
    (alarms.complaints, "Name: Operation, Value: GetItem", "Name: Operation, Value: Scan"),
    (alarms.complaints, "MetricName: StepsParked", "MetricName: LateReplies"),
    (
        alarms.complaints,
        "MetricName: AsyncEventsDropped, Dimensions: *command-reply-metrics",
        "MetricName: AsyncEventsDropped, Dimensions: *saga-event-metrics",
    ),
    (
        alarms.complaints,
        "MetricName: OffsetLag, Dimensions: *saga-event-metrics",
        "MetricName: OffsetLag, Dimensions: []",
    ),
    (mappings.complaints, "ParallelizationFactor: 4", "ParallelizationFactor: 1"),
    (mappings.complaints, "MaximumRecordAgeInSeconds: 43200", "MaximumRecordAgeInSeconds: 86400"),
    (mappings.complaints, "MaximumRetryAttempts: -1", "MaximumRetryAttempts: 3"),
    (mappings.complaints, "BatchSize: !Ref KafkaBatchSize", "BatchSize: 100"),
    (mappings.complaints, "StartingPosition: TRIM_HORIZON", "StartingPosition: LATEST"),
    (mappings.complaints, "[ProvisionedPollers, 1000,", "[ProvisionedPollers, -1,"),
    (mappings.complaints, "MaximumPollers: !Ref MaximumPollers", "MaximumPollers: !Ref MinimumPollers"),
    (mappings.complaints, "MaximumRetryAttempts: 185", "MaximumRetryAttempts: 18"),
    (mappings.complaints, "MaximumEventAgeInSeconds: 21600", "MaximumEventAgeInSeconds: 60"),
    (mappings.complaints, "Timeout: 50", "Timeout: 3"),
    (mappings.complaints, "Timeout: 300", "Timeout: 30"),
    (mappings.complaints, "ScheduleExpression: rate(1 minute)", "ScheduleExpression: rate(1 hour)"),
    (mappings.complaints, "ScheduleExpression: !Ref CheckInterval", "ScheduleExpression: rate(5 minutes)"),
    (
        mappings.complaints,
        "!If [ReservesApiConcurrency, !Ref ApiConcurrency",
        "!If [ReservesApiConcurrency, !Ref ConsoleConcurrency",
    ),
    (mappings.complaints, "DestinationConfig: *to-payload-bucket", "MaximumRetryAttempts: 2"),
    (dashboard.complaints, '"OldestDueSeconds", "service", "${AWS::StackName}"', '"OldestDueSeconds", "service", "x"'),
    (
        dashboard.complaints,
        '"OffsetLag", "FunctionName", "${ExecutionFailedFunction}"',
        '"OffsetLag", "FunctionName", "${ExecutionStartedFunction}"',
    ),
    (dashboard.complaints, 'MetricName=\\"SagaDuration', 'MetricName=\\"StartLatency'),
    (values.complaints, "OWNER_INDEX: !Ref OwnerIndex", 'OWNER_INDEX: "true"'),
    (
        grants.complaints,
        '!If [HasOwnerIndex, !Sub "${SagaTable.Arn}/index/owner", !Ref "AWS::NoValue"]',
        '!Sub "${SagaTable.Arn}/index/owner"',
    ),
    (mappings.complaints, "Topics: *order-approved-topic", "Topics: *order-placed-topic"),
    (
        mappings.complaints,
        "FunctionName: !Ref CommandReplyFunction\n      EventSourceArn",
        "FunctionName: !Ref SagaEventFunction\n      EventSourceArn",
    ),
    (mappings.complaints, '-order-cancelled", Schema', '-order-declined", Schema'),
    (
        mappings.complaints,
        '-command-reply", SchemaRegistryConfig: *schema-registry }',
        '-command-reply" }',
    ),
    (values.complaints, '"order_attempts":${OrderAttempts}', '"order_attempts":3'),
    (values.complaints, '"approval_seconds":${ApprovalSeconds}', '"approval_seconds":${ApprovalAbove}'),
    (values.complaints, "Value: !Ref SagaEventFunction\n", "Value: !Ref CommandReplyFunction\n"),
    (values.complaints, "RUN_GRACE_SECONDS: !Ref RunGraceSeconds", "RUN_GRACE_SECONDS: !Ref StartDeadlineSeconds"),
    (values.complaints, "OPERATOR_SOURCE: !Ref OperatorSource", "OPERATOR_SOURCE: !Ref EventSource"),
    (values.complaints, "ALLOWED_LANGUAGES: !Ref AllowedLanguages", 'ALLOWED_LANGUAGES: ""'),
    (values.complaints, "COUNTER_SHARDS: !Ref CounterShards", "COUNTER_SHARDS: !Ref DeadlineShards"),
    (values.complaints, "PUBLISH_COMMANDS: !Ref PublishCommands", 'PUBLISH_COMMANDS: "true"'),
    (values.complaints, "CONFIRM_DELETES: !Ref ConfirmDeletes", 'CONFIRM_DELETES: "false"'),
    (values.complaints, "STACK_NAME: !Ref AWS::StackName", "STACK_NAME: saga-orchestrator"),
    (values.complaints, "KAFKA_TARGET_TOPIC: !Ref KafkaTargetTopic", "KAFKA_TARGET_TOPIC: saga_commands"),
    (values.complaints, "Value: !Ref CounterShards", "Value: !Ref DeadlineShards"),
    (values.complaints, "Value: !Ref RuleDeadLetterQueue\n", "Value: !Ref RejectedQueue\n"),
    (values.complaints, "Value: !Ref ExecutionFailedFunction\n  Ex", "Value: !Ref ExecutionStartedFunction\n  Ex"),
    (grants.complaints, "[dynamodb:PutItem, dynamodb:UpdateItem]", "[dynamodb:PutItem, dynamodb:DeleteItem]"),
    (grants.complaints, '{ "dynamodb:LeadingKeys": ["#counter#*"] }', '{ "dynamodb:LeadingKeys": ["*"] }'),
    (grants.complaints, '{ StringEquals: { "events:source": saga-orchestrator } }', "{}"),
    (grants.complaints, "sqs:ChangeMessageVisibility, ", "sqs:ChangeMessageVisibility, sqs:PurgeQueue, "),
    (grants.complaints, '{ "dynamodb:EnclosingOperation": [TransactWriteItems] }', "{}"),
    (grants.complaints, '{ "cloudwatch:namespace": SagaOrchestrator }', "{}"),
    (alarms.complaints, "MetricName: BreakGlassUsed", "MetricName: UnauthorisedCancels"),
    (grants.complaints, "kms:ViaService:", "aws:PrincipalTag/any:"),
    (grants.complaints, "Resource: !Ref KafkaTargetSecretArn", "Resource: !Ref KafkaSecretArn"),
    (grants.complaints, '"dynamodb:Attributes": [execution_id,', '"dynamodb:Attributes": [state, execution_id,'),
    (
        grants.complaints,
        "Action: [dynamodb:GetItem, dynamodb:UpdateItem], Resource: !GetAtt SagaTable.Arn },",
        "Action: [dynamodb:Scan, dynamodb:UpdateItem], Resource: !GetAtt SagaTable.Arn },",
    ),
    (grants.complaints, "              - !GetAtt SagaEventFunction.Arn\n", ""),
    (grants.complaints, "        - !Ref CommandReplyFunctionRole\n", ""),
    (grants.complaints, '/${AWS::StackName}-order-placed-msk"', '/${AWS::StackName}-order-approved-msk"'),
    (grants.complaints, "Statement: [*write-sagas, *read-counters,", "Statement: [*write-sagas,"),
    (
        grants.complaints,
        '"events:source": !If [HasReplySources, !Split [",", !Sub ["${EventSource},${More}",',
        '"events:source": !If [HasReplySources, !Split [",", !Sub ["${More}",',
    ),
    (
        grants.complaints,
        "source: [!Ref EventSource, !Ref OperatorSource]\n              detail-type: !Ref SagaEventTypes",
        "source: !Ref ReplySources\n              detail-type: !Ref SagaEventTypes",
    ),
    (names.complaints, "            OmitName: true\n", ""),
    (names.complaints, "DashboardName: !Ref AWS::StackName", "DashboardName: sagas"),
    (names.complaints, '"${AWS::StackName}-packages"', '"${AWS::StackName}-saga-orchestrator"'),
    (names.complaints, '"${AWS::StackName}-execution-failed-errors"', '"execution-failed-errors"'),
    (equal_parts.complaints, "source: [!Ref EventSource]", "source: [!Ref EventSource, !Ref OperatorSource]"),
    (equal_parts.complaints, "source: [!Ref EventSource, !Ref OperatorSource]", "source: [!Ref EventSource]"),
    (
        equal_parts.complaints,
        "Statement: [*write-sagas, *read-batch, *keep-rejected,",
        "Statement: [*write-sagas, *read-batch,",
    ),
    (
        equal_parts.complaints,
        "detail-type: !Ref SagaEventTypes",
        "detail-type: [{ prefix: ORDER_ }]\n              x: [y]",
    ),
    (equal_parts.complaints, "[{ equals-ignore-case: COMMAND_REPLY }]", "[COMMAND_REPLY]"),
    (
        equal_parts.complaints,
        "Topics: *order-placed-topic\n      StartingPosition: !Ref",
        "Topics: *order-placed-topic\n      StartingPosition: LATEST #",
    ),
    (
        equal_parts.complaints,
        "[{ equals-ignore-case: EXECUTION_FAILED }",
        "[{ equals-ignore-case: EXECUTION_TIMEOUT }",
    ),
]


@pytest.mark.parametrize(
    ("check", "right", "wrong"), BUGS, ids=[right.replace("\n", " ").strip() for _, right, _ in BUGS]
)
def test_a_planted_bug_is_seen(check: Check, right: str, wrong: str, tmp_path: Path) -> None:
    text = TEMPLATE.read_text(encoding="utf-8")
    assert right in text, "the bug cannot be planted: mend this list"
    planted = tmp_path / "template.yaml"
    planted.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    for folder in ("functions", "layers"):
        (tmp_path / folder).symlink_to(ROOT / folder)

    assert next(iter(check(planted)), None) is not None
