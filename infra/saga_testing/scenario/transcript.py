"""What happened in a scenario, in the words of whoever reads a failed test."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

Json = Mapping[str, Any]

ENVELOPE: Final = frozenset(
    {"message_id", "message_type", "message_version", "timestamp", "saga_id", "saga_name", "execution_id",
     "correlation_id", "causation_id"}
)  # fmt: skip


@dataclass
class Transcript:
    """Lines with their time, counted from the start."""

    began_at: int
    lines: list[str] = field(default_factory=list)

    def note(self, now: int, text: str) -> None:
        self.lines.append(f"{(now - self.began_at) / 1000:>8.3f} s  {text}")

    def heard(self, now: int, what: str) -> None:
        self.note(now, f"<- {what}")

    def sent(self, now: int, body: Json) -> None:
        self.note(now, f"-> {in_short(body)}")

    def __str__(self) -> str:
        return "\n".join(f"  {line}" for line in self.lines) or "  nothing"


def in_short(body: Json) -> str:
    """A message without its envelope: its type, its key, its own fields."""
    key = str(body.get("message_id", "")).rpartition(":")[2]
    own = {name: value for name, value in body.items() if name not in ENVELOPE}
    return f"{body['message_type']} ({key}) {json.dumps(own, ensure_ascii=False)}"


def listed(bodies: Sequence[Json]) -> str:
    return "\n".join(f"  {in_short(body)}" for body in bodies) or "  nothing"
