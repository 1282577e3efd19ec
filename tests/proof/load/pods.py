"""A worker in memory that keeps the contract: one pod a create, none after its delete or too late, an end for each."""

import random
from typing import Any

from saga_testing.samples.sample_events import event

ENDS = ("EXECUTION_COMPLETED", "EXECUTION_COMPLETED", "EXECUTION_FAILED", "EXECUTION_TIMEOUT")


class Pods:
    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._handled: set[str] = set()
        self.deleted: set[str] = set()
        self.created: set[str] = set()
        self.running: set[str] = set()

    def obey(self, command: dict[str, Any]) -> list[dict[str, Any]]:
        """The events that the pod will send. A command that comes twice has no second effect."""
        execution_id, message_id = command["execution_id"], command["message_id"]
        if message_id in self._handled:
            return []
        self._handled.add(message_id)
        if command["message_type"] == "DELETE_POD_COMMAND":
            self.deleted.add(execution_id)
            self.running.discard(execution_id)
            return []
        if command["message_type"] != "CREATE_POD_COMMAND" or execution_id in self.deleted:
            return []
        assert execution_id not in self.created, f"{execution_id} was created by two messages"
        self.created.add(execution_id)
        self.running.add(execution_id)
        return [event("EXECUTION_STARTED", execution_id), event(self._dice.choice(ENDS), execution_id)]

    def ended(self, execution_id: str) -> None:
        """The pod's process is over, with or without anybody asking."""
        self.running.discard(execution_id)

    def forget(self) -> None:
        """Deletes are remembered until their creates have expired."""
        for memory in (self._handled, self.deleted, self.created, self.running):
            memory.clear()
