"""Commands of one step, as a waiting saga sends them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

Json = dict[str, Any]

SAGA: Final = "contract_saga"
_REPLY_SECONDS: Final = 300


@dataclass(frozen=True)
class Step:
    """What a participant is asked for: the type of the command, of its undo if it has one, and what they say."""

    command: str
    undo: str | None = None
    body: Mapping[str, Any] = field(default_factory=dict)
    refused: Mapping[str, Any] | None = None
    """Fields with which the participant refuses."""
    key_field: str | None = None
    """The saga's own name for its key, such as `order_id`."""


def command(step: Step, key: str, attempt: int, *, refused: bool = False, late: bool = False) -> Json:
    """One attempt. `late`: it must not be begun any more."""
    body = step.refused if refused and step.refused is not None else step.body
    return _message(step, key, step.command, attempt, late=late) | dict(body)


def undo(step: Step, key: str, attempt: int, attempts_made: int) -> Json:
    """The undo of whatever these attempts have done."""
    made = [f"{_saga_id(key)}:{_kind(step.command)}#{number}" for number in range(1, attempts_made + 1)]
    return _message(step, key, step.undo or step.command, attempt) | {"undoes": made}


def _message(step: Step, key: str, message_type: str, attempt: int, *, late: bool = False) -> Json:
    now = datetime.now(UTC)
    begun = now - timedelta(seconds=2 * _REPLY_SECONDS) if late else now
    saga_id = _saga_id(key)
    return {
        "message_id": f"{saga_id}:{_kind(message_type)}#{attempt}",
        "message_type": message_type,
        "message_version": "1.0",
        "timestamp": _rfc3339(begun),
        "saga_id": saga_id,
        "saga_name": SAGA,
        "execution_id": key,
        "correlation_id": f"corr-{key}",
        "causation_id": f"evt-{key}",
        **({step.key_field: key} if step.key_field else {}),
        "operation_id": f"{saga_id}:{_kind(step.command)}",
        "attempt": attempt,
        "expires_at": _rfc3339(begun + timedelta(seconds=_REPLY_SECONDS)),
        "stack": "contract-kit",
    }


def _saga_id(key: str) -> str:
    return f"{SAGA}:{key}"


def _kind(message_type: str) -> str:
    return message_type.removesuffix("_COMMAND").lower()


def _rfc3339(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
