"""What all repairs share: the lock round moto's state, the end of waiting, and how a repair takes its place."""

import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

#: Held round every request and by everything that touches moto's state from outside a request. One for all services:
#: none of them waits while it holds it, and one interpreter runs one of them at a time anyway. A Condition, because a
#: waiting ReceiveMessage must give it up completely, however deep it was taken.
STATE = threading.Condition(threading.RLock())

#: Set when whoever still waits for a message gets an empty answer.
CLOSING = threading.Event()


def replace_method(owner: type | ModuleType, method: str, replacement: Callable[..., Any]) -> None:
    """Put ours in the place of moto's."""
    setattr(owner, method, replacement)
