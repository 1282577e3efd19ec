"""Functions, and what becomes of their asynchronous events."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from local_stack.aws import function_name_of
from local_stack.errors import UnsupportedResource
from local_stack.functions import (
    MAX_ASYNC_AGE_DEFAULT,
    MAX_ASYNC_ATTEMPTS_DEFAULT,
    AsyncConfig,
    Destinations,
    FunctionSpec,
    service_of,
)
from local_stack.template.context import Context
from local_stack.template.intrinsics import Resource
from local_stack.template.inventory import Physical


def function(context: Context, resource: Resource, properties: Mapping[str, Any]) -> Physical:
    name = context.name(properties, "FunctionName", resource.logical_id, 64)
    code = context.code[resource.logical_id]
    reserved = properties.get("ReservedConcurrentExecutions")
    spec = FunctionSpec(
        name=name,
        logical_id=resource.logical_id,
        arn=context.arn("lambda", f"function:{name}"),
        handler=properties["Handler"],
        code_dir=code.directory.resolve(),
        layer_dirs=tuple(layer.resolve() for layer in code.layers),
        environment={
            key: _text(value) for key, value in properties.get("Environment", {}).get("Variables", {}).items()
        },
        timeout_seconds=int(properties.get("Timeout", 3)),
        memory_mb=int(properties.get("MemorySize", 128)),
        reserved_concurrency=None if reserved is None else int(reserved),
        log_format=properties.get("LoggingConfig", {}).get("LogFormat", "Text"),
    )
    context.made.functions[name] = spec
    return Physical(name, {"Arn": spec.arn})


def event_invoke_config(context: Context, resource: Resource, properties: Mapping[str, Any]) -> Physical:
    name = function_name_of(properties["FunctionName"])
    destinations = properties.get("DestinationConfig", {})
    on_failure = destinations.get("OnFailure", {}).get("Destination")
    if "OnSuccess" in destinations or (on_failure and service_of(on_failure) not in Destinations.SERVICES):
        raise UnsupportedResource(
            resource.type, resource.logical_id, "the local stack knows on-failure destinations S3, SQS and SNS alone"
        )
    config = AsyncConfig(
        max_retries=int(properties.get("MaximumRetryAttempts", MAX_ASYNC_ATTEMPTS_DEFAULT)),
        max_age_seconds=int(properties.get("MaximumEventAgeInSeconds", MAX_ASYNC_AGE_DEFAULT)),
        on_failure=on_failure,
    )
    context.made.functions[name] = replace(context.made.functions[name], asynchronous=config)
    return Physical(f"{name}/$LATEST")


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
