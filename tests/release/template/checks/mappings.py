"""Every number and every switch of what brings events to a function, compared as a whole."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.release.template.checks import differences
from tests.release.template.deployment import (
    API_FUNCTION,
    CONSOLE_FUNCTION,
    FED_FUNCTIONS,
    FUNCTIONS,
    KAFKA_RELAY,
    KAFKA_TARGET,
    MAPPED_FUNCTIONS,
    MSK,
    PEOPLE,
    RUNNER,
    SAGA_WAKE,
    SELF_MANAGED,
    deploy,
)

OF_THEIR_OWN = {
    "KafkaBatchSize": "77",
    "KafkaMaximumRecordAgeSeconds": "7777",
    "MinimumPollers": "3",
    "MaximumPollers": "5",
    "StartingPosition": "LATEST",
    "EventFunctionConcurrency": "9",
    "ApiConcurrency": "11",
    "ConsoleConcurrency": "13",
    "CheckInterval": "rate(7 minutes)",
}
REGISTRY: dict[str, Any] = {
    "SchemaRegistryURI": "https://registry.example",
    "EventRecordFormat": "JSON",
    "SchemaValidationConfigs": [{"Attribute": "VALUE"}],
}
KEPT = {"OnFailure": {"Destination": "<PayloadBucket.Arn>"}}
OUTBOX = {"Pattern": '{"eventName":["INSERT","MODIFY"],"dynamodb":{"NewImage":{"outbox":{"S":[{"exists":true}]}}}}'}
WAKE = {"Pattern": '{"eventName":["INSERT","MODIFY"],"dynamodb":{"NewImage":{"wake":{"N":[{"exists":true}]}}}}'}
STREAM = {
    "FunctionName": "<CommandRelayFunction>",
    "EventSourceArn": "<SagaTable.StreamArn>",
    "StartingPosition": "TRIM_HORIZON",
    "BatchSize": 100,
    "MaximumBatchingWindowInSeconds": 0,
    "ParallelizationFactor": 4,
    "FilterCriteria": {"Filters": [OUTBOX]},
    "FunctionResponseTypes": ["ReportBatchItemFailures"],
    "BisectBatchOnFunctionError": True,
    "MaximumRetryAttempts": -1,
    "MaximumRecordAgeInSeconds": 43_200,
    "DestinationConfig": KEPT,
}
WAKES = {
    "FunctionName": f"<{SAGA_WAKE}>",
    "EventSourceArn": "<WakeQueue.Arn>",
    "BatchSize": 10,
    "MaximumBatchingWindowInSeconds": 0,
    "FunctionResponseTypes": ["ReportBatchItemFailures"],
    "ScalingConfig": {"MaximumConcurrency": 10},
}
PROVISIONED_ALONE = {
    "FunctionResponseTypes": ["ReportBatchItemFailures"],
    "BisectBatchOnFunctionError": True,
    "MaximumRetryAttempts": 1000,
    "MaximumRecordAgeInSeconds": "7777",
    "ProvisionedPollerConfig": {"MinimumPollers": "3", "MaximumPollers": "5", "PollerGroupName": "sagas"},
}
TIMEOUTS = {
    **dict.fromkeys(FED_FUNCTIONS, 30),
    "TimeoutCheckerFunction": 50,
    SAGA_WAKE: 20,
    "CommandRelayFunction": 60,
    KAFKA_RELAY: 60,
    API_FUNCTION: 25,
    RUNNER: 300,
    CONSOLE_FUNCTION: 10,
}
CONCURRENCY = {**dict.fromkeys(FED_FUNCTIONS, "9"), API_FUNCTION: "11", CONSOLE_FUNCTION: "13"}
INVOCATIONS = {
    **dict.fromkeys((*FUNCTIONS, KAFKA_RELAY), (21_600, 2)),
    **dict.fromkeys(("TimeoutCheckerFunction", SAGA_WAKE, RUNNER), (300, 0)),
}
"""Age and retries of what was invoked asynchronously."""
SCHEDULES = {"TimeoutCheckerFunction": "rate(7 minutes)", RUNNER: "rate(1 minute)"}
TARGETS = {
    "AWS::Events::Rule": {"MaximumRetryAttempts": 185, "MaximumEventAgeInSeconds": 86_400},
    "AWS::Scheduler::Schedule": {"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 300},
}


def complaints(template: Path) -> Iterator[str]:
    """Every difference of mappings, targets, retries and time-outs from their declaration here."""
    for mode in ("on-demand", "provisioned"):
        given = {**MSK, **SELF_MANAGED, **KAFKA_TARGET, **PEOPLE, **OF_THEIR_OWN, "KafkaMode": mode}
        registry = {"SchemaRegistryUri": REGISTRY["SchemaRegistryURI"]} if mode == "provisioned" else {}
        deployed = deploy({**given, **registry}, template)
        more = PROVISIONED_ALONE if mode == "provisioned" else {}
        found = dict(deployed.of_type("AWS::Lambda::EventSourceMapping"))
        first = STREAM | {"FilterCriteria": {"Filters": [OUTBOX, WAKE]}}
        yield from differences("stream", found.pop("CommandRelayStreamMapping", {}), first)
        yield from differences("wakes", found.pop("SagaWakeQueueMapping", {}), WAKES)
        second = STREAM | {"FunctionName": f"<{KAFKA_RELAY}>"}
        yield from differences("stream to Kafka", found.pop("KafkaRelayStreamMapping", {}), second)
        wanted = dict(_kafka(more, {"SchemaRegistryConfig": REGISTRY} if registry else {}))
        yield from differences(f"{mode} mappings", found, wanted)
    for function, timeout in TIMEOUTS.items():
        own = deployed.properties[function]
        settings = (own["Timeout"], own["MemorySize"], own.get("ReservedConcurrentExecutions"))
        wanted_settings = (timeout, "512", CONCURRENCY.get(function))
        yield from differences(f"{function} (Timeout, MemorySize, concurrency)", settings, wanted_settings)
    found_invocations = {
        config["FunctionName"]: (
            config["MaximumEventAgeInSeconds"],
            config["MaximumRetryAttempts"],
            config.get("DestinationConfig"),
        )
        for config in deployed.of_type("AWS::Lambda::EventInvokeConfig").values()
    }
    wanted_invocations = {f"<{function}>": (*numbers, KEPT) for function, numbers in INVOCATIONS.items()}
    schedules = {
        schedule["Target"]["Arn"]: schedule["ScheduleExpression"]
        for schedule in deployed.of_type("AWS::Scheduler::Schedule").values()
    }
    wanted_schedules = {f"<{function}.Arn>": often for function, often in SCHEDULES.items()}
    yield from differences("schedules", schedules, wanted_schedules)
    yield from differences("asynchronous invocations", found_invocations, wanted_invocations)
    for kind, retries in TARGETS.items():
        for name, source in deployed.of_type(kind).items():
            for target in source.get("Targets") or [source["Target"]]:
                yield from differences(f"{name} retries", target["RetryPolicy"], retries)
                yield from differences(
                    f"{name} dead letters", target.get("DeadLetterConfig"), {"Arn": "<RuleDeadLetterQueue.Arn>"}
                )


def _kafka(more: dict[str, Any], registry: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for event, function in MAPPED_FUNCTIONS.items():
        group = f"sagas-{event.lower().replace('_', '-')}"
        camel = "".join(part.title() for part in event.split("_"))
        common = {
            "FunctionName": f"<{function}>",
            "Topics": [event.lower()],
            "StartingPosition": "LATEST",
            "BatchSize": "77",
            "DestinationConfig": KEPT,
            **more,
        }
        yield (
            f"{camel}MskMapping",
            {
                **common,
                "EventSourceArn": MSK["MskClusterArn"],
                "AmazonManagedKafkaEventSourceConfig": {"ConsumerGroupId": f"{group}-msk", **registry},
            },
        )
        yield (
            f"{camel}KafkaMapping",
            {
                **common,
                "SelfManagedEventSource": {"Endpoints": {"KafkaBootstrapServers": ["b-1:9092", "b-2:9092"]}},
                "SelfManagedKafkaEventSourceConfig": {"ConsumerGroupId": group, **registry},
            },
        )
