"""Preparing, beginning and aborting a batch: judged in a fixed order, as every verb is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from saga_orchestrator.application.apply_event import MAX_ATTEMPTS
from saga_orchestrator.application.kinds import DefinitionOf
from saga_orchestrator.application.listing import Lists, Order
from saga_orchestrator.application.operate import Answered
from saga_orchestrator.application.ports import Clock, Reporting
from saga_orchestrator.domain.errors import RejectedEvent, RetryableError
from saga_orchestrator.domain.operating.acts import Act, ActKey, Door, Role, digest, problem_of
from saga_orchestrator.domain.operating.authority import DEMANDS, Deed
from saga_orchestrator.domain.operating.batches import (
    Batch,
    BatchState,
    By,
    batch_act_key,
    batch_id,
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


class NotNow(StrEnum):
    """Why it is neither begun nor aborted. Stable codes, for whoever asked."""

    ALREADY_STARTED = "already_started"
    ALREADY_ENDED = "already_ended"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """Who asks, under which key, and why."""

    actor: str
    role: Role
    door: Door
    key: str
    reason: str

    def by(self, now: int) -> By:
        return By(now, self.actor, self.door, self.role, self.reason)


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
        now = self.clock()
        if hand.role not in _MAY & DEMANDS[deed].roles:
            return Told(Answered.FORBIDDEN)
        identity = batch_id(hand.actor, hand.key)
        problem = _problem(hand, identity, why=True) or _problem_of_set(deed, order, fits, before, now)
        if problem is not None:
            return Told(Answered.MALFORMED, code=problem)
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
            prepared=hand.by(now),
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
        told = self._judged(Part.START, identity, hand, version)
        if told.batch is not None and told.batch.state is BatchState.RUNNING and told.code is None:
            self._have_it_run(identity)
        return told

    def abort(self, identity: str, hand: Hand, version: tuple[int, int] | None) -> Told:
        """What is done stays done; no further saga is touched from this write on."""
        return self._judged(Part.ABORT, identity, hand, version)

    def _judged(self, part: Part, identity: str, hand: Hand, version: tuple[int, int] | None) -> Told:
        if hand.role not in _MAY:
            return Told(Answered.FORBIDDEN)
        if not names_a_batch(identity):
            return Told(Answered.UNKNOWN)
        if problem := _problem(hand, identity, why=part is Part.START):
            return Told(Answered.MALFORMED, code=problem)
        if part is Part.START and version is None:
            return Told(Answered.VERSION_NEEDED)
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
        act_key = batch_act_key(batch.id, hand.actor, hand.key)
        known = self.batches.find_act(act_key)
        if known is not None:
            return _again(known, _act(part, act_key, hand, batch, known.at), batch)
        if version not in {None, (batch.version, batch.created_at)}:
            return Told(Answered.CHANGED, batch)
        now = self.clock()
        changed = _changed(part, batch, hand, now)
        if isinstance(changed, NotNow):
            return Told(Answered.REFUSED, batch, changed)
        if not self.batches.change(batch, changed, _act(part, act_key, hand, batch, now)):
            return None
        self.telemetry.count("ActsDone")
        self.telemetry.info("operation", part=part, operation=batch.id, door=hand.door, role=hand.role)
        return Told(Answered.DONE, self.batches.find(batch.id) or changed)

    def _have_it_run(self, identity: str) -> None:
        """A call that fails, or is lost, makes it late and nothing else."""
        try:
            self.call(identity)
        except (RetryableError, RejectedEvent) as failed:
            self.telemetry.warn("no runner could be called", operation=identity, error=str(failed))


def _problem(hand: Hand, identity: str, *, why: bool) -> str | None:
    """`why`: a reason is needed. To stop something nobody is asked for one."""
    if problem := problem_of(batch_act_key(identity, hand.actor, hand.key), hand.reason):
        return problem
    return "a reason is needed" if why and not hand.reason.strip() else None


def _problem_of_set(deed: Deed, order: Order, fits: Mapping[str, str], before: int, now: int) -> str | None:
    lists = BATCHED.get(deed, frozenset())
    if order not in lists:
        return f"for many at once {deed} is of {' or '.join(sorted(lists)) or 'no list'}"
    if before > now:
        return "the cut-off is in the future"
    return None if fits else "a filter names at least one part: none at all would be everything"


def _prepared_before(known: Batch, request: str) -> Told:
    return Told(Answered.REPLAYED, known) if known.request == request else Told(Answered.KEY_REUSED)


def _act(part: Part, key: ActKey, hand: Hand, batch: Batch, at: int) -> Act:
    return Act(
        id=key,
        verb=part,
        arguments=digest({"reason": hand.reason}),
        door=hand.door,
        role=hand.role,
        at=at,
        reason=hand.reason,
        result=Answered.DONE,
        version_before=batch.version,
        version_after=batch.version + 1,
        operation=batch.id,
    )


def _again(known: Act, now: Act, batch: Batch) -> Told:
    return Told(Answered.REPLAYED, batch) if known.is_same_as(now) else Told(Answered.KEY_REUSED)


def _changed(part: Part, batch: Batch, hand: Hand, now: int) -> Batch | NotNow:
    match batch.stands(now), part:
        case (BatchState.EXPIRED, _):
            return NotNow.EXPIRED
        case (BatchState.ENDED | BatchState.ABORTED, _):
            return NotNow.ALREADY_ENDED
        case (BatchState.RUNNING, Part.START):
            return NotNow.ALREADY_STARTED
        case (_, Part.START):
            by = hand.by(now)
            return replace(batch, state=BatchState.RUNNING, version=batch.version + 1, started=by, moved=now)
        case _:
            by = hand.by(now)
            return replace(batch, state=BatchState.ABORTED, version=batch.version + 1, aborted=by, ended_at=now)
