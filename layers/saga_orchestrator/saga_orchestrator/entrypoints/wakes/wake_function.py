"""Wakes, from their queue: whoever is named is looked at now instead of at the checker's next run."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints

from saga_orchestrator.application.rejected_events import unexpected
from saga_orchestrator.bootstrap import Resources, resources
from saga_orchestrator.domain.errors import NewerCode, RejectedEvent, RejectReason, RetryableError, SagaError
from saga_orchestrator.domain.registry import SagaRegistry
from saga_orchestrator.entrypoints.passing_time import is_over, let_time_pass

Key = tuple[str, str]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,128}$")]


class _Body(BaseModel):
    """What the relay sent. Its due is for people who read the queue: the saga's own counts."""

    model_config = ConfigDict(strict=True, extra="ignore")

    execution_id: Name
    saga_name: Name
    due: int


def handle(event: Any, context: Any, sagas: SagaRegistry) -> dict[str, Any]:
    """Let time pass for each saga of the batch that is due by now."""
    return SagaWake(resources(sagas)).run(event, context)


@dataclass(frozen=True, slots=True)
class SagaWake:
    """A wake is acknowledged whatever its saga is by now: answered, ended, gone, not due yet, or newer code's.

    It is a hint, so what it cannot move the checker meets, and says so if nobody can.
    """

    at: Resources

    def run(self, event: Any, _context: Any) -> dict[str, Any]:
        """The messages to deliver again, from what AWS could not do just now; the others are done with.

        Raises:
            RejectedEvent: the invocation is no batch of a queue, so there is nothing that could be reported.
        """
        try:
            messages = _messages(event)
            again: list[str] = []
            named: dict[Key, list[str]] = {}
            for message_id, body in messages:
                self._sort(message_id, body, named, again)
            # Each saga once, whatever number of wakes came for it, and on its own.
            for ids, is_done in zip(named.values(), self.at.executor.map(self._wake, named), strict=True):
                again += [] if is_done else ids
            return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in again]}
        finally:
            self.at.telemetry.flush()

    def _sort(self, message_id: str, body: str, named: dict[Key, list[str]], again: list[str]) -> None:
        try:
            wake = _Body.model_validate_json(body)
        except ValueError:  # pydantic's own among them, and that of text which is no Unicode
            if not self._rejected(message_id, body):
                again.append(message_id)
            return
        named.setdefault((wake.execution_id, wake.saga_name), []).append(message_id)

    def _rejected(self, message_id: str, body: str) -> bool:
        hopeless = RejectedEvent(RejectReason.NOT_A_WAKE, "the message names no saga and due, as the relay's do")
        place = {"id": re.sub(r"[^A-Za-z0-9-]", "_", message_id[:64])}
        try:
            self.at.keep_rejected.keep(hopeless, body.encode(errors="replace"), "wake", place)
        except RetryableError:
            return False
        return True

    def _wake(self, saga: Key) -> bool:
        """False when it must come again."""
        try:
            decision = let_time_pass(self.at, *saga)
        except NewerCode as newer:
            return self._left(saga, newer)
        except RetryableError as failure:
            self.at.telemetry.warn("wake will be delivered again", execution_id=saga[0], cause=str(failure))
            return False
        except RejectedEvent as hopeless:
            return self._left(saga, hopeless)
        except Exception as bug:  # noqa: BLE001 - the boundary: one saga must not keep the others of its batch asleep
            return self._left(saga, unexpected(bug))
        if decision is None:
            return self._left(saga, None)
        self.at.telemetry.count("WakesApplied" if decision.changed else "WakesIdle")
        self.at.telemetry.count("SagasTimedOut", int(decision.changed and is_over(decision)))
        return True

    def _left(self, saga: Key, why: SagaError | None) -> bool:
        """The checker comes by within its interval, keeps what nobody can move, and an alarm tells of that."""
        self.at.telemetry.count("WakesLeft")
        cause = "this deployment has no such saga" if why is None else str(why)
        self.at.telemetry.warn("left to the checker", execution_id=saga[0], saga_name=saga[1], cause=cause)
        return True


def _messages(event: Any) -> Sequence[tuple[str, str]]:
    match event:
        case {"Records": [*records]}:
            found = [_message(record) for record in records]
        case _:
            found = [None]
    if None in found:
        raise RejectedEvent(RejectReason.UNRECOGNISED_INVOCATION, "the invocation is no batch of the queue of wakes")
    return [each for each in found if each is not None]


def _message(record: Any) -> tuple[str, str] | None:
    match record:
        case {"eventSource": "aws:sqs", "messageId": str(message_id), "body": str(body)} if message_id:
            return message_id, body
        case _:
            return None
