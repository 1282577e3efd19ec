"""The emulated AWS: moto, repaired, behind one endpoint on loopback; the SDK clients that talk to it, and what AWS does
by itself (time to live).
"""

from local_stack.aws.call import function_name_of
from local_stack.aws.clients import AwsClients, isolated_session
from local_stack.aws.emulator_state import reset_emulator
from local_stack.aws.endpoint import AwsEndpoint, Invoker, InvokeReply, api_error
from local_stack.aws.iterator_age import IteratorAge
from local_stack.aws.moto_repairs import StackResource, declare_alarm, dispatch_rules_to, tell_resources
from local_stack.aws.table_stream import Record, TableStream
from local_stack.aws.ttl_reaper import DEFAULT_INTERVAL_SECONDS, TtlReaper, delete_expired

__all__ = [
    "DEFAULT_INTERVAL_SECONDS",
    "AwsClients",
    "AwsEndpoint",
    "InvokeReply",
    "Invoker",
    "IteratorAge",
    "Record",
    "StackResource",
    "TableStream",
    "TtlReaper",
    "api_error",
    "declare_alarm",
    "delete_expired",
    "dispatch_rules_to",
    "function_name_of",
    "isolated_session",
    "reset_emulator",
    "tell_resources",
]
