"""Where a saga and its participants stand, what is on its way between them, and what can happen next."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from saga_orchestrator.domain.decide import Decision
from saga_orchestrator.domain.errors import RejectedEvent
from saga_orchestrator.domain.flow.ledger import Entry
from saga_orchestrator.domain.flow.terms import Answer
from saga_orchestrator.domain.flow.verbs import Verb
from saga_orchestrator.domain.saga import Saga
from saga_testing.proving.participants import Operation


class Kind(StrEnum):
    """What can happen."""

    START = "start"
    COMMAND = "command"
    """A participant takes a message, and does something about it."""
    REPLY = "reply"
    TIME = "time"
    CANCEL = "cancel"
    REPORT = "report"
    OPERATE = "operate"
    ECHO = "echo"
    """A participant answers again what it has answered, or contradicts itself."""
    STRAY = "stray"
    """Somebody answers what was never sent."""
    WAKE = "wake"
    """A hint that something may be due, a millisecond before it is."""


@dataclass(frozen=True, slots=True)
class Move:
    """One thing that happens. `about` is a message's key or an event's type."""

    kind: Kind
    about: str = ""
    answer: Answer | None = None
    actor: str | None = None
    verb: Verb | None = None
    no_room: bool = False
    """The counter of what the saga claims is full."""
    lost: bool = False
    usable: bool = True
    """A *done* has the data that the definition wants of it."""
    leaves: Operation | None = None
    """The operation afterwards."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A message on its way to a participant."""

    key: str
    operation: str
    expires: int | None
    """Epoch milliseconds; None where no answer is awaited."""

    @property
    def kind(self) -> str:
        return self.key.partition("#")[0]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer on its way back."""

    key: str
    answer: Answer
    usable: bool = True


Told = tuple[str, Answer]


@dataclass(frozen=True, slots=True)
class Situation:
    """`taken` is what the counter says; `answered`, `confirmed` and `used` are what has been heard and done so far."""

    now: int
    saga: Saga | None = None
    operations: tuple[tuple[str, Operation], ...] = ()
    flying: tuple[Sent | Reply, ...] = ()
    answered: frozenset[Told] = frozenset()
    confirmed: frozenset[str] = frozenset()
    """Steps whose undo was confirmed, or settled by an operator."""
    used: frozenset[str] = frozenset()
    behaviour: tuple[tuple[str, str], ...] = ()
    """By operation: how its participant behaves. To go on alike is no new trouble."""
    taken: int = 0

    def operation(self, name: str) -> Operation:
        return next((known for each, known in self.operations if each == name), Operation())

    def with_operation(self, name: str, operation: Operation) -> "Situation":
        others = tuple(each for each in self.operations if each[0] != name)
        return replace(self, operations=tuple(sorted((*others, (name, operation)), key=lambda each: each[0])))

    def behaves(self, name: str) -> str | None:
        return next((how for each, how in self.behaviour if each == name), None)

    def with_behaviour(self, name: str, how: str) -> "Situation":
        others = tuple(each for each in self.behaviour if each[0] != name)
        return replace(self, behaviour=tuple(sorted((*others, (name, how)))))

    def without(self, flying: "Sent | Reply") -> "Situation":
        place = self.flying.index(flying)
        return replace(self, flying=self.flying[:place] + self.flying[place + 1 :])

    def entry(self, step: str) -> Entry | None:
        return self.saga.ledger.of(step) if self.saga is not None else None

    def may_have_happened(self, kind: str) -> bool:
        """Some attempt of it was done, or was never answered. By what was said, whatever the saga makes of it."""
        for number in range(1, sent_times(self.saga, kind) + 1):
            key = f"{kind}#{number}"
            answers = {answer for told, answer in self.answered if told == key}
            if not answers or Answer.DONE in answers:
                return True
        return False

    def essence(self) -> Any:
        """What makes this situation another one: times count from now."""
        saga, now = self.saga, self.now
        flying = tuple(
            replace(f, expires=f.expires and f.expires - now) if isinstance(f, Sent) else f for f in self.flying
        )
        rest = (flying, self.operations, self.answered, self.confirmed, self.used, self.behaviour, self.taken)
        return rest if saga is None else (_essence_of(saga, now), rest)


def _essence_of(saga: Saga, now: int) -> Any:
    entries = tuple(
        (e.step, e.standing, e.attempt, e.unanswered, e.undo, e.repeated, e.first, e.since and now - e.since,
         e.due and e.due - now)
        for e in saga.ledger.entries
    )  # fmt: skip
    said = tuple(sorted(key for entry in saga.timeline for key in entry.messages))
    seen = tuple(entry.cause for entry in saga.timeline) if not saga.ledger else ()
    early = tuple((each.event_type, each.cause, each.actor) for each in saga.early)
    times = (saga.saga_due and saga.saga_due - now, saga.deadline and saga.deadline - now)
    steps = (saga.completed_steps, saga.compensated_steps, saga.failed_step)
    return (entries, saga.state, saga.outcome, saga.reason, steps, said, seen, early, times, saga.claim)


def sent_times(saga: Saga | None, kind: str) -> int:
    return 0 if saga is None else saga.occurrences(kind)


@dataclass(frozen=True, slots=True)
class Played:
    """One move, and what came of it. `decision` is None where only a participant did something."""

    before: Situation
    move: Move
    after: Situation
    decision: Decision | None = None
    again: Decision | None = None
    """The same signal, delivered once more at once: as after a write whose answer was lost."""
    rejected: RejectedEvent | None = None
    raised: Exception | None = None

    @property
    def sent(self) -> tuple[str, ...]:
        """Keys of the messages that the move sent."""
        return self.decision.messages if self.decision is not None else ()

    @property
    def outcome_was_fixed(self) -> bool:
        """Compensation began, or the saga ended, with this move."""
        saga, before = self.after.saga, self.before.saga
        return saga is not None and saga.outcome is not None and (before is None or before.outcome is None)


def answer_id(kind: Kind, key: str, answer: Answer | None) -> str:
    """The event id of an answer to the message `key`."""
    return f"{kind}:{key.replace('#', '.')}:{answer}"


def emitted_at(saga: Saga) -> Mapping[str, int]:
    return {key: entry.at for entry in saga.timeline for key in entry.messages}
