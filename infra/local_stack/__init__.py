"""The stack on one machine. `local_stack.stack` runs it; it imports the emulator, so it stays behind its own name, and
this door holds what is light: what happens on the stack, and the reasons why it cannot start. Inside, `template` reads
and creates what is declared, `sources` feed events, `functions` run, `aws` answers; each needs only what comes after
it.
"""

from local_stack.errors import (
    BrokenTemplate,
    KafkaUnavailableError,
    LocalStackError,
    PortTakenError,
    StackClosedError,
    UnsupportedResource,
)
from local_stack.stack_event import EventKind, EventSink, StackEvent

__all__ = [
    "BrokenTemplate",
    "EventKind",
    "EventSink",
    "KafkaUnavailableError",
    "LocalStackError",
    "PortTakenError",
    "StackClosedError",
    "StackEvent",
    "UnsupportedResource",
]
