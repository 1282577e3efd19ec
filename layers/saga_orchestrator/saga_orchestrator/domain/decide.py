"""The decision: what a signal makes of a saga. Pure: no AWS, no clock, no randomness, the same answer every time."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from .asking import ask
from .definition import SagaDefinition, StepContext
from .early import remember
from .endings import Ending, authorise, end, ending_of
from .errors import RejectedEvent, RejectReason, UnauthorisedCancel
from .events import (
    ClaimRefused,
    DeadlinePassed,
    Event,
    ExecutionCancelled,
    ExecutionRequested,
    ExecutionStarted,
    Signal,
)
from .policy import CLOCK_TOLERANCE_MS, Policy
from .saga import CAUSE_OF, Cause, Claim, Saga, TimelineEntry, deadline_shard, emit
from .states import SagaState, move

MAX_LATE_UNDOS: Final = 3
LIMIT_REACHED: Final = "limit_reached"


class Verdict(StrEnum):
    """What became of a signal; every input is one of these or a rejected event."""

    APPLIED = "applied"
    REMEMBERED = "remembered"
    DUPLICATE = "duplicate"
    LATE = "late"
    """The saga has ended already, or the deadline moved: no state changes."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What `decide` goes by: the saga's definition and the deployment's policy."""

    definition: SagaDefinition
    policy: Policy


@dataclass(frozen=True, slots=True)
class Decision:
    """`saga` is to be stored when `changed`; `claims` is taken and `releases` given back in that same write."""

    saga: Saga | None
    verdict: Verdict
    claims: str | None = None
    releases: Claim | None = None
    ignored_cancels: int = 0

    @property
    def changed(self) -> bool:
        return self.verdict in {Verdict.APPLIED, Verdict.REMEMBERED}

    @property
    def messages(self) -> tuple[str, ...]:
        """Keys of the messages this decision sends."""
        return self.saga.outbox if self.saga and self.changed else ()


def decide(saga: Saga | None, signal: Signal, now: int, rules: Rules) -> Decision:
    """What `signal` makes of `saga` (None: nothing is stored yet) at `now` (epoch milliseconds).

    Raises:
        RejectedEvent: the signal can never be applied.
    """
    match signal:
        case DeadlinePassed():
            return _time_out(saga, now, rules)
        case ClaimRefused(event=event):
            return _start(saga, event, now, rules, claim_refused=True)
        case ExecutionRequested():
            return _request(saga, signal, now, rules)
        case _:
            return _report(saga, signal, now, rules)


def _request(saga: Saga | None, event: ExecutionRequested, now: int, rules: Rules) -> Decision:
    if event.requested_at > now + CLOCK_TOLERANCE_MS:
        raise RejectedEvent(RejectReason.TIMESTAMP_IN_FUTURE, "timestamp is more than 15 minutes ahead of our clock")
    if saga is None or saga.is_stub:
        return _start(saga, event, now, rules)
    if saga.request_hash != event.request_hash:
        raise RejectedEvent(
            RejectReason.CONFLICTING_REQUEST, "this execution was requested before, with other content or another owner"
        )
    return Decision(saga, Verdict.DUPLICATE)


def _start(
    stub: Saga | None, event: ExecutionRequested, now: int, rules: Rules, *, claim_refused: bool = False
) -> Decision:
    """Apply the request and whatever was remembered, in one write: the saga runs, or ends at once."""
    requested = _requested(stub, event, now, rules)
    cause = TimelineEntry(now, Cause.REQUESTED, event.event_id)
    ending, ignored = _early_ending(stub, event.owner, rules.policy)
    if ending is not None:
        return Decision(
            end(requested, ending, cause, rules.definition, rules.policy), Verdict.APPLIED, ignored_cancels=ignored
        )
    context = StepContext(event.request, event.requested_at, now, rules.policy)
    claims: str | None = None
    done: list[str] = []
    emitted: list[str] = []
    for step in rules.definition.steps:
        refusal = ask(f"the check of {step.key}", step.check, context) if step.check else None
        if refusal is None and step.claims is not None:
            resource = ask(f"the claim of {step.key}", step.claims, event.request)
            if rules.policy.limit_of(resource) > 0:
                claims, refusal = (None, LIMIT_REACHED) if claim_refused else (resource, None)
        if refusal is not None:
            failed = Ending(SagaState.FAILED, refusal, failed_step=step.key)
            refused = replace(requested, completed_steps=tuple(done))
            return Decision(
                end(refused, failed, cause, rules.definition, rules.policy), Verdict.APPLIED, ignored_cancels=ignored
            )
        done.append(step.key)
        emitted += [kind for kind in step.emits if rules.policy.publish_commands or not _is_command(rules, kind)]
    saga = emit(
        requested,
        cause,
        ("saga_started", *emitted),
        completed_steps=tuple(done),
        state=move((requested.state, SagaState.RUNNING)),
        deadline=_first_deadline(requested, now, rules.policy),
    )
    return Decision(saga, Verdict.APPLIED, claims=claims, ignored_cancels=ignored)


def _requested(stub: Saga | None, event: ExecutionRequested, now: int, rules: Rules) -> Saga:
    """The item as the request makes it, before any step: identity and every write-once field."""
    policy = rules.policy
    size = event.request.script.size
    remembered = tuple(TimelineEntry(early.at, early.cause, early.event_id) for early in stub.early) if stub else ()
    return Saga(
        execution_id=event.execution_id,
        saga_name=rules.definition.name,
        definition_version=rules.definition.version,
        state=SagaState.CREATED,
        version=stub.version + 1 if stub else 1,
        created_at=now,
        correlation_id=event.correlation_id,
        deadline_shard=deadline_shard(event.execution_id, policy.deadline_shards),
        owner=event.owner,
        request=event.request,
        request_hash=event.request_hash,
        script_bucket=event.request.script.bucket or policy.payload_bucket,
        inline_script=event.request.script.bucket is None and size <= policy.inline_script_max_bytes,
        create_before=now + policy.start_deadline_seconds * 1000,
        timeline=remembered,
    )


def _early_ending(stub: Saga | None, owner: str | None, policy: Policy) -> tuple[Ending | None, int]:
    """The first remembered terminal event that is honoured, and how many cancels before it were not."""
    ignored = 0
    for early in stub.early if stub else ():
        if early.cause is Cause.CANCELLED and not (early.trusted or authorise(early.actor, owner, policy)):
            ignored += 1
        elif early.cause is not Cause.STARTED:
            return ending_of(early), ignored
    return None, ignored


def _first_deadline(saga: Saga, now: int, policy: Policy) -> int:
    return _run_deadline(saga, now, policy) if saga.has_started else now + policy.start_deadline_seconds * 1000


def _run_deadline(saga: Saga, now: int, policy: Policy) -> int:
    timeout_seconds = saga.request.timeout_seconds if saga.request else 0
    return now + (timeout_seconds + policy.run_grace_seconds) * 1000


def _report(saga: Saga | None, event: Event, now: int, rules: Rules) -> Decision:
    """Not a request: remembered while the request is missing, applied to a running saga, else late."""
    trusted = _check_cancel(saga, event, rules.policy) if isinstance(event, ExecutionCancelled) else False
    if saga is None or saga.is_stub:
        remembered = remember(saga, event, now, rules.definition, rules.policy, trusted=trusted)
        return Decision(remembered or saga, Verdict.REMEMBERED if remembered else Verdict.DUPLICATE)
    cause = CAUSE_OF[event.type]
    if saga.has_seen(cause, event.event_id):
        return Decision(saga, Verdict.DUPLICATE)
    entry = TimelineEntry(now, cause, event.event_id)
    if isinstance(event, ExecutionStarted):
        return _started(saga, entry, now, rules)
    if saga.state.is_terminal:
        return Decision(saga, Verdict.LATE)
    ended = end(saga, ending_of(event), entry, rules.definition, rules.policy, version=saga.version + 1, claim=None)
    return Decision(ended, Verdict.APPLIED, releases=saga.claim)


def _check_cancel(saga: Saga | None, event: ExecutionCancelled, policy: Policy) -> bool:
    """True when the cancel needs no owner's consent; raises when it can never be honoured."""
    if event.by_operator or event.actor in policy.admin_users:
        return True
    if event.actor is None:
        raise RejectedEvent(RejectReason.NO_ACTOR, "a cancel names nobody in cancelled_by or metadata.user_id")
    if saga is not None and not saga.is_stub and not authorise(event.actor, saga.owner, policy):
        raise UnauthorisedCancel(RejectReason.UNAUTHORISED_CANCEL, "the actor is neither the owner nor an admin")
    return False


def _started(saga: Saga, entry: TimelineEntry, now: int, rules: Rules) -> Decision:
    if saga.state is SagaState.RUNNING:
        if saga.has_started:
            return Decision(saga, Verdict.DUPLICATE)
        running = emit(saga, entry, (), version=saga.version + 1, deadline=_run_deadline(saga, now, rules.policy))
        return Decision(running, Verdict.APPLIED)
    late_undos = [kind for kind in rules.definition.undo_again_on_late_start if _may_repeat(saga, kind, rules.policy)]
    if saga.state is SagaState.COMPLETED or not late_undos:
        return Decision(saga, Verdict.LATE)
    # The pod outlived its saga: tell the worker again. The state stays as it is, and the repetition is bounded.
    return Decision(emit(saga, entry, tuple(late_undos), version=saga.version + 1), Verdict.APPLIED)


def _may_repeat(saga: Saga, kind: str, policy: Policy) -> bool:
    return saga.occurrences(kind) <= MAX_LATE_UNDOS and (policy.publish_commands or saga.has_emitted(kind))


def _time_out(saga: Saga | None, now: int, rules: Rules) -> Decision:
    """Due is judged on the item itself: the index, and the checker's query, are only a hint."""
    if saga is None or saga.state is not SagaState.RUNNING or saga.deadline is None or saga.deadline > now:
        return Decision(saga, Verdict.LATE)
    reason = "run_deadline_passed" if saga.has_started else "start_deadline_passed"
    entry = TimelineEntry(now, Cause.DEADLINE, f"deadline:{saga.deadline}")
    ending = Ending(SagaState.TIMEOUT, reason)
    timed_out = end(saga, ending, entry, rules.definition, rules.policy, version=saga.version + 1, claim=None)
    return Decision(timed_out, Verdict.APPLIED, releases=saga.claim)


def _is_command(rules: Rules, kind: str) -> bool:
    spec = rules.definition.messages.get(kind)
    return spec is None or spec.is_command
