"""Where the rules are played: one step's commands go out, and what is answered to each message is looked at."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from saga_orchestrator.domain.errors import RejectedEvent
from saga_orchestrator.entrypoints.saga_decoding import decode_reply
from saga_testing.clauses import ClauseBroken, NotPlayed
from saga_testing.clauses.channel import Channel
from saga_testing.participant_contract.commands import Json, Step, command, undo

HEARD = ("COMMAND_REPLY",)


@dataclass(frozen=True)
class Given:
    """What the caller knows of the participant. What is not given leaves its rules unplayed."""

    step: Step
    patience: float = 30.0
    quiet: float = 3.0
    effects: Callable[[str], int] | None = None
    """How many effects of an operation are there now."""
    restart: Callable[[], None] | None = None


class ParticipantStage:
    """One participant at the other end of a channel."""

    def __init__(self, channel: Channel, given: Given, run: str) -> None:
        self.given = given
        self._channel, self._run = channel, run

    def attempt(self, name: str, number: int = 1, **how: bool) -> Json:
        """A command that is not sent yet; one name is one operation."""
        return command(self.given.step, self._key(name), number, **how)

    def undo(self, name: str, *, made: int, number: int = 1) -> Json:
        self.need(self.given.step.undo, "--undo")
        return undo(self.given.step, self._key(name), number, made)

    def send(self, message: Json) -> Json:
        self._channel.send(message)
        return message

    def ask(self, message: Json) -> Json:
        """Send it, and wait for an answer that was not there before."""
        before = len(self.answers(message))
        self.send(message)

        def one_more(_heard: list[Json]) -> bool:
            return len([reply for reply in _heard if reply.get("in_reply_to") == message["message_id"]]) > before

        if not self._channel.inbox.wait(message["execution_id"], one_more, self.given.patience):
            again = "again " if before else ""
            raise ClauseBroken(f"{message['message_id']} was not {again}answered within {self.given.patience:g} s")
        return self.answers(message)[-1]

    def done(self, message: Json) -> Json:
        """The answer, which must be that it has happened."""
        return self._outcome(message, "done")

    def refused(self, message: Json) -> Json:
        return self._outcome(message, "refused")

    def _outcome(self, message: Json, wanted: str) -> Json:
        reply = self.ask(message)
        if reply.get("outcome") != wanted:
            raise ClauseBroken(f"{message['message_id']} was answered {told(reply)} instead of {wanted}")
        return reply

    def answers(self, message: Json) -> list[Json]:
        heard = self._channel.inbox.of(message["execution_id"])
        return [reply for reply in heard if reply.get("in_reply_to") == message["message_id"]]

    def heard_within(self, message: Json, seconds: float) -> bool:
        return self._channel.inbox.wait(message["execution_id"], bool, seconds)

    def refusing(self) -> None:
        self.need(self.given.step.refused, "--refused")

    def effects(self, message: Json, wanted: int, when: str) -> None:
        """How often the operation has happened, and was not taken back."""
        count = self.need(self.given.effects, "--effects")
        time.sleep(self.given.quiet)
        found = count(message["operation_id"])
        if found != wanted:
            raise ClauseBroken(f"{found} effects instead of {wanted} {when}")

    def need(self, value: Any, option: str) -> Any:
        if value is None:
            raise NotPlayed(f"give {option}")
        return value

    def pause(self) -> None:
        time.sleep(self.given.quiet)

    def _key(self, name: str) -> str:
        return f"kit-{self._run}-{name}"


def told(reply: Json) -> str:
    """What an answer says, without what differs from answer to answer."""
    parts = [str(reply.get("outcome")), *([json.dumps(reply["data"], sort_keys=True)] if reply.get("data") else [])]
    return " ".join(parts)


def well_formed(reply: Json) -> None:
    """As the function that takes replies would read it."""
    try:
        decode_reply(reply)
    except RejectedEvent as refused:
        raise ClauseBroken(f"the answer would be rejected: {refused}") from None
