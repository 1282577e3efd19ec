"""Calling a definition's own functions. They run inside handlers that all sagas share, so what they raise is named."""

from collections.abc import Callable
from typing import TypeVar

from .errors import RejectedEvent, RejectReason, SagaError

T = TypeVar("T")


def call(what: str, function: Callable[..., T], *arguments: object) -> T:
    """What `function`, one of a definition's own, answers.

    Raises:
        RejectedEvent: it raised. The same question would raise again, so what asked it is set aside by itself.
    """
    try:
        return function(*arguments)
    except SagaError:
        raise
    except (Exception, SystemExit) as bug:
        # The type alone: a message could quote a user's data.
        raise RejectedEvent(RejectReason.DEFINITION_RAISED, f"{what} raised {type(bug).__name__}") from bug
