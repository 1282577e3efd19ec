"""What can happen next, and what it costs: 0 for what happens by itself, 1 for each trouble.

All goes well for nothing: messages arrive in the order in which they were sent, participants do what they are asked,
whoever is waited for speaks, and where nothing else can happen, time passes. Everything else is a trouble: a refusal, a
failure, a loss, something out of order, time that passes meanwhile, a cancel, an operator's verb. A participant that
goes on as it began makes no new trouble. So "at most three troubles" bounds a search without cutting any run short.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from saga_orchestrator.domain.definition import Step
from saga_orchestrator.domain.flow.ledger import Standing
from saga_orchestrator.domain.flow.terms import Answer, Outcome, Who
from saga_orchestrator.domain.flow.verbs import Verb
from saga_orchestrator.domain.states import SagaState
from saga_testing.proving.participants import Did, answers_to_command, answers_to_undo, told
from saga_testing.proving.situation import Kind, Move, Reply, Sent, Situation
from saga_testing.proving.subject import Subject

Priced = tuple[int, Move]

STRANGER = "eve"
OTHER = "bob"
ADMIN = "root-admin"


@dataclass(frozen=True, slots=True)
class Moves:
    """`bars`: participants bar what they have taken back. Those that do not at least lose no reply."""

    subject: Subject
    bars: bool = True

    def __call__(self, here: Situation) -> Iterator[Priced]:
        if here.saga is None or here.saga.is_stub:
            yield 0, Move(Kind.START)
        yield from self._strays(here)
        for place, flying in enumerate(here.flying):
            out_of_order = 0 if place == 0 else 1
            moves = self._message(here, flying) if isinstance(flying, Sent) else self._reply(here, flying)
            yield from ((cost + out_of_order, move) for cost, move in moves)
        reports = [*self._reports(here)]
        yield from reports
        yield from self._cancels(here)
        if here.saga is not None:
            yield from self._time(here, idle=not here.flying and all(cost for cost, _ in reports))
            yield from self._operator(here)
            yield from self._echoes(here)

    # -- participants

    def _message(self, here: Situation, sent: Sent) -> Iterator[Priced]:
        asking = self.subject.asking[sent.kind]
        known = here.operation(sent.operation)
        if sent.expires is None:
            has_effect = asking.is_undo or not asking.step.sends
            yield 0, Move(Kind.COMMAND, sent.key, leaves=told(known, undo=asking.is_undo) if has_effect else known)
            return
        if not self.bars and not asking.is_undo and self._is_beside_its_undo(here, asking.step):
            return  # there only barring helps: that is why the contract asks for it
        options = [*self._options(here, sent, undo=asking.is_undo)]
        for option, (after, answer) in enumerate(options):
            costs = 0 if option == 0 or here.behaves(sent.kind) == str(answer) else 1
            yield costs, Move(Kind.COMMAND, sent.key, answer, leaves=after, lost=answer is None)
            if answer is Answer.DONE and asking.step.keeps and not asking.is_undo:
                yield 1, Move(Kind.COMMAND, sent.key, answer, leaves=after, usable=False)

    def _options(self, here: Situation, sent: Sent, *, undo: bool) -> Iterator[Did]:
        operation = here.operation(sent.operation)
        expired = sent.expires is not None and here.now > sent.expires
        options = answers_to_undo(operation, bars=self.bars) if undo else answers_to_command(operation, expired=expired)
        return (did for did in options if self.bars or did[1] is not None or not did[0].effect)

    def _is_beside_its_undo(self, here: Situation, step: Step) -> bool:
        entry = here.entry(step.key)
        return entry is not None and entry.standing in {
            Standing.UNDO_ASKED, Standing.UNDO_BACKING_OFF, Standing.UNDO_PARKED
        }  # fmt: skip

    def _reply(self, here: Situation, reply: Reply) -> Iterator[Priced]:
        kind = reply.key.partition("#")[0]
        yield 0, Move(Kind.REPLY, reply.key, reply.answer, usable=reply.usable)
        if self.bars:
            goes_on = here.behaves(f"replies to {kind}") == "lost"
            yield int(not goes_on), Move(Kind.REPLY, reply.key, reply.answer, usable=reply.usable, lost=True)

    def _echoes(self, here: Situation) -> Iterator[Priced]:
        """One in a run: the last thing answered is answered again, and contradicted."""
        if "echo" in here.used or not self.bars:
            return
        for key, answer in sorted(here.answered):
            yield 1, Move(Kind.ECHO, key, answer)
            if answer is not Answer.FAILED and not self.subject.asking[key.partition("#")[0]].is_undo:
                yield 1, Move(Kind.ECHO, key, Answer.REFUSED if answer is Answer.DONE else Answer.DONE)

    def _strays(self, here: Situation) -> Iterator[Priced]:
        kind = next((kind for kind, asking in self.subject.asking.items() if asking.is_awaited), None)
        if kind is not None and self.bars and "stray" not in here.used:
            yield 1, Move(Kind.STRAY, f"{kind}#99", Answer.DONE)

    # -- people and time

    def _reports(self, here: Situation) -> Iterator[Priced]:
        if not self.subject.waits:
            yield from self._pod_reports(here)
            return
        for step in self.subject.steps:
            for outcome in step.awaits:
                yield from self._reports_of(here, step, outcome)

    def _reports_of(self, here: Situation, step: Step, outcome: Outcome) -> Iterator[Priced]:
        if f"{outcome.event_type} heard" not in here.used:
            entry = here.entry(step.key)
            awaited = entry is not None and entry.standing is Standing.ASKED
            well = awaited and outcome.means is Answer.DONE
            yield int(not well), Move(Kind.REPORT, outcome.event_type, outcome.means, actor=allowed_actor(outcome))
        refused = refused_actor(outcome)
        if refused is not None and f"{outcome.event_type} barred" not in here.used:
            yield 1, Move(Kind.REPORT, outcome.event_type, outcome.means, actor=refused)

    def _pod_reports(self, here: Situation) -> Iterator[Priced]:
        """What a pod tells of itself: it runs, then it has ended, in order only if all goes well."""
        running = here.saga is not None and here.saga.state is SagaState.RUNNING and not here.flying
        for name, awaited in (
            ("EXECUTION_STARTED", running),
            ("EXECUTION_COMPLETED", running and "EXECUTION_STARTED heard" in here.used),
            ("EXECUTION_FAILED", False),
            ("EXECUTION_TIMEOUT", False),
        ):
            if f"{name} heard" not in here.used:
                yield int(not awaited), Move(Kind.REPORT, name)

    def _cancels(self, here: Situation) -> Iterator[Priced]:
        cancel = self.subject.definition.cancels if self.subject.waits else "EXECUTION_CANCELLED"
        if cancel is None:
            return
        for actor in (self.subject.owner, STRANGER):
            if f"cancel by {actor}" not in here.used:
                yield 1, Move(Kind.CANCEL, cancel, actor=actor)

    def _time(self, here: Situation, *, idle: bool) -> Iterator[Priced]:
        saga = here.saga
        if saga is not None and saga.deadline is not None:
            yield int(not idle or bool(saga.ledger.parked)), Move(Kind.TIME)
            if "wake" not in here.used and here.now < saga.deadline:
                yield 1, Move(Kind.WAKE)

    def _operator(self, here: Situation) -> Iterator[Priced]:
        for entry in here.saga.ledger.parked if here.saga is not None else ():
            yield from ((1, Move(Kind.OPERATE, entry.step, verb=verb)) for verb in Verb)


def allowed_actor(outcome: Outcome) -> str:
    """Somebody who may send the event: whoever is least special."""
    if {Who.ANYONE, Who.NOT_OWNER} & outcome.by:
        return OTHER
    return "ada" if Who.OWNER in outcome.by else ADMIN


def refused_actor(outcome: Outcome) -> str | None:
    """Somebody who may not, if there is anybody."""
    if Who.ANYONE in outcome.by:
        return None
    if Who.NOT_OWNER in outcome.by:
        return None if Who.OWNER in outcome.by else "ada"
    return STRANGER
