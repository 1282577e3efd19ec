"""What somebody does to one saga: judged in a fixed order, then written in one transaction with what it changes."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from saga_orchestrator.domain.decide import LIMIT_REACHED, Decision, Rules, Verdict
from saga_orchestrator.domain.errors import CorruptSaga, RejectedEvent, RejectReason, RetryableError
from saga_orchestrator.domain.executions.beginnings import LANGUAGE_CLOSED
from saga_orchestrator.domain.flow.deciding import decide_waiting
from saga_orchestrator.domain.flow.verbs import OperatorActed, Verb
from saga_orchestrator.domain.operating.acts import Act, ActKey, Role, names_a_saga, saga_target
from saga_orchestrator.domain.operating.authority import DEMANDS, Deed
from saga_orchestrator.domain.operating.cancelling import cancel
from saga_orchestrator.domain.operating.owning import may_see
from saga_orchestrator.domain.saga import Claim, Saga

from .apply_event import MAX_ATTEMPTS, check_messages
from .judging import Answered, Hand, answer_again, is_as_seen, refused_unread, tell
from .ports import Clock, LostRace, NoRoom, Outcome, Reporting, Stored
from .step_metrics import dimensions_of, ends, measured, measured_end


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """`step` may be left out where only one is parked; `version` is the one that it was decided on, and `created` when
    that saga began: one that expired and began again has its versions anew.
    """

    hand: Hand
    execution_id: str
    saga_name: str
    deed: Deed
    step: str | None = None
    version: int | None = None
    created: int | None = None
    owner: str | None = None
    """Of somebody whose role is to own sagas: whose they are."""
    operation: str = ""

    @property
    def target(self) -> str:
        return saga_target(self.saga_name, self.execution_id)

    @property
    def act_key(self) -> ActKey:
        return self.hand.key_on(self.target)

    def act(self, saga: Saga, after: int, now: int) -> Act:
        return replace(
            self.hand.act_on(self.target, self.deed, now, {"step": self.step}),
            result=Answered.DONE,
            version_before=saga.version,
            version_after=after,
            operation=self.operation,
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """`saga` is as committed; of somebody who may not see it, there is none."""

    answered: Answered
    saga: Saga | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Acted:
    """An act stands under that key already: nothing was written, whatever else the transaction met."""


class ActingStore(Protocol):
    """Sagas, and the acts on them."""

    def get(self, execution_id: str, saga_name: str) -> Saga | None:
        """The saga, strongly consistent."""

    def find(self, act_id: ActKey) -> Act | None:
        """The act under that key, strongly consistent."""

    def record(self, act: Act) -> bool:
        """Write an act that changes nothing. False where one stands under its key already."""

    def replace(self, old: Saga, new: Saga, claims: str | None, releases: Claim | None, act: Act) -> Outcome | Acted:
        """Write saga and act, or neither."""


@dataclass(frozen=True, slots=True)
class OperateSagas:
    """One deed at a time. `rules_of` finds what a saga is judged by; None where this code knows no such definition."""

    store: ActingStore
    clock: Clock
    rules_of: Callable[[str], Rules | None]
    telemetry: Reporting

    def perform(self, asked: Asked) -> Answer:
        """Do it, or say why not. Whoever is refused leaves nothing behind but a log line and a count.

        Raises:
            RetryableError: AWS failed in a way that may pass; the same key may be sent again.
        """
        try:
            answer = self._shape(asked) or self._judged(asked)
        except RejectedEvent as rejected:
            # The stored saga cannot be read, or its definition raises: only its own saga suffers.
            answer = Answer(Answered.REFUSED, code=rejected.reason)
        tell(self.telemetry, asked.deed, asked.hand, answer.answered, answer.code)
        return answer

    @staticmethod
    def _shape(asked: Asked) -> Answer | None:
        demands = DEMANDS[asked.deed]
        # An owner is told what his role does not do only of what he may see: of all else it is not even there.
        demands = replace(demands, roles=demands.roles | {Role.OWNER})
        named = names_a_saga(asked.saga_name, asked.execution_id)
        refusal = refused_unread(asked.hand, demands, asked.act_key, version=asked.version, named=named)
        return Answer(refusal.answered, code=refusal.code) if refusal is not None else None

    def _judged(self, asked: Asked) -> Answer:
        saga = self._seen(asked)
        if saga is None:
            return Answer(Answered.UNKNOWN)
        if asked.hand.role not in DEMANDS[asked.deed].roles:
            return Answer(Answered.FORBIDDEN)
        known = self.store.find(asked.act_key)
        if known is not None:
            return _again(asked, known, saga)
        if not is_as_seen((asked.version, asked.created), (saga.version, saga.created_at)):
            return Answer(Answered.CHANGED, saga)
        return self._noted(asked, saga) if asked.deed is Deed.NOTE else self._settled(asked, saga)

    def _seen(self, asked: Asked) -> Saga | None:
        """As it is in the table, if he may see it. Whose an unreadable one is nobody knows, so it is no owner's."""
        try:
            saga = self.store.get(asked.execution_id, asked.saga_name)
        except CorruptSaga:
            if asked.hand.role is Role.OWNER:
                return None
            raise
        return saga if saga is not None and self._may_see(asked, saga) else None

    def _may_see(self, asked: Asked, saga: Saga) -> bool:
        return may_see(asked.hand.role, asked.owner, saga, self.clock())

    def _noted(self, asked: Asked, saga: Saga) -> Answer:
        written = self.store.record(asked.act(saga, saga.version, self.clock()))
        return Answer(Answered.DONE, saga) if written else self._repeated(asked)

    def _settled(self, asked: Asked, saga: Saga) -> Answer:
        claim_refused: str | None = None
        for _ in range(MAX_ATTEMPTS):
            rules = self._rules_for(saga)
            if isinstance(rules, RejectReason):
                return Answer(Answered.REFUSED, saga, rules)
            now = self.clock()
            decision = _decided(asked, saga, now, rules, claim_refused)
            if isinstance(decision, Answer):
                return decision
            changed = _changed(decision)
            act = asked.act(saga, changed.version, now)
            match self.store.replace(saga, changed, decision.claims, decision.releases, act):
                case Stored():
                    self._count(saga, decision, rules)
                    return Answer(Answered.DONE, self._committed(changed, decision))
                case Acted():
                    # By the same request, a moment ago: its own answer was lost, or it came twice at once.
                    return self._repeated(asked)
                case NoRoom(closed=closed):
                    claim_refused = LANGUAGE_CLOSED if closed else LIMIT_REACHED
                case LostRace(current=current):
                    # It may have expired meanwhile, and begun again as somebody else's.
                    if current is None or not self._may_see(asked, current):
                        return Answer(Answered.UNKNOWN)
                    if asked.version is not None:
                        return Answer(Answered.CHANGED, current)
                    saga, claim_refused = current, None
        msg = f"lost {MAX_ATTEMPTS} races for one saga"
        raise RetryableError(msg)

    def _rules_for(self, saga: Saga) -> Rules | RejectReason:
        """By the version that it began with, and whether its deletes are confirmed; or why it cannot be judged here."""
        rules = self.rules_of(saga.saga_name)
        try:
            return rules.of(saga) if rules is not None else RejectReason.UNKNOWN_DEFINITION
        except RejectedEvent as rejected:
            return rejected.reason

    def _repeated(self, asked: Asked) -> Answer:
        saga, known = self._seen(asked), self.store.find(asked.act_key)
        if saga is None:
            return Answer(Answered.UNKNOWN)
        if known is None:
            msg = "an act was there, and is not"
            raise RetryableError(msg)
        return _again(asked, known, saga)

    def _committed(self, written: Saga, decision: Decision) -> Saga:
        """Which shard a claim was taken from, the write alone knew."""
        if decision.claims is None:
            return written
        return self.store.get(written.execution_id, written.saga_name) or written

    def _count(self, before: Saga, decision: Decision, rules: Rules) -> None:
        for note in decision.notes:
            self.telemetry.count(note)
        for each in measured(before, _changed(decision), rules.definition):
            self.telemetry.measure(each.name, each.value, saga=before.saga_name, step=each.step)
        if ends(before, after := _changed(decision)):
            for name, value in measured_end(after):
                self.telemetry.measure(name, value, **dimensions_of(after, rules.policy))


def _decided(asked: Asked, saga: Saga, now: int, rules: Rules, claim_refused: str | None) -> Decision | Answer:
    if asked.deed is Deed.CANCEL:
        decision = cancel(saga, asked.act_key.event_id, asked.hand.actor, now, rules)
    else:
        decision = decide_waiting(saga, _signal(asked, saga), now, rules, claim_refused=claim_refused)
    if decision.verdict is Verdict.DUPLICATE:
        return Answer(Answered.REPLAYED, saga)
    if not decision.changed or decision.saga is None:
        return Answer(Answered.REFUSED, saga, decision.told)
    check_messages(decision.saga, rules.definition)
    return decision


def _signal(asked: Asked, saga: Saga) -> OperatorActed:
    return OperatorActed(
        event_id=asked.act_key.event_id,
        event_type=asked.deed,
        key=saga.execution_id,
        correlation_id=saga.correlation_id,
        verb=Verb(asked.deed),
        actor=asked.hand.actor,
        step=asked.step,
    )


def _again(asked: Asked, known: Act, saga: Saga) -> Answer:
    """The saga as it is now, whatever became of it since; or that the key means something else."""
    answered = answer_again(known, asked.act(saga, saga.version, known.at))
    return Answer(answered, saga if answered.is_done else None)


def _changed(decision: Decision) -> Saga:
    if decision.saga is None:
        msg = "a decision that changes nothing is never written"
        raise TypeError(msg)
    return decision.saga
