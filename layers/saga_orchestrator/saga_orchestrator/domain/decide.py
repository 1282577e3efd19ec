"""The decision: what a signal makes of a saga. Pure: no AWS, no clock, no randomness, the same answer every time."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from saga_orchestrator.domain.executions.beginnings import (
    LANGUAGE_CLOSED,
    claimed,
    early_ending,
    first_deadline,
    identified_saga,
    requested_saga,
    run_deadline,
)
from saga_orchestrator.domain.executions.early import remember
from saga_orchestrator.domain.executions.endings import Ending, authorise, end, ending_of, made_nothing, may_send
from saga_orchestrator.domain.executions.request_rules import INVALID_REQUEST, stored_faults

from .definition import SagaDefinition, StepContext, is_command
from .definition_calls import call
from .errors import RejectedEvent, RejectReason, UnauthorisedEvent
from .events import (
    ClaimRefused,
    DeadlinePassed,
    Event,
    ExecutionCancelled,
    ExecutionRequested,
    ExecutionStarted,
    InvalidRequest,
    Signal,
)
from .policy import CLOCK_TOLERANCE_MS, Policy
from .saga import CAUSE_OF, Cause, Claim, Saga, TimelineEntry, emit
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
    NOTED = "noted"
    """Late too, and the first of its kind: the timeline shows it from now on."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What `decide` goes by: the saga's definition and the deployment's policy."""

    definition: SagaDefinition
    policy: Policy
    definition_of: Callable[[Saga], SagaDefinition] | None = None
    """The definition that a stored saga began under, where this deployment has more than one version."""

    def of(self, saga: Saga | None) -> "Rules":
        """What `saga` is judged by: a saga that waits goes on under the version that it began with.

        Raises:
            RetryableError: newer code began it.
            RejectedEvent: its version is gone.
        """
        waits = saga is not None and not saga.is_stub and (saga.ledger or self.definition.starts)
        if saga is None or not waits or self.definition_of is None:
            return self
        definition = self.definition_of(saga)
        return self if definition is self.definition else replace(self, definition=definition)


_WRITTEN: Final = (Verdict.APPLIED, Verdict.REMEMBERED, Verdict.NOTED)


@dataclass(frozen=True, slots=True)
class Decision:
    """`saga` is to be stored when `changed`; `claims` is taken and `releases` given back in that same write."""

    saga: Saga | None
    verdict: Verdict
    claims: str | None = None
    releases: Claim | None = None
    ignored_cancels: int = 0
    notes: tuple[str, ...] = ()
    """Metrics to count once the write is durable, or where nothing is written."""
    told: str | None = None
    """Why an authorised cancel changes nothing, for whoever asked."""

    @property
    def changed(self) -> bool:
        return self.verdict in _WRITTEN

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
        case ClaimRefused(event=event, closed=closed):
            return _start(saga, event, now, rules, refused=LANGUAGE_CLOSED if closed else LIMIT_REACHED)
        case ExecutionRequested():
            return _request(saga, signal, now, rules)
        case InvalidRequest():
            return _repeated(saga, signal) or _answer(saga, signal, now, rules)
        case _:
            return _report(saga, signal, now, rules)


def _request(saga: Saga | None, event: ExecutionRequested, now: int, rules: Rules) -> Decision:
    if event.requested_at > now + CLOCK_TOLERANCE_MS:
        raise RejectedEvent(RejectReason.TIMESTAMP_IN_FUTURE, "timestamp is more than 15 minutes ahead of our clock")
    return _repeated(saga, event) or _start(saga, event, now, rules)


def _repeated(saga: Saga | None, event: ExecutionRequested | InvalidRequest) -> Decision | None:
    """What a request means where the execution was requested before; None where it was not."""
    if saga is None or saga.is_stub:
        return None
    if saga.request_hash != event.request_hash:
        raise RejectedEvent(
            RejectReason.CONFLICTING_REQUEST, "this execution was requested before, with other content or another owner"
        )
    return Decision(saga, Verdict.DUPLICATE)


def _start(
    stub: Saga | None, event: ExecutionRequested, now: int, rules: Rules, *, refused: str | None = None
) -> Decision:
    """Apply the request and whatever was remembered, in one write: the saga runs, or ends at once."""
    requested = requested_saga(stub, event, now, rules.definition, rules.policy)
    cause = TimelineEntry(now, Cause.REQUESTED, event.event_id)
    ending, ignored = early_ending(stub, event.owner, rules.policy)
    if ending is not None:
        return Decision(
            end(requested, ending, cause, rules.definition, rules.policy), Verdict.APPLIED, ignored_cancels=ignored
        )
    context = StepContext(event.request, event.requested_at, now, rules.policy)
    claims: str | None = None
    done: list[str] = []
    emitted: list[str] = []
    for step in rules.definition.steps:
        refusal = call(f"the check of {step.key}", step.check, context) if step.check else None
        if refusal is None and step.claims is not None:
            resource = call(f"the claim of {step.key}", step.claims, event.request)
            claims, refusal = claimed(resource, rules.policy, refused)
        if refusal is not None:
            failed = Ending(SagaState.FAILED, refusal, failed_step=step.key)
            stopped = requested.having(completed_steps=tuple(done))
            return Decision(
                end(stopped, failed, cause, rules.definition, rules.policy), Verdict.APPLIED, ignored_cancels=ignored
            )
        done.append(step.key)
        emitted += [
            kind for kind in step.emits if rules.policy.publish_commands or not is_command(rules.definition, kind)
        ]
    saga = emit(
        requested,
        cause,
        ("saga_started", *emitted),
        completed_steps=tuple(done),
        state=move((requested.state, SagaState.RUNNING)),
        deadline=first_deadline(requested, now, rules.policy),
    )
    return Decision(saga, Verdict.APPLIED, claims=claims, ignored_cancels=ignored)


def takes_a_unit(event: ExecutionRequested, rules: Rules) -> bool:
    """Whether the request asks for a unit of what is limited, as far as it can be seen without its saga."""
    resources = (step.claims(event.request) for step in rules.definition.steps if step.claims is not None)
    return any(isinstance(rules.policy.limit_of(resource), int) for resource in resources)


def _answer(stub: Saga | None, event: InvalidRequest, now: int, rules: Rules) -> Decision:
    """A request that cannot be run still has a saga, because somebody waits for what became of it."""
    requested = identified_saga(stub, event, now, rules.definition, rules.policy).having(
        faults=stored_faults(event.faults)
    )
    cause = TimelineEntry(now, Cause.REQUESTED, event.event_id)
    ending, ignored = early_ending(stub, event.owner, rules.policy)
    ending = ending or Ending(SagaState.FAILED, INVALID_REQUEST)
    ended = end(requested, ending, cause, rules.definition, rules.policy)
    return Decision(ended, Verdict.APPLIED, ignored_cancels=ignored)


def _report(saga: Saga | None, event: Event, now: int, rules: Rules) -> Decision:
    """Not a request: remembered while the request is missing, applied to a running saga, else late."""
    trusted = check_cancel(saga, event, rules.policy) if isinstance(event, ExecutionCancelled) else False
    if saga is None or saga.is_stub:
        remembered = remember(saga, event, now, rules.definition, rules.policy, trusted=trusted)
        return Decision(remembered or saga, Verdict.REMEMBERED if remembered else Verdict.DUPLICATE)
    cause = CAUSE_OF[event.type]
    if saga.has_seen(cause, event.event_id):
        return Decision(saga, Verdict.DUPLICATE)
    entry = TimelineEntry(now, cause, event.event_id)
    if isinstance(event, ExecutionStarted):
        return _started(saga, event, entry, now, rules)
    if saga.state.is_terminal:
        return _note(saga, entry)
    ended = end(saga, ending_of(event), entry, rules.definition, rules.policy, version=saga.version + 1, claim=None)
    return Decision(ended, Verdict.APPLIED, releases=saga.claim)


def check_cancel(saga: Saga | None, event: ExecutionCancelled, policy: Policy) -> bool:
    """True when the cancel needs no owner's consent; raises when it can never be honoured."""
    if event.by_operator or event.actor in policy.admin_users:
        return True
    if event.actor is None:
        raise RejectedEvent(RejectReason.NO_ACTOR, "a cancel names nobody in cancelled_by or metadata.user_id")
    if saga is not None and not saga.is_stub and not authorise(event.actor, saga.owner, policy):
        raise UnauthorisedEvent(RejectReason.UNAUTHORISED_CANCEL, "the actor is neither the owner nor an admin")
    return False


def _started(saga: Saga, event: ExecutionStarted, entry: TimelineEntry, now: int, rules: Rules) -> Decision:
    if saga.state is SagaState.RUNNING:
        if saga.has_started:
            return Decision(saga, Verdict.DUPLICATE)
        places = {"pod_name": event.pod_name, "node_name": event.node_name}
        deadline = run_deadline(saga, now, rules.policy)
        running = emit(saga, entry, (), version=saga.version + 1, deadline=deadline, **places)
        return Decision(running, Verdict.APPLIED)
    if saga.state is SagaState.COMPLETED and not _is_second_pod(saga, event):
        return _note(saga, entry, pod_name=event.pod_name, node_name=event.node_name)
    late_undos = [kind for kind in rules.definition.undo_again_on_late_start if _may_repeat(saga, kind, rules)]
    if not late_undos:
        return Decision(saga, Verdict.LATE)
    # The pod outlived its saga: tell the worker again. The state stays as it is, and the repetition is bounded.
    return Decision(emit(saga, entry, tuple(late_undos), version=saga.version + 1), Verdict.APPLIED)


def _is_second_pod(saga: Saga, event: ExecutionStarted) -> bool:
    """The run that completed was seen to start, and this is not its pod: one start too many, whose pod nobody ends."""
    return saga.has_started and (event.pod_name is None or event.pod_name != saga.pod_name)


def _note(saga: Saga, entry: TimelineEntry, **places: str | None) -> Decision:
    """Keep the first of each kind that comes after the end: it sends nothing, and an operator sees it."""
    if saga.knows_of(entry.cause):
        return Decision(saga, Verdict.LATE)
    return Decision(emit(saga, entry, (), version=saga.version + 1, **places), Verdict.NOTED)


def _may_repeat(saga: Saga, kind: str, rules: Rules) -> bool:
    repeated = sum(
        entry.cause is Cause.STARTED and any(key.partition("#")[0] == kind for key in entry.messages)
        for entry in saga.timeline
    )
    allowed = may_send(saga, kind, rules.definition, rules.policy) and not made_nothing(saga, rules.definition)
    return allowed and repeated < MAX_LATE_UNDOS


def _time_out(saga: Saga | None, now: int, rules: Rules) -> Decision:
    """Due is judged on the item itself: the index, and the checker's query, are only a hint."""
    if saga is None or saga.state is not SagaState.RUNNING or saga.deadline is None or saga.deadline > now:
        return Decision(saga, Verdict.LATE)
    reason = "run_deadline_passed" if saga.has_started else "start_deadline_passed"
    entry = TimelineEntry(now, Cause.DEADLINE, f"deadline:{saga.deadline}")
    ending = Ending(SagaState.TIMEOUT, reason)
    timed_out = end(saga, ending, entry, rules.definition, rules.policy, version=saga.version + 1, claim=None)
    return Decision(timed_out, Verdict.APPLIED, releases=saga.claim)
