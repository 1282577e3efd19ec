"""Where the golden files are, and the plain form in which they keep what today's code made of something."""

import dataclasses
import json
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any, Final

from saga_orchestrator.domain.flow.ledger import Ledger
from saga_orchestrator.domain.secret import Secret
from tests.release.compatibility.deployment import Json

GOLDEN: Final = Path(__file__).parent / "golden"
WAITING_ITEMS: Final = "waiting_items"
ITEMS, NEWER_ITEMS, RECORDS, COUNTERS, EVENTS = "items", "items_of_newer_code", "stream_records", "counters", "events"
SCHEMA: Final = "3"
"""Of the items that today's code writes. Raised when what it writes changes; older files stay and are still read."""

WAITING_SCHEMA: Final = "3"
"""The same of sagas that wait."""

COUNTER_SCHEMA: Final = "3"
"""The same of counters, which have caps since 3."""

ADDED_FIELDS: Final[frozenset[str]] = frozenset({"cancelled_by", "by_right_of"})
"""What messages say since a later schema than the first: left out where older and newer forms are compared."""


def golden(kind: str) -> list[Path]:
    """Every file of a kind, of all versions."""
    return sorted((GOLDEN / kind).rglob("*.json"))


def place(kind: str, version: str, name: str) -> Path:
    return GOLDEN / kind / version / f"{name}.json"


def load(file: Path) -> Json:
    content: Json = json.loads(file.read_text(encoding="utf-8"))
    return content


def text_of(content: Json) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def name_of(file: Path) -> str:
    """For test ids: version and name."""
    return f"{file.parent.name}-{file.stem}"


def golden_event(name: str, version: str = "1.0") -> Json:
    event: Json = load(place(EVENTS, version, name))["event"]
    return event


def as_ever(body: str) -> str:
    """A message without the fields that were added to it later: the rest must keep its bytes."""
    fields = {name: value for name, value in json.loads(body).items() if name not in ADDED_FIELDS}
    return json.dumps(fields, separators=(",", ":"), ensure_ascii=False) if ADDED_FIELDS else body


WAITING: Final = frozenset(
    {
        "input",
        "settings",
        "ledger",
        "data",
        "outcome",
        "failed_step",
        "errors",
        "saga_due",
        "event_type",
        "definition_hash",
        "wake",
        "traceparent",
    }
)
"""What sagas had not from the first: where it is empty it is not even named, since older files do not."""


def plain(value: Any) -> Any:
    """A domain value as JSON: dataclasses by field, bytes as hexadecimal digits, of a secret only its length."""
    match value:
        case Secret():
            return {"secret_bytes": len(value.reveal())}
        case bytes():
            return value.hex()
        case Enum() | Ledger():
            return str(value)
        case tuple() | list():
            return [plain(each) for each in value]
        case _ if (members := _members(value)) is not None:
            return {name: plain(each) for name, each in members.items()}
        case _:
            return value


def _members(value: Any) -> dict[str, Any] | None:
    if isinstance(value, Mapping):
        return dict(value)
    if not dataclasses.is_dataclass(value):
        return None
    known = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    return {"type": type(value).__name__, **{name: has for name, has in known.items() if has or name not in WAITING}}


def lacks(known: Any, today: Any, where: str = "") -> list[str]:
    """What of `known` is not so in `today`. A field more is no difference: code may learn more, and never forget."""
    if isinstance(known, dict) and isinstance(today, dict):
        return [wrong for name, value in known.items() for wrong in lacks(value, today.get(name), f"{where}.{name}")]
    if isinstance(known, list) and isinstance(today, list) and len(known) == len(today):
        pairs = enumerate(zip(known, today, strict=True))
        return [wrong for place, (one, other) in pairs for wrong in lacks(one, other, f"{where}[{place}]")]
    return [] if known == today else [f"{where}: {known!r} is now {today!r}"]
