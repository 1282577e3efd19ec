"""One move played: the pure core decides, participants do, and messages go on their way."""

from dataclasses import dataclass, replace
from datetime import datetime

from saga_orchestrator.domain.decide import Decision, Rules
from saga_orchestrator.domain.errors import RejectedEvent
from saga_orchestrator.domain.flow.terms import Answer
from saga_orchestrator.domain.flow.verbs import Verb
from saga_orchestrator.domain.render import render
from saga_orchestrator.domain.saga import Claim, Saga
from saga_testing.proving.moves import allowed_actor
from saga_testing.proving.signals import decided, signal_of
from saga_testing.proving.situation import Kind, Move, Played, Reply, Sent, Situation
from saga_testing.proving.subject import Subject
from saga_testing.samples.sample_events import NOW_MS

CLAIMED_SHARD = 3


def nothing_yet() -> Situation:
    return Situation(now=NOW_MS)


@dataclass(frozen=True, slots=True)
class Players:
    """Plays moves of one subject."""

    subject: Subject

    def play(self, here: Situation, move: Move) -> Played:
        if move.kind is Kind.COMMAND:
            return Played(here, move, self._participant(here, move))
        there = self._around(here, move)
        if move.lost:
            return Played(here, move, there)
        try:
            return self._decided(here, move, there)
        except RejectedEvent as rejected:
            return Played(here, move, there, rejected=rejected)
        except Exception as raised:  # noqa: BLE001 - whatever a definition's functions raise is what is looked for
            return Played(here, move, there, raised=raised)

    def _participant(self, here: Situation, move: Move) -> Situation:
        sent = next(each for each in here.flying if isinstance(each, Sent) and each.key == move.about)
        there = here.without(sent)
        if move.leaves is not None:
            there = there.with_operation(sent.operation, move.leaves)
        if sent.expires is None:
            return there
        if move.answer is not None:
            there = replace(there, flying=(*there.flying, Reply(sent.key, move.answer, move.usable)))
        return there.with_behaviour(sent.kind, str(move.answer))

    def _around(self, here: Situation, move: Move) -> Situation:
        """What the move changes outside the saga."""
        match move.kind:
            case Kind.REPLY:
                return self._heard(here, move)
            case Kind.TIME | Kind.WAKE:
                return self._later(here, move)
            case Kind.ECHO | Kind.STRAY:
                return replace(here, used=here.used | {str(move.kind)})
            case Kind.REPORT:
                return replace(here, used=here.used | {f"{move.about} {self._way(move)}"})
            case Kind.CANCEL:
                return replace(here, used=here.used | {f"cancel by {move.actor}"})
            case _:
                return here

    def _later(self, here: Situation, move: Move) -> Situation:
        due = here.saga.deadline if here.saga is not None and here.saga.deadline is not None else here.now
        if move.kind is Kind.TIME:
            return replace(here, now=max(here.now, due))
        return replace(here, now=max(here.now, due - 1), used=here.used | {str(move.kind)})

    def _way(self, move: Move) -> str:
        outcomes = [each for step in self.subject.steps for each in step.awaits if each.event_type == move.about]
        return "heard" if all(move.actor == allowed_actor(each) for each in outcomes) else "barred"

    def _heard(self, here: Situation, move: Move) -> Situation:
        reply = next(each for each in here.flying if isinstance(each, Reply) and each.key == move.about)
        there, kind = here.without(reply), move.about.partition("#")[0]
        if move.lost:
            return there.with_behaviour(f"replies to {kind}", "lost")
        there = replace(there, answered=there.answered | {(reply.key, reply.answer)})
        asking = self.subject.asking[kind]
        confirms = asking.is_undo and reply.answer is Answer.DONE
        return replace(there, confirmed=there.confirmed | {asking.step.key}) if confirms else there

    def _decided(self, here: Situation, move: Move, there: Situation) -> Played:
        rules = self.subject.rules_at_the_start if move.kind is Kind.START else self.subject.rules_since
        signal = signal_of(self.subject, move)
        decision = decided(self.subject, here.saga, signal, there.now, rules)
        if decision.claims is not None and move.no_room:
            decision = decided(self.subject, here.saga, signal, there.now, rules, no_room=True)
        if not decision.changed or decision.saga is None:
            return Played(here, move, there, decision)
        saga = _with_claim(decision)
        there = self._written(replace(there, saga=saga), decision)
        return Played(here, move, self._acted(there, move), decision, self._once_more(saga, move, there.now, rules))

    def _once_more(self, saga: Saga, move: Move, now: int, rules: Rules) -> Decision | None:
        """The same signal on what it left: where AWS applied the write and the answer was lost."""
        if move.kind is Kind.TIME and saga.deadline is not None and saga.deadline <= now:
            return None  # something else is due as well
        try:
            return decided(self.subject, saga, signal_of(self.subject, move), now, rules)
        except RejectedEvent:
            return None

    def _written(self, there: Situation, decision: Decision) -> Situation:
        taken = there.taken + (decision.claims is not None) - (decision.releases is not None)
        sent = [each for key in decision.messages if (each := self._sent(there.saga, key)) is not None]
        return replace(there, taken=taken, flying=(*there.flying, *sent))

    def _sent(self, saga: Saga | None, key: str) -> Sent | None:
        """The message as its participant reads it."""
        asking = self.subject.asking.get(key.partition("#")[0])
        if asking is None or saga is None:
            return None
        if not asking.is_awaited:
            return Sent(key, asking.step.key, None)
        body = render(saga, key, self.subject.definition).body
        return Sent(key, str(body["operation_id"]), _millis(str(body["expires_at"])))

    def _acted(self, there: Situation, move: Move) -> Situation:
        if move.kind is not Kind.OPERATE:
            return there
        used = there.used | {f"operator {move.verb}"}
        settled = {move.about} if move.verb in {Verb.RESOLVE, Verb.SKIP} else set()
        return replace(there, used=used, confirmed=there.confirmed | settled)


def _with_claim(decision: Decision) -> Saga:
    """The store writes which shard of the counter the slot is of."""
    assert decision.saga is not None
    if decision.claims is None:
        return decision.saga
    return replace(decision.saga, claim=Claim(decision.claims, CLAIMED_SHARD))


def _millis(instant: str) -> int:
    seconds = datetime.fromisoformat(instant).timestamp()
    return round(seconds * 1000)


def played(subject: Subject, moves: tuple[Move, ...]) -> list[Played]:
    """A whole run."""
    players, here, told = Players(subject), nothing_yet(), list[Played]()
    for move in moves:
        told.append(players.play(here, move))
        here = told[-1].after
    return told
