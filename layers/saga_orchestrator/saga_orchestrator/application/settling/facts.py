"""A rejected event as people and programs read it: why, where and whom it is about, and never a byte of it."""

import re
from datetime import datetime, timedelta
from typing import Any, Final

from saga_orchestrator.domain.errors import RejectReason
from saga_orchestrator.domain.instants import rfc3339

from .groups import Group
from .kept import Kept

BYTES_KEPT: Final = timedelta(days=30)
"""As the bucket's lifecycle says."""

_FIELD: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_.\[\]]{0,63})(: | )(.+)", re.DOTALL)
"""How a detail begins that is about one field: the field, and what is wrong with it."""
_PLACES: Final = ("cluster", "partition", "offset", "id", "record", "execution_id", "saga_name", "request_id")
"""Of a position: what the source gave it. A header is what somebody wrote."""
_PLACE: Final = re.compile(r"[A-Za-z0-9_.:/,#=+-]{1,512}")


def rejected_facts(kept: Kept) -> dict[str, Any]:
    """Each name is there, readable or not."""
    field, rule = _field_and_rule(kept)
    return {
        "id": kept.id,
        "state": kept.state,
        "reason": kept.reason,
        "field": field,
        "rule": rule,
        "source": kept.source,
        "position": _position(kept),
        "function": kept.function,
        "event_type": kept.names.get("event_type"),
        "execution_id": kept.names.get("execution_id"),
        "event_id": kept.names.get("event_id"),
        "first_at": kept.at,
        "last_at": kept.more.get("last_at", kept.at),
        "copies": kept.copies,
        "size": _size(kept),
        "digest": kept.key.rpartition("/")[2] or None,
        "bytes_kept_until": _kept_until(kept),
        "settled_at": kept.more.get("settled_at"),
        "settled_by": kept.more.get("settled_by"),
    }


def group_facts(group: Group) -> dict[str, Any]:
    return {
        "reason": group.reason,
        "function": group.function,
        "event_type": group.event_type,
        "count": group.count,
        "copies": group.copies,
        "oldest": group.oldest,
        "newest": group.newest,
        "sample": group.sample,
    }


def _field_and_rule(kept: Kept) -> tuple[str | None, str | None]:
    """The first of the fields that break a rule, and the rest of what is said. It names fields and limits alone."""
    found = _FIELD.fullmatch(kept.detail)
    if found and (found[2] == ": " or kept.reason == RejectReason.MALFORMED):
        return found[1], found[3]
    return None, kept.detail or None


def _position(kept: Kept) -> dict[str, str]:
    shown = {name: str(kept.position[name]) for name in _PLACES if name in kept.position}
    return {name: text for name, text in shown.items() if _PLACE.fullmatch(text)}


def _size(kept: Kept) -> int | None:
    size = str(kept.more.get("size", ""))
    return int(size) if size.isascii() and size.isdecimal() else None


def _kept_until(kept: Kept) -> str | None:
    """Each copy puts the bytes anew."""
    try:
        last = datetime.fromisoformat(str(kept.more.get("last_at", kept.at)))
        return rfc3339(int((last + BYTES_KEPT).timestamp() * 1000))
    except (ValueError, OverflowError):
        return None
