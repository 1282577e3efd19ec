"""The participant itself: takes commands one after the other, books, answers, and plays the faults it was told to."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from local_participant.bookings import NO_DATA, Answer, Bookings, Outcome
from local_participant.commands import MalformedCommandError, ParticipantCommand, parse_command
from local_participant.faults import Behaviour, Fault, fault_of
from local_participant.postponed import Postponed
from local_participant.replies import reply
from stack_client import Delivery, EventPublisher, OutgoingEvent, publish_until_accepted

_WAIT_SECONDS = 1
_PAUSE_AFTER_ERROR_SECONDS = 0.5


class CommandSource(Protocol):
    """A subscription on the bus, or a topic."""

    def receive(self, wait_seconds: int) -> list[Delivery]: ...

    def remove(self, deliveries: Sequence[Delivery]) -> None: ...


@dataclass(frozen=True)
class ParticipantNews:
    """One answer, or what became of it: `what` is an outcome, or the behaviour that kept the answer back."""

    key: str
    command: str
    attempt: int
    what: str


@dataclass(frozen=True)
class ParticipantAccount:
    """The participant's account of itself."""

    commands: int
    repeated: int
    """Messages that came again, and got the same answer."""
    done: int
    refused: int
    failed: int
    malformed: int
    held: tuple[str, ...]
    """Effects that are there at the end, as `KEY COMMAND`."""


class Participant:
    """`work` takes commands from a source until told to stop; used from one thread."""

    def __init__(
        self,
        publisher: EventPublisher,
        faults: Sequence[Fault],
        stopping: threading.Event,
        tell: Callable[[ParticipantNews], None] = lambda _news: None,
        data: Mapping[str, Mapping[str, Any]] = NO_DATA,
    ) -> None:
        self._publisher, self._faults, self._stopping, self._tell = publisher, faults, stopping, tell
        self._bookings = Bookings(data)
        self._postponed = Postponed()
        self._counts: Counter[str] = Counter()

    def work(self, source: CommandSource) -> None:
        """A command is taken off its source only once it was answered, or its answer was kept back on purpose."""
        while not self._stopping.is_set():
            try:
                deliveries = source.receive(_WAIT_SECONDS)
                for delivery in deliveries:
                    self.obey(delivery.body)
                source.remove(deliveries)
            except (ClientError, BotoCoreError):
                self._stopping.wait(_PAUSE_AFTER_ERROR_SECONDS)
            self.answer_what_is_due(time.monotonic())

    def obey(self, body: Any) -> Answer | None:
        """Act on one command's body; None for what is no command."""
        try:
            command = parse_command(body)
        except MalformedCommandError as error:
            self._counts["malformed"] += 1
            self._tell(ParticipantNews("", str(error), 0, "malformed"))
            return None
        self._counts["repeated" if self._bookings.knows(command.message_id) else "commands"] += 1
        fault = fault_of(command, self._faults)
        answer = self._bookings.take(command, fault.wish if fault else Outcome.DONE, datetime.now(UTC))
        self._counts[answer.outcome] += 1
        self._answer(command, answer, fault)
        return answer

    def answer_what_is_due(self, now: float) -> None:
        """Send what was kept back until now."""
        self._publish(*self._postponed.due(now))

    def account(self) -> ParticipantAccount:
        """As of now."""
        counts = self._counts
        return ParticipantAccount(
            commands=counts["commands"],
            repeated=counts["repeated"],
            done=counts[Outcome.DONE],
            refused=counts[Outcome.REFUSED],
            failed=counts[Outcome.FAILED],
            malformed=counts["malformed"],
            held=tuple(self._bookings.held()),
        )

    def _answer(self, command: ParticipantCommand, answer: Answer, fault: Fault | None) -> None:
        event = reply(command, answer)
        match fault.behaviour if fault else None:
            case Behaviour.SILENT:
                self._say(command, Behaviour.SILENT)
                return
            case Behaviour.LATE if fault:
                self._postponed.until(time.monotonic() + fault.seconds, event)
                self._say(command, Behaviour.LATE)
                return
            case Behaviour.OVERTAKEN:
                self._postponed.behind(command.operation_id, command.attempt + 1, event)
                self._say(command, Behaviour.OVERTAKEN)
                return
            case Behaviour.TWICE:
                self._publish(event, reply(command, answer, "again"))
            case _:
                self._publish(event)
        self._say(command, answer.outcome)
        if not command.is_undo:
            self._publish(*self._postponed.after(command.operation_id, command.attempt))

    def _publish(self, *events: OutgoingEvent) -> None:
        for event in events:
            publish_until_accepted(self._publisher, event, self._stopping)

    def _say(self, command: ParticipantCommand, what: str) -> None:
        self._tell(ParticipantNews(command.execution_id, command.message_type, command.attempt, str(what)))
