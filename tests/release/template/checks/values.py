"""Every variable and every output holds the value of its own parameter: each parameter gets one of its own."""

from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from saga_orchestrator.adapters.api_settings import ApiSettings
from saga_orchestrator.adapters.settings import Settings
from tests.release.template.checks import differences
from tests.release.template.deployment import (
    ACCOUNT,
    API_FUNCTION,
    COMMAND_REPLY,
    EVENT_FUNCTIONS,
    FED_FUNCTIONS,
    FUNCTIONS,
    KAFKA_RELAY,
    PEOPLE,
    RUNNER,
    SAGA_EVENT,
    SAGA_WAKE,
    STACK,
    deploy,
)

GIVEN = {
    "StartDeadlineSeconds": "301",
    "RunGraceSeconds": "182",
    "RequestMaxAgeSeconds": "86403",
    "MaxTimeoutSeconds": "304",
    "RetentionDays": "35",
    "DefaultLanguageLimit": "106",
    "LanguageLimits": '{"python":207}',
    "AllowedLanguages": "python,ruby8",
    "AllowedImages": "image:9",
    "AllowedScriptBuckets": "bucket-10",
    "AdminUsers": "admin11",
    "InlineScriptMaxBytes": "1012",
    "PublishCommands": "false",
    "ConfirmDeletes": "true",
    "EventSource": "source13",
    "OperatorSource": "source14",
    "CounterShards": "15",
    "DeadlineShards": "16",
    "BatchConcurrency": "17",
    "KafkaMode": "provisioned",
    "TopicLayout": "shared",
    "KafkaTargetBootstrap": "broker18:9092",
    "KafkaTargetTopic": "topic19",
    "KafkaTargetSecurity": "SSL",
    "KafkaTargetSecretArn": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:s20",
    "ReplySources": "source25,source26",
    "OrderReplySeconds": "21",
    "OrderAttempts": "12",
    "ApprovalSeconds": "23",
    "ApprovalAbove": "24",
    "Gauges": "true",
    "Tracing": "Active",
    "LogLevel": "WARNING",
    **PEOPLE,
    "AllowedCidrs": "192.0.2.28/32",
    **{f"AliasOf{function.removesuffix('Function')}": f"alias.{function}" for function in EVENT_FUNCTIONS.values()},
}
SETTINGS: dict[str, Any] = {
    "stack_name": STACK,
    "saga_table": "<SagaTable>",
    "deadline_index": "deadlines",
    "payload_bucket": "<PayloadBucket>",
    "rejected_queue_url": "<RejectedQueue>",
    "operator_table": "<OperatorTable>",
    "event_bus_name": "<EventBus>",
    "event_source": "source13",
    "operator_source": "source14",
    "admin_users": {"admin11"},
    "start_deadline_seconds": 301,
    "run_grace_seconds": 182,
    "request_max_age_seconds": 86_403,
    "max_timeout_seconds": 304,
    "retention_days": 35,
    "default_language_limit": 106,
    "language_limits": {"python": 207},
    "allowed_languages": {"python", "ruby8"},
    "allowed_images": {"image:9"},
    "allowed_script_buckets": {"bucket-10"},
    "counter_shards": 15,
    "deadline_shards": 16,
    "publish_commands": False,
    "confirm_deletes": True,
    "inline_script_max_bytes": 1012,
    "kafka_mode": "provisioned",
    "topic_layout": "shared",
    "batch_concurrency": 17,
    "tracing": True,
}
OF_ORDERS = {"order_reply_seconds": 21, "order_attempts": 12, "approval_seconds": 23, "approval_above": 24}
OF_ONE_FUNCTION: dict[str, dict[str, Any]] = {
    **{
        function: {"event_type_alias": f"alias.{function}", "allowed_images": set[str]()}
        for function in EVENT_FUNCTIONS.values()
    },
    "ExecutionRequestedFunction": {"event_type_alias": "alias.ExecutionRequestedFunction", "operator_source": ""},
    SAGA_EVENT: {"saga_settings": {"order_saga": OF_ORDERS}, "allowed_images": set[str]()},
    COMMAND_REPLY: {"reply_sources": {"source25", "source26"}, "allowed_images": set[str]()},
    "TimeoutCheckerFunction": {"allowed_images": set[str](), "gauges": True},
    SAGA_WAKE: {"allowed_images": set[str]()},
    "CommandRelayFunction": {"wake_queue_url": "<WakeQueue>", "allowed_images": set[str]()},
    API_FUNCTION: {
        **{name: set[str]() for name in ("allowed_images", "allowed_script_buckets", "admin_users")},
        **dict.fromkeys(("event_bus_name", "event_source", "operator_source"), ""),
        "rejected_queue_url": "none",
    },
    RUNNER: {"allowed_images": set[str]()},
    KAFKA_RELAY: {
        "kafka_target_bootstrap": "broker18:9092",
        "kafka_target_topic": "topic19",
        "kafka_target_security": "SSL",
        "kafka_target_secret_arn": GIVEN["KafkaTargetSecretArn"],
        "allowed_images": set[str](),
    },
}
"""None of them judges a request for an image, and the 4 KB would not hold the images too."""
POWERTOOLS = {
    "POWERTOOLS_SERVICE_NAME": STACK,
    "POWERTOOLS_METRICS_NAMESPACE": "SagaOrchestrator",
    "POWERTOOLS_LOG_LEVEL": "WARNING",
}
OUTPUTS = {
    "TableName": "<SagaTable>",
    "OperatorTableName": "<OperatorTable>",
    "PayloadBucketName": "<PayloadBucket>",
    "RejectedQueueUrl": "<RejectedQueue>",
    "RuleDeadLetterQueueUrl": "<RuleDeadLetterQueue>",
    "EventBusName": "<EventBus>",
    "EventSource": "source13",
    "OperatorSource": "source14",
    "OperatorPolicyArn": "<OperatorPolicy>",
    "BreakGlassPolicyArn": "<BreakGlassPolicy>",
    "DeadlineShards": "16",
    "CounterShards": "15",
    "StartDeadlineSeconds": "301",
    "RunGraceSeconds": "182",
    "RequestMaxAgeSeconds": "86403",
    "RetentionDays": "35",
    "RelayFunctionName": "<CommandRelayFunction>",
    "KafkaRelayFunctionName": f"<{KAFKA_RELAY}>",
    "TimeoutCheckerFunctionName": "<TimeoutCheckerFunction>",
    "SagaWakeFunctionName": f"<{SAGA_WAKE}>",
    "OperationRunnerFunctionName": f"<{RUNNER}>",
    "ApiUrl": "<HttpApi.ApiEndpoint>",
    "ConsoleUrl": "<HttpApi.ApiEndpoint>/console/",
    "ApiCallerPolicyArn": "<ApiCallerPolicy>",
    **{f"{function}Name": f"<{function}>" for function in FED_FUNCTIONS},
}


def complaints(template: Path) -> Iterator[str]:
    """Settings as the code reads them, function by function and field by field, and outputs as outsiders read them."""
    deployed = deploy(GIVEN, template)
    defaults = {name: field.get_default(call_default_factory=True) for name, field in Settings.model_fields.items()}
    for function in (*FUNCTIONS, KAFKA_RELAY, API_FUNCTION, RUNNER):
        variables = deployed.properties[function]["Environment"]["Variables"]
        wanted = {**defaults, **SETTINGS, **OF_ONE_FUNCTION.get(function, {})}
        found = Settings.from_environment(variables)
        yield from differences(function, {name: getattr(found, name) for name in Settings.model_fields}, wanted)
        told = {name: value for name, value in variables.items() if name.startswith("POWERTOOLS_")}
        yield from differences(f"{function} powertools", told, POWERTOOLS)
    of_the_api = ApiSettings.from_environment(deployed.properties[API_FUNCTION]["Environment"]["Variables"])
    yield from differences(
        "settings of the API",
        of_the_api.model_dump(),
        {
            "account_id": ACCOUNT,
            "iam_roles": {"role/on-call27": "operator"},
            "allowed_cidrs": (ip_network("192.0.2.28/32"),),
            "api_scope": "scope/32",
            "role_claim": "groups33",
            "role_map": {"operators34": "operator"},
            "owner_claim": "owner35",
            "owner_index": True,
            "operation_runner": f"<{RUNNER}>",
            "event_functions": {
                **{str(event_type): f"<{function}>" for event_type, function in EVENT_FUNCTIONS.items()},
                "COMMAND_REPLY": f"<{COMMAND_REPLY}>",
                "*": f"<{SAGA_EVENT}>",
            },
            "relay_functions": ("<CommandRelayFunction>", f"<{KAFKA_RELAY}>"),
        },
    )
    without = deploy({**GIVEN, "OwnerIndex": "false"}, template).properties[API_FUNCTION]["Environment"]["Variables"]
    yield from differences("without an index of owners", ApiSettings.from_environment(without).owner_index, False)
    from local_stack.template import resolve  # noqa: PLC0415 - needed here alone
    from tests.release.template.deployment import symbol  # noqa: PLC0415

    outputs = {name: resolve(value, symbol) for name, value in deployed.resolved.outputs.items()}
    yield from differences("outputs", outputs, OUTPUTS)
