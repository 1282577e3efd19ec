"""Repairs that make moto behave as AWS documents, where a saga engine depends on it: each restores one documented
statement, and is tested for it. `install` applies them once in a process; `STATE` is held by whatever touches moto's
state.
"""

from local_stack.aws.moto_repairs.declarations import StackResource, declare_alarm, tell_resources
from local_stack.aws.moto_repairs.dynamodb import deletions_by_time_to_live
from local_stack.aws.moto_repairs.indexes import index_of
from local_stack.aws.moto_repairs.repairs import PINNED_MOTO, dispatch_rules_to, end_long_polls, install
from local_stack.aws.moto_repairs.state import STATE

__all__ = [
    "PINNED_MOTO",
    "STATE",
    "StackResource",
    "declare_alarm",
    "deletions_by_time_to_live",
    "dispatch_rules_to",
    "end_long_polls",
    "index_of",
    "install",
    "tell_resources",
]
