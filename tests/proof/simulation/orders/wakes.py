"""The queue of wakes and its mapping: batches of any size, some twice, and a hint now and then that is lost."""

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from saga_testing.aws.account import WAKE_QUEUE_URL
from saga_testing.deployment import queued
from tests.proof.simulation.faults.weather import Fault
from tests.proof.simulation.world.lambda_service import WAKE, Outcome

if TYPE_CHECKING:
    from tests.proof.simulation.world.wired_world import WiredWorld

VISIBILITY_SECONDS: Final = 60


@dataclass(slots=True, eq=False)
class WakeMapping:
    """Asks the queue whenever something on it may have become visible."""

    world: "WiredWorld"
    dice: random.Random
    under_way: int = 0
    _seen: set[str] = field(default_factory=set)

    def sees(self, operation: str, arguments: dict[str, Any]) -> None:
        """A call was carried out."""
        if operation != "SendMessageBatch":
            return
        for entry in arguments["Entries"]:
            self._later(entry["DelaySeconds"] * 1000 + self.dice.randrange(1, 200))

    def _later(self, delay_ms: int) -> None:
        self.under_way += 1
        self.world.scheduler.after(delay_ms, self._poll)

    def _poll(self) -> None:
        self.under_way -= 1
        world = self.world
        found = world.aws.sqs.receive_message(
            QueueUrl=WAKE_QUEUE_URL, MaxNumberOfMessages=self.dice.choice((1, 10)), VisibilityTimeout=VISIBILITY_SECONDS
        ).get("Messages", [])
        if world.weather.strikes(Fault.WAKE_LOST):
            for message in found[:1]:
                self._delete(message)
            found = found[1:]
        if not found:
            return
        event = {"Records": list(map(queued, found))}

        def done(outcome: Outcome) -> None:
            self.under_way -= 1
            failures = [] if outcome.failed else (outcome.result or {})["batchItemFailures"]
            again = {failure["itemIdentifier"] for failure in failures}
            for message in found:
                if outcome.failed or message["MessageId"] in again:
                    self._later(VISIBILITY_SECONDS * 1000)
                else:
                    self._delete(message)

        self.under_way += 1
        world.service.invoke(WAKE, event, (), len(found), done)
        if world.weather.strikes(Fault.DUPLICATE):
            world.service.invoke(WAKE, event, (), len(found), lambda _outcome: None)

    def _delete(self, message: dict[str, Any]) -> None:
        self.world.aws.sqs.delete_message(QueueUrl=WAKE_QUEUE_URL, ReceiptHandle=message["ReceiptHandle"])
