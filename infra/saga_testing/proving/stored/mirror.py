"""The real functions beside the pure core: whatever is played on one is played on both, and they must agree."""

import json
from typing import Any

from saga_orchestrator.domain.saga import Saga
from saga_testing.proving.signals import data_told, event_id_of
from saga_testing.proving.situation import Kind, Move, Played
from saga_testing.proving.subject import Subject
from saga_testing.scenario.stage import Stage, StageImage

COMPARED = (
    "state", "version", "outcome", "reason", "failed_step", "completed_steps", "compensated_steps", "settings", "data",
    "deadline", "saga_due", "owner", "expires", "ended_at",
)  # fmt: skip


class Mirror:
    """One saga of `subject`, as it is stored. `answers_lost`: every write is applied and answered with an error."""

    def __init__(self, subject: Subject, *, answers_lost: bool = False, image: StageImage | None = None) -> None:
        self.subject = subject
        self.stage = (
            image.stage()
            if image is not None
            else Stage(
                subject.definition,
                key=subject.key,
                settings=subject.settings,
                environment={},
                answers_lost=answers_lost,
            )
        )

    def follow(self, played: Played) -> str | None:
        """Do as was done; what is stored, sent or rejected otherwise than the core decided, or None."""
        if played.move.kind is Kind.COMMAND or played.move.lost or played.move.no_room:
            return None
        self.stage.deployment.now = played.after.now
        rejected = self.deliver(played.move)
        wanted = str(played.rejected.reason) if played.rejected is not None else None
        if rejected != wanted:
            return f"the functions say {rejected or 'taken'}, and the core {wanted or 'taken'}"
        return self._differs_in_what_is_sent(played) or self.differs(self.stage.saga, played.after.saga)

    def deliver(self, move: Move) -> str | None:
        """Why it was rejected, or None."""
        match move.kind:
            case Kind.TIME | Kind.WAKE:
                self.stage.tick()
            case Kind.OPERATE if move.verb is not None:
                self.stage.operate(move.verb, move.about, event_id_of(move))
            case _:
                rejected = self.stage.deliver(self.detail_of(move))
                if move.kind is Kind.START:
                    self._deploy_other_settings()
                return rejected
        return None

    def is_taken(self, move: Move) -> bool:
        """One invocation: whether its source may forget it. It raises where it must be delivered again."""
        at = self.stage.deployment
        if move.kind in {Kind.TIME, Kind.WAKE}:
            return not at.check()["unfinished"]
        at.deliver(self.detail_of(move))
        return True

    def detail_of(self, move: Move) -> dict[str, Any]:
        """The event as its sender writes it."""
        return {**self._detail_of(move), "event_id": event_id_of(move)}

    def _detail_of(self, move: Move) -> dict[str, Any]:
        starts = self.subject.definition.starts
        match move.kind:
            case Kind.START:
                event_type = starts.event_type if starts is not None else "EXECUTION_REQUESTED"
                return self.stage.event_of(event_type, self.subject.owner, self.subject.input)
            case Kind.CANCEL:
                own = {"cancelled_by": move.actor} if starts is None else {}
                return self.stage.event_of(move.about, move.actor, own)
            case Kind.REPORT:
                return self.stage.event_of(move.about, move.actor, {})
            case _:
                return self._reply_of(move)

    def _reply_of(self, move: Move) -> dict[str, Any]:
        data = data_told(self.subject, move)
        reason = "out_of_it" if move.answer == "refused" else None
        address = f"{self.subject.definition.name}:{self.subject.key}:{move.about}"
        return self.stage.reply_of(address, str(move.answer), reason, data)

    def _deploy_other_settings(self) -> None:
        """As the core's rules say: nothing of a saga that runs may follow the numbers of a later deployment."""
        numbers = self.subject.numbers_since
        if numbers:
            self.stage.deployment.reconfigure(SAGA_SETTINGS=json.dumps({self.subject.definition.name: numbers}))

    def _differs_in_what_is_sent(self, played: Played) -> str | None:
        sent = [body["message_id"].rpartition(":")[2] for body in self.stage.published()]
        if sent != [*played.sent]:
            return f"published {' '.join(sent) or 'nothing'}, decided {' '.join(played.sent) or 'nothing'}"
        return None

    def differs(self, stored: Saga | None, wanted: Saga | None) -> str | None:
        """In what is stored; ids and hashes of events aside."""
        if stored is None or wanted is None:
            return None if stored is wanted else f"stored {stored}, decided {wanted}"
        for name in COMPARED:
            if getattr(stored, name) != getattr(wanted, name):
                return f"{name} is stored as {getattr(stored, name)}, decided {getattr(wanted, name)}"
        if str(stored.ledger) != str(wanted.ledger):
            return f"the ledger is stored as {stored.ledger}, decided {wanted.ledger}"
        told, decided = ([(e.at, e.cause, e.messages) for e in saga.timeline] for saga in (stored, wanted))
        return "the timeline is stored otherwise" if told != decided else None
