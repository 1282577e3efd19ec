"""What the relay is invoked with: a stream batch, or wishes to publish a saga's messages again."""

import re
from typing import Any, Final, TypeGuard

from saga_orchestrator.domain.errors import RejectedEvent, RejectReason

_PLAIN: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")


def stream_records(event: Any) -> list[dict[str, Any]]:
    """The batch, in its order.

    Raises:
        RejectedEvent: a record without a sequence number could not be reported, so none of its batch is touched.
    """
    records = event.get("Records", []) if isinstance(event, dict) else []
    if not isinstance(records, list) or not all(map(_is_record, records)):
        raise RejectedEvent(
            RejectReason.UNRECOGNISED_INVOCATION, "the invocation is neither a stream batch nor a wish to republish"
        )
    return records


def _is_record(record: Any) -> bool:
    change = record.get("dynamodb") if isinstance(record, dict) else None
    return isinstance(change, dict) and _is_plain(change.get("SequenceNumber"))


def wished_saga(wanted: Any) -> tuple[str, str]:
    """Execution id and saga name of the saga whose messages are wanted again.

    Raises:
        RejectedEvent: it names none.
    """
    fields: dict[str, Any] = wanted if isinstance(wanted, dict) else {}
    execution_id, saga_name = fields.get("execution_id"), fields.get("saga_name", "execution_saga")
    if not (_is_plain(execution_id) and _is_plain(saga_name)):
        raise RejectedEvent(RejectReason.UNRECOGNISED_INVOCATION, "a wish to republish names no saga")
    return execution_id, saga_name


def _is_plain(word: object) -> TypeGuard[str]:
    """Can stand in a key of the table or of the bucket."""
    return isinstance(word, str) and _PLAIN.fullmatch(word) is not None
