"""Lambda: functions as their callers see them, the sandboxes they run in (the real runtime client), the asynchronous
queue with its retries, and the destinations of what is given up.
"""

from local_stack.functions.destinations import Destinations, Failure, mapping_failure_record, service_of, timestamp
from local_stack.functions.function_logs import FunctionLogs
from local_stack.functions.function_spec import (
    MAX_ASYNC_AGE_DEFAULT,
    MAX_ASYNC_ATTEMPTS_DEFAULT,
    AsyncConfig,
    FunctionSpec,
)
from local_stack.functions.lambda_service import MAX_ASYNC_BYTES, MAX_SYNC_BYTES, LambdaLimits, LambdaService
from local_stack.functions.sandbox import Outcome

__all__ = [
    "MAX_ASYNC_AGE_DEFAULT",
    "MAX_ASYNC_ATTEMPTS_DEFAULT",
    "MAX_ASYNC_BYTES",
    "MAX_SYNC_BYTES",
    "AsyncConfig",
    "Destinations",
    "Failure",
    "FunctionLogs",
    "FunctionSpec",
    "LambdaLimits",
    "LambdaService",
    "Outcome",
    "mapping_failure_record",
    "service_of",
    "timestamp",
]
