"""A participant in thirty lines, and one bug for each clause that it could have."""

import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]

OUT_OF_STOCK = {"sku": "none"}


@dataclass
class Reference:
    """Holds stock. `bug` is the number of the clause that it breaks."""

    bug: str = ""
    effects: Counter[str] = field(default_factory=Counter)
    settled: dict[str, Json] = field(default_factory=dict)
    """The first done or refused of each operation."""
    barred: set[str] = field(default_factory=set)
    answers: dict[str, Json] = field(default_factory=dict)
    restarted: bool = False

    def answer(self, command: Json) -> Json:
        """The reply to one message."""
        message = command["message_id"]
        repeated = message in self.answers
        if not repeated:
            self.answers[message] = self._undo(command) if "undoes" in command else self._do(command)
        elif self.bug == "1.1":
            self.effects[command["operation_id"]] += 1
        said = self.answers[message]
        if self.bug == "2.2" and repeated and not self.restarted:
            said = {**said, "data": {"reservation": uuid.uuid4().hex}}
        identity = "two words" if self.bug == "2.1" else f"reply-{uuid.uuid4().hex}"
        head = {"event_id": identity, "event_type": "COMMAND_REPLY", "event_version": "1.0"}
        return {**head, "timestamp": datetime.now(UTC).isoformat(), "in_reply_to": message, **said}

    def restart(self) -> None:
        self.restarted = True
        if self.bug == "8.1":
            self.answers.clear()
            self.settled.clear()
        if self.bug == "8.2":
            self.barred.clear()

    def _do(self, command: Json) -> Json:
        operation, first = command["operation_id"], command["attempt"] == 1
        if operation in self.barred:
            return {"outcome": "refused", "reason": "barred"}
        if operation in self.settled and not (self.bug == "3.2" and self.settled[operation]["outcome"] == "refused"):
            self.effects[operation] += self.bug == "1.2"
            data = {"data": {"reservation": "another"}} if self.bug == "3.1" and not first else {}
            return {**self.settled[operation], **data}
        if datetime.fromisoformat(command["expires_at"]) <= datetime.now(UTC) and self.bug != "4.1":
            return {"outcome": "failed", "reason": "expired"}
        if command.get("sku") == OUT_OF_STOCK["sku"] and operation not in self.settled:
            self.settled[operation] = {"outcome": "refused", "reason": "out_of_stock"}
        else:
            self.effects[operation] += 1
            self.settled[operation] = {"outcome": "done", "data": {"reservation": uuid.uuid4().hex}}
        return self.settled[operation]

    def _undo(self, command: Json) -> Json:
        operation = command["operation_id"]
        known = operation in self.settled
        if self.bug == "6.1" and not known:
            self.barred.add(operation)
            return {"outcome": "refused", "reason": "unknown"}
        if self.bug == "5.2" and command["attempt"] > 1:
            return {"outcome": "failed"}
        if self.bug != "5.1":
            self.effects[operation] = 0
        if self.bug != ("7.1" if known else "7.2"):
            self.barred.add(operation)
        else:
            self.settled.pop(operation, None)
        return {"outcome": "done"}
