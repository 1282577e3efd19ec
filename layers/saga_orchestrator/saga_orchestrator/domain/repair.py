"""What can be wrong with a stored saga, and the saga as it should be. Pure: the command reads and writes.

Only what follows from the saga itself is put right. A state is never made up: that is a finding for a person.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from saga_orchestrator.domain.executions.endings import may_send

from .definition import SagaDefinition
from .policy import Policy
from .render import SAGA_MESSAGES, WAITING_MESSAGES
from .saga import Cause, Claim, Saga, TimelineEntry, deadline_shard, emit
from .states import SagaState

LONGEST_WAIT_MS: Final = 86_400_000
"""The largest StartDeadlineSeconds, and RunGraceSeconds, that a deployment takes."""

_ENDS: Final = (SagaState.COMPLETED, SagaState.FAILED, SagaState.TIMEOUT, SagaState.CANCELLED)
_CAUSES: Final = {state: Cause[state.name] for state in _ENDS}


class Problem(StrEnum):
    """Stable names, for programs that read the command's JSON."""

    COUNTER_DIFFERS = "counter_differs"
    SLOT_NOT_GIVEN_BACK = "slot_not_given_back"
    DUE_AFTER_END = "due_after_end"
    NEVER_DUE = "never_due"
    STEPS_MISSING = "steps_missing"
    EXPIRES_WHILE_RUNNING = "expires_while_running"
    NEVER_EXPIRES = "never_expires"
    MESSAGE_NOT_IN_TIMELINE = "message_not_in_timeline"
    MESSAGES_OWED = "messages_owed"
    UNREADABLE = "unreadable"
    MESSAGE_NOT_MADE = "message_not_made"
    NOT_REPAIRED = "not_repaired"
    UNKNOWN_SAGA = "unknown_saga"
    NEWER_CODE = "newer_code"
    UNKNOWN_VERSION = "unknown_version"
    BETWEEN_STATES = "between_states"
    TWO_ENDINGS = "two_endings"
    NO_TIMELINE = "no_timeline"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, and what is done about it, or what a person can do."""

    problem: Problem
    found: str
    repair: str


@dataclass(frozen=True, slots=True)
class Examined:
    """What was found. `mended` differs from `saga` exactly when there is something to repair."""

    saga: Saga
    mended: Saga
    repairs: tuple[Fault, ...] = ()
    by_hand: tuple[Fault, ...] = ()

    @property
    def releases(self) -> Claim | None:
        """The slot to give back in the same transaction."""
        return self.saga.claim if self.mended.claim is None else None


def examine(saga: Saga, definition: SagaDefinition | None, policy: Policy, now: int) -> Examined:
    """Look at one saga, as of `now` in epoch milliseconds. No definition: this code does not know the saga."""
    unclear = _unclear(saga, definition)
    if unclear is not None or definition is None or definition.starts or saga.ledger:  # it rests as its ledger says
        return Examined(saga, saga, by_hand=(unclear,) if unclear else ())
    mended, repairs = saga, []
    looks: tuple[Callable[[Saga], tuple[Saga, Fault] | None], ...] = (
        _unlisted_messages,
        lambda each: _owed_messages(each, definition, policy, now),
        _slot,
        _due_after_end,
        lambda each: _never_due(each, policy),
        lambda each: _steps(each, definition),
        lambda each: _expiry(each, policy, now),
    )
    for look in looks:
        if (result := look(mended)) is not None:
            mended = result[0]
            repairs.append(result[1])
    if repairs:
        # The outbox is what one write sends: what an earlier one sent is not repeated by this one.
        sends = () if mended.outbox == saga.outbox else mended.outbox
        mended = mended.having(version=saga.version + 1, outbox=sends)
    return Examined(saga, mended, tuple(repairs), _lost_timeline(mended))


def _unclear(saga: Saga, definition: SagaDefinition | None) -> Fault | None:
    """Reasons to leave the whole saga alone: what is right for it cannot be told from here."""
    if definition is None:
        found = f"saga {saga.saga_name} is not known to this version"
        return Fault(Problem.UNKNOWN_SAGA, found, "use the sagactl of the code that wrote it")
    kinds = {key.partition("#")[0] for key in saga.outbox} - {*definition.messages, *SAGA_MESSAGES, *WAITING_MESSAGES}
    # After a rollback: what such a step owes is known to the code that took it, which must find it whole.
    steps = {*saga.completed_steps, *saga.compensated_steps} - {
        step.key for step in (*definition.retired, *definition.steps)
    }
    if saga.definition_version > definition.version or kinds or steps:
        found = f"written by newer code: definition {saga.definition_version}"
        found += f", messages {' '.join(sorted(kinds))}" if kinds else ""
        found += f", steps {' '.join(sorted(steps))}" if steps else ""
        return Fault(Problem.NEWER_CODE, found, "use the sagactl of the code that wrote it")
    if saga.state is SagaState.COMPENSATING and definition.starts is None and not saga.ledger:
        found = f"rests in state {saga.state}, from which no function moves it"
        return Fault(
            Problem.BETWEEN_STATES, found, "set its state to running by hand, and reconcile again: it times out"
        )
    announced = [str(state) for state in _CAUSES if saga.has_emitted(f"saga_{state}")]
    if announced and announced != [str(saga.state)]:
        found = f"is {saga.state}, and its timeline announced {' and '.join(announced)}"
        return Fault(Problem.TWO_ENDINGS, found, "find out how it ended, and set its state by hand")
    return None


def _lost_timeline(saga: Saga) -> tuple[Fault, ...]:
    if saga.is_stub or saga.timeline:
        return ()
    repair = "delete its pod by hand" if saga.state.is_terminal else "cancel it, then delete its pod by hand"
    return (Fault(Problem.NO_TIMELINE, "has no timeline: what it sent is not known", repair),)


def _unlisted_messages(saga: Saga) -> tuple[Saga, Fault] | None:
    """The outbox proves that they were committed; without an entry nobody can render them, nor undo what they ask."""
    listed = {key for entry in saga.timeline for key in entry.messages}
    lost = tuple(key for key in saga.outbox if key not in listed)
    if not lost:
        return None
    found = f"the timeline lacks {' '.join(lost)} of the outbox"
    if saga.is_stub:
        # No request has come, so nothing was decided that could be sent.
        return saga.having(outbox=()), Fault(Problem.MESSAGE_NOT_IN_TIMELINE, found, "drop it: a stub sends nothing")
    cause = Cause.REQUESTED if saga.state is SagaState.RUNNING else Cause.STARTED
    if any(key.startswith(f"saga_{saga.state}#") for key in lost):
        cause = _CAUSES[saga.state]
    entry = TimelineEntry(saga.ended_at or saga.created_at, cause, f"reconcile-listed:{saga.version + 1}", lost)
    repair = f"list it; if it was never sent, `sagactl republish {saga.execution_id}` sends it"
    return (
        saga.having(timeline=(*saga.timeline, entry)),
        Fault(Problem.MESSAGE_NOT_IN_TIMELINE, found, repair),
    )


def _owed_messages(saga: Saga, definition: SagaDefinition, policy: Policy, now: int) -> tuple[Saga, Fault] | None:
    """An end that undid nothing, or told nobody. The relay publishes what this write puts into the outbox."""
    if not saga.state.is_terminal or not saga.timeline:
        return None
    undos = [kind for kind in _undos(saga, definition) if may_send(saga, kind, definition, policy)]
    kinds = [*undos, f"saga_{saga.state}"]
    owed = tuple(kind for kind in kinds if not saga.has_emitted(kind))
    if not owed:
        return None
    entry = TimelineEntry(now, _CAUSES[saga.state], f"reconcile-owed:{saga.version + 1}")
    found = f"ended {saga.state} and never sent {' '.join(owed)}"
    return emit(saga, entry, owed), Fault(Problem.MESSAGES_OWED, found, "send it")


def _undos(saga: Saga, definition: SagaDefinition) -> list[str]:
    """Messages that take back what was sent, last step first; a completed run is not taken back."""
    if saga.state is SagaState.COMPLETED:
        return []
    known = (*definition.retired, *definition.steps)
    sent = [step for step in known if any(saga.has_emitted(kind) for kind in step.emits)]
    return [kind for step in reversed(sent) if step.undo for kind in step.undo.emits]


def _slot(saga: Saga) -> tuple[Saga, Fault] | None:
    if saga.claim is None or saga.state is SagaState.RUNNING:
        return None
    found = f"is {saga.state} and holds a slot of {saga.claim.resource}, shard {saga.claim.shard}"
    return saga.having(claim=None), Fault(Problem.SLOT_NOT_GIVEN_BACK, found, "give it back")


def _due_after_end(saga: Saga) -> tuple[Saga, Fault] | None:
    if saga.state is SagaState.RUNNING or (saga.deadline is None and saga.deadline_shard is None):
        return None
    found = f"is {saga.state} and has a deadline: the checker looks at it in every run"
    return saga.having(deadline=None, deadline_shard=None), Fault(Problem.DUE_AFTER_END, found, "remove it")


def _steps(saga: Saga, definition: SagaDefinition) -> tuple[Saga, Fault] | None:
    """A saga runs once every step is done; those that it forgot would not be undone. Retired ones stay."""
    retired = {step.key for step in definition.retired}
    steps = tuple(step.key for step in definition.steps)
    if (
        saga.state is not SagaState.RUNNING
        or saga.definition_version != definition.version
        or tuple(key for key in saga.completed_steps if key not in retired) == steps
    ):
        return None
    done = (*(key for key in saga.completed_steps if key in retired), *steps)
    found = f"runs, and its steps done are {' '.join(saga.completed_steps) or 'none'}"
    return saga.having(completed_steps=done), Fault(Problem.STEPS_MISSING, found, f"set them to {' '.join(done)}")


def _never_due(saga: Saga, policy: Policy) -> tuple[Saga, Fault] | None:
    if saga.state is not SagaState.RUNNING:
        return None
    wrong = []
    deadline, shard = saga.deadline, saga.deadline_shard
    if deadline is None or deadline > _due(saga, LONGEST_WAIT_MS, saga.created_at + LONGEST_WAIT_MS):
        wrong.append("no deadline" if deadline is None else "a deadline later than any setting allows")
        start = policy.start_deadline_seconds * 1000
        deadline = _due(saga, policy.run_grace_seconds * 1000, saga.create_before or saga.created_at + start)
    if shard is None or not 0 <= shard < policy.deadline_shards:
        wrong.append("no index shard" if shard is None else f"index shard {shard}, which the checker does not read")
        shard = deadline_shard(saga.execution_id, policy.deadline_shards)
    if not wrong:
        return None
    repair = f"set the deadline to {deadline}, index shard {shard}"
    mended = saga.having(deadline=deadline, deadline_shard=shard)
    return mended, Fault(Problem.NEVER_DUE, f"runs and cannot time out: {', '.join(wrong)}", repair)


def _due(saga: Saga, run_grace_ms: int, start_deadline: int) -> int:
    """As `decide` sets it, from the same stored times: until the pod is seen the start deadline, then the run's."""
    if not saga.has_started:
        return start_deadline
    since = max(entry.at for entry in saga.timeline if entry.cause in {Cause.STARTED, Cause.REQUESTED})
    timeout_seconds = saga.request.timeout_seconds if saga.request else 0
    return since + timeout_seconds * 1000 + run_grace_ms


def _expiry(saga: Saga, policy: Policy, now: int) -> tuple[Saga, Fault] | None:
    if saga.state is SagaState.RUNNING:
        if saga.expires is None:
            return None
        found = "runs and expires: its slot and its pod would be left behind"
        return saga.having(expires=None), Fault(Problem.EXPIRES_WHILE_RUNNING, found, "keep it until it has ended")
    if saga.expires is not None:
        return None
    if saga.is_stub:
        since, kept = saga.created_at, policy.stub_lifetime_seconds
    else:
        since = saga.ended_at or max((entry.at for entry in saga.timeline), default=now)
        kept = policy.retention_seconds
    expires = since // 1000 + kept
    found = f"is {saga.state} and never expires"
    return saga.having(expires=expires), Fault(Problem.NEVER_EXPIRES, found, f"let it expire at {expires}")
