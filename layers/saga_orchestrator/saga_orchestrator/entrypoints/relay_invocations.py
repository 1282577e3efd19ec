"""What the relay is invoked with: a stream batch, or wishes to publish sagas' messages again."""

import re
from dataclasses import dataclass
from typing import Any, Final, TypeGuard

from saga_orchestrator.domain.errors import RejectedEvent, RejectReason

_PLAIN: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")
_FORMS: Final = (
    "the invocation is neither a stream batch, an object with Records, nor a wish to republish: "
    '{"republish": [{"execution_id": "...", "saga_name": "..."}]}'
)


@dataclass(frozen=True, slots=True)
class StreamBatch:
    """The batch, in its order."""

    records: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class WishToRepublish:
    """Execution id and saga name of each saga whose messages are wanted again."""

    sagas: list[tuple[str, str]]


def read_invocation(event: Any) -> StreamBatch | WishToRepublish:
    """One of the two, and nothing beside it: taken for an empty batch, a mistyped wish would look fulfilled.

    Raises:
        RejectedEvent: it is neither. A record without a sequence number could not be reported, so none of its batch is
            touched.
    """
    match event:
        case {"republish": [*wanted], **more} if not more:
            return WishToRepublish(list(map(_wished_saga, wanted)))
        case {"Records": [*records]} if "republish" not in event and all(map(_is_record, records)):
            return StreamBatch(records)
        case _:
            raise RejectedEvent(RejectReason.UNRECOGNISED_INVOCATION, _FORMS)


def _is_record(record: Any) -> bool:
    change = record.get("dynamodb") if isinstance(record, dict) else None
    return isinstance(change, dict) and _is_plain(change.get("SequenceNumber"))


def _wished_saga(wanted: Any) -> tuple[str, str]:
    fields: dict[str, Any] = wanted if isinstance(wanted, dict) else {}
    execution_id, saga_name = fields.get("execution_id"), fields.get("saga_name", "execution_saga")
    # A field beside these is a mistyped saga_name, and another saga than the wanted one would be published.
    if not (_is_plain(execution_id) and _is_plain(saga_name)) or fields.keys() - {"execution_id", "saga_name"}:
        raise RejectedEvent(RejectReason.UNRECOGNISED_INVOCATION, f"a wish to republish names no saga; {_FORMS}")
    return execution_id, saga_name


def _is_plain(word: object) -> TypeGuard[str]:
    """Can stand in a key of the table or of the bucket."""
    return isinstance(word, str) and _PLAIN.fullmatch(word) is not None
