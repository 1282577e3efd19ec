"""A participant that keeps every rule of the contract. `docs/participant-contract.md` shows it."""

from collections.abc import Callable, MutableMapping
from datetime import datetime
from typing import Any

Json = dict[str, Any]


class Participant:
    """`do` says done, refused or failed; `take_back` done or failed. `memory` outlives a restart, as what was done."""

    def __init__(
        self, do: Callable[[Json], str], take_back: Callable[[Json], str], memory: MutableMapping[str, str]
    ) -> None:
        self.do, self.take_back, self.memory = do, take_back, memory

    def take(self, message: Json, now: datetime) -> Json:
        """Answer a message; what it does and what it remembers belong into one transaction."""
        message_id = message["message_id"]
        outcome = self.memory.get(message_id) or self.decide(message, message["operation_id"], now)
        self.memory[message_id] = outcome
        return {"event_type": "COMMAND_REPLY", "event_version": "1.0", "event_id": f"re:{message_id.replace('#', '.')}",
                "timestamp": now.isoformat(), "in_reply_to": message_id, "outcome": outcome}  # fmt: skip

    def decide(self, message: Json, operation: str, now: datetime) -> str:
        known = self.memory.get(operation)
        if "undoes" in message:
            self.memory[operation] = "barred" if known in {None, "refused", "barred"} else "to be taken back"
            outcome = self.take_back(message) if self.memory[operation] == "to be taken back" else "done"
            self.memory[operation] = "barred" if outcome == "done" else self.memory[operation]
            return outcome
        if known is not None:
            return known if known in {"done", "refused"} else "refused"
        if now > datetime.fromisoformat(message["expires_at"]):
            return "failed"
        outcome = self.do(message)
        if outcome != "failed":
            self.memory[operation] = outcome
        return outcome
