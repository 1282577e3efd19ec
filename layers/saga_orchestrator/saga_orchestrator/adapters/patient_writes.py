"""Conditional writes that wait out what passes: conflicts and throttles of transactions, which the SDK leaves to us."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from saga_orchestrator.application.ports import Pause
from saga_orchestrator.domain.errors import RetryableError

from .aws_errors import PERMANENT_REASONS, cancellation_reasons, code_of, refused_for_good, retryable
from .saga_codec import Item

TRANSACTION_ATTEMPTS = 8
_CONDITION = "ConditionalCheckFailed"


@dataclass(frozen=True, slots=True)
class Refused:
    """A condition did not hold and nothing was written: of which write, and what its item was if the write asked."""

    position: int
    item: Item | None


@dataclass(frozen=True, slots=True)
class PatientWrites:
    """None for a write that is durable."""

    client: Any
    rng: random.Random
    pause: Pause

    def single(self, call: Callable[..., Any], request: dict[str, Any]) -> Refused | None:
        for attempt in range(TRANSACTION_ATTEMPTS):
            try:
                with retryable():
                    call(**request)
            except ClientError as error:
                if code_of(error) == "ConditionalCheckFailedException":
                    return Refused(0, error.response.get("Item"))
                if code_of(error) != "TransactionConflictException":
                    raise
                # Somebody's transaction holds the item for a moment; the SDK does not retry this one.
                self.pause(self.rng.random() * 0.01 * 2**attempt)
            else:
                return None
        msg = "the write met somebody's transaction each time"
        raise RetryableError(msg)

    def transact(self, actions: list[dict[str, Any]], *, deciding: int = 1) -> Refused | None:
        """All or none. What decides comes first: so many of `actions`, whose refusals count whatever those behind them
        met.
        """
        for attempt in range(TRANSACTION_ATTEMPTS):
            try:
                with retryable():
                    self.client.transact_write_items(TransactItems=actions)
            except ClientError as error:
                refused = _cancelled(error, deciding)
                if refused is not None:
                    return refused
                self.pause(self.rng.random() * 0.01 * 2**attempt)
            else:
                return None
        msg = "the transaction met a conflict or a throttle each time"
        raise RetryableError(msg)


def _cancelled(error: ClientError, deciding: int) -> Refused | None:
    """What the cancellation means, by position; None when it may pass. A permanent one is raised.

    The first condition goes before all: whatever a counter said, a saga that exists is decided on again.
    """
    if code_of(error) != "TransactionCanceledException":
        raise error
    reasons = cancellation_reasons(error)
    codes = [reason.get("Code") for reason in reasons]
    # One that met something else may have been refused as well, and says so next time: nothing behind it counts yet.
    first = next((position for position, code in enumerate(codes[:deciding]) if code != "None"), None)
    if first is not None and codes[first] == _CONDITION:
        return Refused(first, reasons[first].get("Item"))
    if permanent := PERMANENT_REASONS.intersection(codes):
        raise refused_for_good(error.operation_name, min(permanent)) from error
    # Refused only where nothing else is said: beside a conflict, a throttle or a reason we do not know, it may pass.
    passing = _CONDITION not in codes or set(codes) != {"None", _CONDITION}
    if passing:
        return None
    return Refused(codes.index(_CONDITION), None)
