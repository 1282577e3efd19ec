"""Preparing, beginning and aborting a batch: judged in a fixed order, as every verb is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from saga_orchestrator.application.apply_event import MAX_ATTEMPTS
from saga_orchestrator.application.judging import Answered, Hand, answer_again, refused_unread, tell
from saga_orchestrator.application.kinds import DefinitionOf
from saga_orchestrator.application.listing import Lists, Order
from saga_orchestrator.application.ports import Clock, Reporting
from saga_orchestrator.domain.errors import RejectedEvent, RetryableError
from saga_orchestrator.domain.operating.acts import Act, Role
from saga_orchestrator.domain.operating.authority import DEMANDS, Deed, Demands
from saga_orchestrator.domain.operating.batches import (
    Batch,
    BatchState,
    By,
    batch_id,
    batch_target,
    names_a_batch,
    request_digest,
)

from .choosing import BATCHED, ChosenSet, NotChosen, choose
from .keeping import Batches

_MAY: Final = frozenset({Role.OPERATOR, Role.ADMIN})


class Part(StrEnum):
    """What is done to a batch as a whole; the verb of its act."""

    START = "start"
    ABORT = "abort"


_DEMANDS: Final[Mapping[Part, Demands]] = MappingProxyType(
    {
        Part.START: Demands(roles=_MAY, version=True, reason=True),
        Part.ABORT: Demands(roles=_MAY),  # to stop something nobody is asked for a reason
    }
)


class NotNow(StrEnum):
    """Why it is neither begun nor aborted. Stable codes, for whoever asked."""

    ALREADY_STARTED = "already_started"
    ALREADY_ENDED = "already_ended"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Told:
    """`batch` is as it stands now."""

    answered: Answered
    batch: Batch | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class BatchDesk:
    """`call` has a runner begin at once; where it cannot, one that looks each minute finds the batch."""

    batches: Batches
    lists: Lists
    clock: Clock
    named: DefinitionOf
    token: Callable[[], str]
    call: Callable[[str], None]
    telemetry: Reporting

    def prepare(self, hand: Hand, deed: Deed, order: Order, fits: Mapping[str, str], before: int) -> Told:
        """Read the set to its end and freeze it as it was seen."""
        now, identity = self.clock(), batch_id(hand.actor, hand.key)
        demands = Demands(roles=_MAY & DEMANDS[deed].roles, reason=True)
        problem = _problem_of_set(deed, order, fits, before, now)
        key = hand.key_on(batch_target(identity))
        if refusal := refused_unread(hand, demands, key, version=None, problem=problem):
            return Told(refusal.answered, code=refusal.code)
        request = request_digest(deed, order, fits, before, hand.reason)
        known = self.batches.find(identity)
        if known is not None:
            return _prepared_before(known, request)
        chosen = choose(self.lists, order, fits, before, self.named)
        if isinstance(chosen, NotChosen):
            return Told(Answered.REFUSED, code=chosen)
        batch = Batch(
            id=identity,
            deed=deed,
            of=order,
            fits=dict(fits),
            before=before,
            request=request,
            content=self.token(),
            count=len(chosen.sagas),
            unreadable=chosen.unreadable,
            prepared=_by(hand, now),
            moved=now,
        )
        return self._frozen(batch, chosen)

    def _frozen(self, batch: Batch, chosen: ChosenSet) -> Told:
        if self.batches.freeze(batch, chosen.sagas):
            self.telemetry.info("operation prepared", operation=batch.id, verb=batch.deed, count=batch.count)
            return Told(Answered.DONE, batch)
        known = self.batches.find(batch.id)
        if known is None:
            msg = "an operation was there, and is not"
            raise RetryableError(msg)
        # By the same request, a moment ago: its own answer was lost, or it came twice at once.
        return _prepared_before(known, batch.request)

    def start(self, identity: str, hand: Hand, version: tuple[int, int] | None) -> Told:
        """Have it run. It cannot be taken back, so it is begun on what was seen: `version`."""
        told = self._perform(Part.START, identity, hand, version)
        if told.batch is not None and told.batch.state is BatchState.RUNNING and told.code is None:
            self._have_it_run(identity)
        return told

    def abort(self, identity: str, hand: Hand, version: tuple[int, int] | None) -> Told:
        """What is done stays done; no further saga is touched from this write on."""
        return self._perform(Part.ABORT, identity, hand, version)

    def _perform(self, part: Part, identity: str, hand: Hand, version: tuple[int, int] | None) -> Told:
        told = self._judged(part, identity, hand, version)
        about = {"operation": told.batch.id} if told.batch is not None else {}
        tell(self.telemetry, part, hand, told.answered, told.code, **about)
        return told

    def _judged(self, part: Part, identity: str, hand: Hand, version: tuple[int, int] | None) -> Told:
        key, named = hand.key_on(batch_target(identity)), names_a_batch(identity)
        if refusal := refused_unread(hand, _DEMANDS[part], key, version=version, named=named):
            return Told(refusal.answered, code=refusal.code)
        for _ in range(MAX_ATTEMPTS):
            batch = self.batches.find(identity)
            told = Told(Answered.UNKNOWN) if batch is None else self._once(part, batch, hand, version)
            if told is not None:
                return told
        msg = f"lost {MAX_ATTEMPTS} races for one operation"
        raise RetryableError(msg)

    def _once(self, part: Part, batch: Batch, hand: Hand, version: tuple[int, int] | None) -> Told | None:
        """None where somebody was faster: it is judged again."""
        # The set says what is done: whoever begins it needs the right to that now, whoever prepared it.
        if part is Part.START and hand.role not in DEMANDS[batch.deed].roles:
            return Told(Answered.FORBIDDEN)
        known = self.batches.find_act(hand.key_on(batch_target(batch.id)))
        if known is not None:
            answered = answer_again(known, _act(part, hand, batch, known.at))
            return Told(answered, batch if answered.is_done else None)
        if version not in {None, (batch.version, batch.created_at)}:
            return Told(Answered.CHANGED, batch)
        now = self.clock()
        changed = _changed(part, batch, hand, now)
        if isinstance(changed, NotNow):
            return Told(Answered.REFUSED, batch, changed)
        if not self.batches.change(batch, changed, _act(part, hand, batch, now)):
            return None
        return Told(Answered.DONE, self.batches.find(batch.id) or changed)

    def _have_it_run(self, identity: str) -> None:
        """A call that fails, or is lost, makes it late and nothing else."""
        try:
            self.call(identity)
        except (RetryableError, RejectedEvent) as failed:
            self.telemetry.warn("no runner could be called", operation=identity, error=str(failed))


def _problem_of_set(deed: Deed, order: Order, fits: Mapping[str, str], before: int, now: int) -> str | None:
    lists = BATCHED.get(deed, frozenset())
    if order not in lists:
        return f"for many at once {deed} is of {' or '.join(sorted(lists)) or 'no list'}"
    if before > now:
        return "the cut-off is in the future"
    return None if fits else "a filter names at least one part: none at all would be everything"


def _prepared_before(known: Batch, request: str) -> Told:
    return Told(Answered.REPLAYED, known) if known.request == request else Told(Answered.KEY_REUSED)


def _by(hand: Hand, now: int) -> By:
    return By(now, hand.actor, hand.door, hand.role, hand.reason)


def _act(part: Part, hand: Hand, batch: Batch, at: int) -> Act:
    return replace(
        hand.act_on(batch_target(batch.id), part, at),
        result=Answered.DONE,
        version_before=batch.version,
        version_after=batch.version + 1,
        operation=batch.id,
    )


def _changed(part: Part, batch: Batch, hand: Hand, now: int) -> Batch | NotNow:
    match batch.stands(now), part:
        case (BatchState.EXPIRED, _):
            return NotNow.EXPIRED
        case (BatchState.ENDED | BatchState.ABORTED, _):
            return NotNow.ALREADY_ENDED
        case (BatchState.RUNNING, Part.START):
            return NotNow.ALREADY_STARTED
        case (_, Part.START):
            by = _by(hand, now)
            return replace(batch, state=BatchState.RUNNING, version=batch.version + 1, started=by, moved=now)
        case _:
            by = _by(hand, now)
            return replace(batch, state=BatchState.ABORTED, version=batch.version + 1, aborted=by, ended_at=now)
