"""What every event function does: decide, write once, and on a lost race decide again on what won it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from saga_orchestrator.domain.decide import LIMIT_REACHED, Decision, Rules, Verdict, takes_a_unit
from saga_orchestrator.domain.definition import SagaDefinition
from saga_orchestrator.domain.errors import RejectedEvent, RejectReason, RetryableError
from saga_orchestrator.domain.events import ClaimRefused, DeadlinePassed, Event, ExecutionRequested, Signal
from saga_orchestrator.domain.executions.beginnings import LANGUAGE_CLOSED
from saga_orchestrator.domain.executions.confirming import decide_execution
from saga_orchestrator.domain.flow.deciding import decide_waiting
from saga_orchestrator.domain.flow.signals import SagaSignal
from saga_orchestrator.domain.render import MAX_MESSAGE_BYTES, encoded, is_of_every_saga, render
from saga_orchestrator.domain.saga import Saga
from saga_orchestrator.domain.states import SagaState

from .ports import Clock, Counting, LostRace, NoRoom, Outcome, Pause, SagaStore, ScriptStore, Stored
from .step_metrics import dimensions_of, ends, measured, measured_end

MAX_ATTEMPTS = 6

AnySignal = Signal | SagaSignal


@dataclass(frozen=True, slots=True)
class SagaWriter:
    """Applies one signal to one saga. Holds no state of its own between calls."""

    store: SagaStore
    scripts: ScriptStore
    clock: Clock
    pause: Pause
    jitter: Callable[[], float]
    metrics: Counting

    def decide_ahead(self, signal: AnySignal, rules: Rules, known: Saga | None) -> Decision | None:
        """What `apply` or `answer` is to write first, worked out before its turn: the same code for many events in a
        row costs less than between their calls, each in a thread of its own.

        None where that is left to them, which then say what is wrong, and where a unit is to be taken: whoever began to
        hold it would say a time at which another one still had it. Nothing is read or written here, and a decision that
        is out of date when it is written loses its race, as any other.
        """
        try:
            if known is None and isinstance(signal, ExecutionRequested) and takes_a_unit(signal, rules):
                return None  # known before it is decided on, which would be done twice
            decision = self._decided(known, signal, rules, None)
        except Exception:  # noqa: BLE001 - whatever it is, the event's own turn meets it again, where it is dealt with
            return None
        return decision if decision.claims is None else None

    def apply(
        self, event: Event | SagaSignal, rules: Rules, known: Saga | None = None, decided: Decision | None = None
    ) -> Decision:
        """Apply an event, creating the saga or its stub when there is none: two writes at most without a race.

        `known` is the saga as somebody read it before, if anybody did, and `decided` what was decided ahead on it.

        Raises:
            RejectedEvent: it can never be applied.
            RetryableError: too many races were lost, or AWS failed in a way that may pass.
        """
        return self._settle(known, event, rules, decided)

    def answer(
        self, reply: SagaSignal, rules: Rules, known: Saga | None = None, decided: Decision | None = None
    ) -> Decision:
        """Apply what only a saga that is there can be told, as a participant's reply is: one read and one write.

        Raises:
            RejectedEvent: nobody asked, or nobody awaits an answer.
            RetryableError: as of an event.
        """
        if known is None:
            return self._settle(self.store.get(reply.key, rules.definition.name), reply, rules)
        return self._settle(known, reply, rules, decided)

    def time_out(self, execution_id: str, saga_name: str, rules: Rules) -> Decision:
        """Do what is due by now, judged on the item itself: end the saga, or ask the next attempt of what waits."""
        return self._settle(self.store.get(execution_id, saga_name), DeadlinePassed(), rules)

    def _settle(self, saga: Saga | None, signal: AnySignal, rules: Rules, decided: Decision | None = None) -> Decision:
        script_stored = False
        refused: NoRoom | None = None
        for attempt in range(MAX_ATTEMPTS):
            decision = decided or self._decided(saga, signal, rules, refused)
            decided = None  # it was made on what is no longer there, if it is not written now
            if not decision.changed or decision.saga is None:
                self._count(decision)
                return decision
            if not script_stored and isinstance(signal, ExecutionRequested) and _runs(decision.saga):
                # Before the write: a command must never name a script that is not there. An orphan expires.
                self._store_script(signal)
                script_stored = True
            outcome = self._write(saga, decision)
            if isinstance(outcome, Stored):
                self.metrics.count("UnauthorisedCancels", decision.ignored_cancels)
                self._count(decision)
                self._measure(saga, decision.saga, rules.of(saga))
                return decision
            refused = outcome if isinstance(outcome, NoRoom) and decision.claims else None
            if refused is not None:
                self.metrics.count("LimitReached")
            if isinstance(outcome, LostRace):
                saga = outcome.current
                if attempt > 0:
                    # The first loss is how an existing saga is found; only later ones are contention.
                    self.metrics.count("LostRaces")
                    self.pause(self.jitter() * 0.02 * 2**attempt)
        msg = f"lost {MAX_ATTEMPTS} races for one saga"
        raise RetryableError(msg)

    def _decided(self, saga: Saga | None, signal: AnySignal, rules: Rules, refused: NoRoom | None) -> Decision:
        own = rules.of(saga)
        decision = _decide(saga, signal, self.clock(), own, refused)
        if decision.changed and decision.saga is not None:
            check_messages(decision.saga, own.definition)
        return decision

    def _write(self, saga: Saga | None, decision: Decision) -> Outcome:
        if decision.saga is None:
            msg = "a decision that changes nothing is never written"
            raise TypeError(msg)
        if saga is None:
            return self.store.create(decision.saga, decision.claims)
        return self.store.replace(saga, decision.saga, decision.claims, decision.releases)

    def _store_script(self, event: ExecutionRequested) -> None:
        if event.script_content is not None:
            self.scripts.put(event.execution_id, event.request.script.sha256, event.script_content)

    def _count(self, decision: Decision) -> None:
        for note in decision.notes:
            self.metrics.count(note)

    def _measure(self, before: Saga | None, after: Saga, rules: Rules) -> None:
        if after.ledger:
            for each in measured(before, after, rules.definition):
                self.metrics.measure(each.name, each.value, saga=after.saga_name, step=each.step)
        if ends(before, after):
            named = dimensions_of(after, rules.policy)
            for name, value in measured_end(after):
                self.metrics.measure(name, value, **named)


def _decide(saga: Saga | None, signal: AnySignal, now: int, rules: Rules, refused: NoRoom | None) -> Decision:
    """By the definition's kind: executions wait once, for their pod; sagas with a start of their own wait at steps."""
    if rules.definition.starts is not None:
        if not isinstance(signal, SagaSignal | DeadlinePassed):
            msg = f"{type(signal).__name__} is an execution's, and {rules.definition.name} is another saga"
            raise TypeError(msg)
        reason = None if refused is None else LANGUAGE_CLOSED if refused.closed else LIMIT_REACHED
        return decide_waiting(saga, signal, now, rules, claim_refused=reason)
    if refused is not None and isinstance(signal, ExecutionRequested):
        signal = ClaimRefused(signal, refused.closed)
    return decide_execution(saga, signal, now, rules)


def check_messages(saga: Saga, definition: SagaDefinition) -> None:
    """Before the write: what it emits can be made, and every target can take it. Afterwards it would be too late.

    Raises:
        RejectedEvent: some message cannot; nothing has been written.
    """
    for key in saga.outbox:
        if is_of_every_saga(key):
            continue
        message = render(saga, key, definition)
        size = len(encoded(message).encode())
        if size > MAX_MESSAGE_BYTES:
            raise RejectedEvent(
                RejectReason.MESSAGE_TOO_LARGE, f"{message.type} has {size} bytes, more than {MAX_MESSAGE_BYTES}"
            )


def _runs(saga: Saga) -> bool:
    return saga.state is SagaState.RUNNING


def metric_of(decision: Decision) -> str:
    """The metric that counts this verdict."""
    return _METRICS[decision.verdict]


_METRICS: Final = {
    Verdict.APPLIED: "EventsApplied",
    Verdict.REMEMBERED: "EarlyEvents",
    Verdict.DUPLICATE: "DuplicateEvents",
    Verdict.LATE: "LateEvents",
    Verdict.NOTED: "LateEvents",
}
