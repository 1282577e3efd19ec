"""What the relays' targets tell: which messages they were offered, which they took, and which they never will."""

import json
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.proof.simulation.oracles.every import When
from tests.proof.simulation.oracles.flow import EXECUTION

if TYPE_CHECKING:
    from tests.proof.simulation.world.wired_world import WiredWorld


@dataclass(frozen=True, slots=True)
class OfTarget:
    """Of one target: told of each message before it is decided upon, and of what is refused for good."""

    world: "WiredWorld"
    target: str

    def offered(self, message: str) -> None:
        ledger, task = self.world.ledger, self.world.scheduler.current
        places = ledger.offered[self.target]
        if message not in places and task is not None and task.invocation.asked_again:
            ledger.wished.add((self.target, message))
        places.setdefault(message, len(places))
        if task is not None:
            ledger.offerer[message] = task.invocation

    def refused(self, message: str) -> None:
        self.world.ledger.refused.add((self.target, message))


@dataclass(slots=True, eq=False)
class Targets:
    """Takes what was published to the oracles, and commands to the worker."""

    world: "WiredWorld"
    _accepted: int = 0

    def of(self, target: str) -> OfTarget:
        return OfTarget(self.world, target)

    def take_from_bus(self, accepted: list[dict[str, Any]]) -> None:
        while self._accepted < len(accepted):
            entry = accepted[self._accepted]
            self._accepted += 1
            self._published("bus", entry["Detail"])

    def on_topic(self, topic: str, key: bytes, value: bytes) -> None:
        body = self._published("topic", value.decode())
        self.world.judge.ask("S5c")
        if topic != "saga_commands" or key.decode() != body["execution_id"]:
            self.world.fail("S5c", f"{body['message_id']} is on {topic} under {key!r}")

    def _published(self, target: str, detail: str) -> dict[str, Any]:
        world = self.world
        body: dict[str, Any] = json.loads(comparable := world.ledger.versions.comparable(detail))
        world.note(f"{target} {body['message_id']} {zlib.crc32(detail.encode()):08x}")
        world.ledger.publications[target][body["message_id"]] += 1
        world.ledger.sender = world.scheduler.current.invocation if world.scheduler.current else None
        world.judge.judge(When.PUBLISHED, world.ledger, body, comparable)
        if body["message_type"].endswith("_COMMAND") and target == world.plan.targets[-1]:
            receiver = world.worker.receive if body["saga_name"] == EXECUTION else world.shop.receive
            receiver(detail)
        return body
