"""Every way in which a saga that waits can go: commands and replies lost, late and out of order, time, a cancel.

A situation is the saga, what its participants have done, and what is on its way. From each one everything that can
happen next is tried, until nothing new comes: what is on its way can be lost, or arrive in any order; time can pass to
the next due; the owner can cancel once. Times count from now, so that situations that differ in nothing else are one.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from saga_orchestrator.domain.decide import Rules
from saga_orchestrator.domain.definition import SagaDefinition
from saga_orchestrator.domain.events import DeadlinePassed
from saga_orchestrator.domain.flow.deciding import decide_waiting
from saga_orchestrator.domain.flow.ledger import PARKED, TAKEN_BACK, UNDOING
from saga_orchestrator.domain.flow.signals import CancelAsked, CommandAnswered, SagaOpened, SagaSignal, StepReported
from saga_orchestrator.domain.flow.terms import Answer
from saga_orchestrator.domain.instants import rfc3339
from saga_orchestrator.domain.policy import Policy
from saga_orchestrator.domain.render import render
from saga_orchestrator.domain.saga import Saga
from saga_orchestrator.domain.states import SagaState
from saga_testing.participants import Operation, answers_to_command, answers_to_undo
from saga_testing.samples.sample_events import NOW_MS

OWNER = "ada"
Reply = tuple[str, Answer]


@dataclass(frozen=True)
class Situation:
    saga: Saga
    now: int
    operations: tuple[tuple[str, Operation], ...] = ()
    commands: frozenset[str] = frozenset()
    replies: frozenset[Reply] = frozenset()
    may_cancel: bool = True
    reports: frozenset[str] = frozenset()

    def operation(self, step: str) -> Operation:
        return dict(self.operations).get(step, Operation())

    def with_operation(self, step: str, operation: Operation) -> "Situation":
        return replace(self, operations=tuple(sorted({**dict(self.operations), step: operation}.items(), key=str)))

    @property
    def is_quiet(self) -> bool:
        """Nothing is on its way, and time brings nothing but another slow question to what is parked."""
        return not self.commands and not self.replies and not _next_due(self.saga)

    def essence(self) -> Any:
        """What makes this situation another one."""
        saga = self.saga
        entries = tuple(
            (e.step, e.standing, e.attempt, e.unanswered, e.undo, e.repeated, e.due and e.due - self.now)
            for e in saga.ledger.entries
        )
        said = tuple(sorted(Counter(key for entry in saga.timeline for key in entry.messages)))
        due = saga.saga_due and saga.saga_due - self.now
        on_the_way = (self.commands, self.replies, self.may_cancel, self.reports)
        return (entries, saga.state, saga.outcome, saga.completed_steps, saga.compensated_steps, said, due,
                saga.claim, self.operations, *on_the_way)  # fmt: skip


def _next_due(saga: Saga) -> int | None:
    dues = [e.due for e in saga.ledger.entries if e.due is not None and e.standing not in PARKED]
    dues += [saga.saga_due] if saga.saga_due is not None and saga.state is SagaState.RUNNING else []
    return min(dues, default=None)


@dataclass
class Search:
    """`broken` says what is wrong with a situation, or nothing."""

    definition: SagaDefinition
    start: SagaOpened
    data: dict[str, dict[str, Any]]
    broken: Callable[[Situation], str | None]
    settings: dict[str, int] = field(default_factory=dict)
    reports: frozenset[str] = frozenset()
    most: int = 200_000
    bars: bool = True
    """Participants that bar nothing lose no reply: what they did late must be heard of."""
    seen: int = 0
    complete: bool = False
    endings: Counter[str] = field(default_factory=Counter)
    standings: set[tuple[str, str]] = field(default_factory=set)

    def run(self) -> None:
        """Raises AssertionError with the first broken situation, and how it came about."""
        known: dict[Any, tuple[Any, str]] = {}
        first = self._opened()
        waiting = [first]
        known[first.essence()] = (None, "placed")
        while waiting and len(known) < self.most:
            here = waiting.pop()
            self._look_at(here, known)
            for told, there in self._next(here):
                essence = there.essence()
                if essence not in known:
                    known[essence] = (here.essence(), told)
                    waiting.append(there)
        self.seen, self.complete = len(known), not waiting

    def _look_at(self, here: Situation, known: dict[Any, tuple[Any, str]]) -> None:
        self.standings |= {(entry.step, entry.standing.name) for entry in here.saga.ledger.entries}
        if here.is_quiet:
            self.endings[f"{here.saga.state} {here.saga.reason}"] += 1
        if (wrong := self.broken(here)) is not None:
            raise AssertionError(f"{wrong}: {' | '.join(_path(here.essence(), known))}\n{here.saga.ledger}")

    def _opened(self) -> Situation:
        return self._after(None, self.start, Situation(saga=Saga("x", "x", 1, SagaState.CREATED, 0, 0, ""), now=NOW_MS))

    def _next(self, here: Situation) -> Iterator[tuple[str, Situation]]:
        yield from self._commands_arrive(here)
        yield from self._replies_arrive(here)
        due = _next_due(here.saga)
        if due is not None:
            later = replace(here, now=max(here.now, due))
            yield "time", self._after(here.saga, DeadlinePassed(), later)
        if here.may_cancel and self.definition.cancels is not None:
            asked = CancelAsked(**self._identity("cancel"), actor=OWNER)
            yield "cancel", self._after(here.saga, asked, replace(here, may_cancel=False))
        for event_type in sorted(self.reports - here.reports):
            told = StepReported(**self._identity(event_type), actor="boss")
            yield event_type, self._after(here.saga, told, replace(here, reports=here.reports | {event_type}))

    def _commands_arrive(self, here: Situation) -> Iterator[tuple[str, Situation]]:
        for key in sorted(here.commands):
            rest = replace(here, commands=here.commands - {key})
            body = render(here.saga, key, self.definition).body
            step = str(body["operation_id"]).rpartition(":")[2]
            known = here.operation(step)
            entry = here.saga.ledger.of(step)
            if not self.bars and "undoes" not in body and entry is not None and entry.standing in UNDOING:
                continue  # beside its undo only barring helps: that is why the contract asks for it
            expired = rfc3339(here.now) > str(body["expires_at"])
            told = (
                answers_to_undo(known, bars=self.bars)
                if "undoes" in body
                else answers_to_command(known, expired=expired)
            )
            for after, answer in told:
                if not self.bars and answer is None and after.effect:
                    continue
                replies = rest.replies | ({(key, answer)} if answer is not None else set())
                yield f"{key} {answer or 'lost'}", replace(rest, replies=replies).with_operation(step, after)

    def _replies_arrive(self, here: Situation) -> Iterator[tuple[str, Situation]]:
        for key, answer in sorted(here.replies):
            rest = replace(here, replies=here.replies - {(key, answer)})
            signal = CommandAnswered(
                **self._identity(f"reply:{key}:{answer}"),
                message=key,
                answer=answer,
                data=self.data.get(key.partition("#")[0], {}),
            )
            yield f"-> {key} {answer}", self._after(here.saga, signal, rest)
            if self.bars:
                yield f"-> {key} lost", rest

    def _after(self, saga: Saga | None, signal: SagaSignal | DeadlinePassed, there: Situation) -> Situation:
        policy = Policy(saga_settings={self.definition.name: self.settings})
        decision = decide_waiting(saga, signal, there.now, Rules(self.definition, policy))
        if not decision.changed or decision.saga is None:
            return there
        commands = {key for key in decision.messages if self._is_command(key)}
        return replace(there, saga=decision.saga, commands=there.commands | commands)

    def _is_command(self, key: str) -> bool:
        kind = key.partition("#")[0]
        undos = {step.undo.sends for step in self.definition.steps if step.undo is not None}
        return kind in {step.sends for step in self.definition.steps} | undos

    def _identity(self, name: str) -> dict[str, Any]:
        return {"event_id": name, "event_type": name, "key": self.start.key, "correlation_id": "c"}


def _path(essence: Any, known: dict[Any, tuple[Any, str]]) -> list[str]:
    told: list[str] = []
    while essence is not None:
        essence, by = known[essence]
        told.append(by)
    return told[::-1]


def leak(here: Situation) -> str | None:
    """At rest, nothing that a participant holds is without an owner, and every outcome was told once."""
    saga = here.saga
    ends = [key for entry in saga.timeline for key in entry.messages if _is_end(key)]
    if saga.state.is_terminal != (len(ends) == 1):
        return f"{saga.state} was told {len(ends)} times"
    if not here.is_quiet:
        return None
    if not saga.state.is_terminal and not saga.ledger.parked:
        return f"rests {saga.state} and nothing will move it"
    if saga.state is SagaState.COMPLETED:
        return None
    for step, operation in here.operations:
        entry = saga.ledger.of(step)
        if operation.effect and (entry is None or not entry.is_parked) and not saga.ledger.parked:
            return f"{step} is held by nobody"
    return None


def _is_end(key: str) -> bool:
    return key.partition("#")[0] in {"saga_completed", "saga_failed", "saga_timeout", "saga_cancelled"}


def jumps(definition: SagaDefinition, here: Situation) -> str | None:
    """Where a step holds the earlier ones, none of their undos is asked for before its own is finished."""
    saga = here.saga
    for position, step in enumerate(definition.steps):
        entry = saga.ledger.of(step.key)
        if not step.holds_earlier or entry is None or entry.standing not in UNDOING:
            continue
        for earlier in definition.steps[:position]:
            known = saga.ledger.of(earlier.key)
            if known is not None and known.standing in {*UNDOING, *TAKEN_BACK}:
                return f"{earlier.key} was taken back before {step.key}"
    return None
