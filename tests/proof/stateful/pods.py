"""The worker, as far as it matters who is alive: it obeys a command as soon as the bus has it."""

from datetime import datetime
from typing import Any


class Pods:
    """Stands where oracles expect the simulation's worker. A delete wins over its create, also over a later one."""

    def __init__(self) -> None:
        self.alive: set[str] = set()
        self.runs: dict[str, int] = {}
        self._seen: set[str] = set()
        self._deleted: set[str] = set()

    def obey(self, body: dict[str, Any], now: int) -> None:
        execution_id = body["execution_id"]
        if body["message_id"] in self._seen:
            return
        self._seen.add(body["message_id"])
        if body["message_type"] == "DELETE_POD_COMMAND":
            self._deleted.add(execution_id)
            self.alive.discard(execution_id)
        elif body["message_type"] == "CREATE_POD_COMMAND" and execution_id not in self._deleted:
            self._create(execution_id, body, now)

    def _create(self, execution_id: str, body: dict[str, Any], now: int) -> None:
        if now < datetime.fromisoformat(body["expires_at"]).timestamp() * 1000:
            self.alive.add(execution_id)
            self.runs[execution_id] = self.runs.get(execution_id, 0) + 1
