"""How a waiting saga begins: from its start event, and from what came before it, by whoever may say it."""

from dataclasses import replace

from saga_orchestrator.domain.decide import Decision, Rules, Verdict
from saga_orchestrator.domain.errors import RejectedEvent, RejectReason
from saga_orchestrator.domain.executions.endings import Ending, authorise
from saga_orchestrator.domain.executions.request_rules import INVALID_REQUEST, stored_faults
from saga_orchestrator.domain.policy import CLOCK_TOLERANCE_MS
from saga_orchestrator.domain.saga import Cause, EarlyEvent, Saga, TimelineEntry, deadline_shard
from saga_orchestrator.domain.states import SagaState, move

from . import compensation
from .closing import decided
from .forward import advance
from .signals import CancelAsked, SagaOpened, StepReported
from .terms import Outcome, Who
from .turn import Draft, Turn, number

EXPIRED = "expired"
MAX_INPUT_BYTES = 100_000
"""Leaves an item (400 KB) its room for a timeline in which every attempt failed."""
MAX_EARLY_OF_A_TYPE = 8


def open_saga(saga: Saga | None, signal: SagaOpened, now: int, rules: Rules, *, claim_refused: str | None) -> Decision:
    """Begin the saga, with what was remembered, in one write; a known one is a duplicate or a conflict."""
    if signal.requested_at > now + CLOCK_TOLERANCE_MS:
        raise RejectedEvent(RejectReason.TIMESTAMP_IN_FUTURE, "timestamp is more than 15 minutes ahead of our clock")
    if saga is not None and not saga.is_stub:
        if saga.request_hash != signal.request_hash:
            raise RejectedEvent(
                RejectReason.CONFLICTING_REQUEST, "this saga was started before, with other content or by another owner"
            )
        return Decision(saga, Verdict.DUPLICATE)
    if len(signal.input.encode()) > MAX_INPUT_BYTES:
        raise RejectedEvent(RejectReason.TOO_LARGE, f"what starts the saga is larger than {MAX_INPUT_BYTES} bytes")
    turn = Turn(
        rules.definition,
        rules.policy,
        now,
        TimelineEntry(now, Cause.REQUESTED, signal.event_id),
        refused=claim_refused,
    )
    draft = Draft(_opened(saga, signal, now, rules)).emit("saga_started")
    cancelled, ignored = _early_cancel(saga, signal.owner, rules)
    if cancelled is not None:
        draft = compensation.begin(replace(draft, emits=()), cancelled, turn)
    elif signal.faults:
        draft = compensation.begin(replace(draft, emits=()), Ending(SagaState.FAILED, INVALID_REQUEST), turn)
    elif now - signal.requested_at > rules.policy.request_max_age_seconds * 1000:
        draft = compensation.begin(replace(draft, emits=()), Ending(SagaState.FAILED, EXPIRED), turn)
    else:
        draft = advance(draft, turn)
    return decided(saga, draft, turn, ignored_cancels=ignored)


def _opened(stub: Saga | None, signal: SagaOpened, now: int, rules: Rules) -> Saga:
    definition, policy = rules.definition, rules.policy
    chosen = policy.saga_settings.get(definition.name, {})
    saga = Saga(
        execution_id=signal.key,
        saga_name=definition.name,
        definition_version=definition.version,
        definition_hash=definition.fingerprint,
        state=move((SagaState.CREATED, SagaState.RUNNING)),
        version=stub.version if stub else 0,
        created_at=now,
        correlation_id=signal.correlation_id,
        deadline_shard=deadline_shard(signal.key, policy.deadline_shards),
        owner=signal.owner,
        request_hash=signal.request_hash,
        traceparent=signal.traceparent,
        input=signal.input,
        faults=stored_faults(signal.faults),
        settings=tuple(chosen.get(name, default) for name, default in definition.settings.items()),
        timeline=tuple(TimelineEntry(early.at, early.cause, early.event_id) for early in stub.early) if stub else (),
        early=tuple(early for early in stub.early if _counts(early, signal.owner, rules)) if stub else (),
    )
    if definition.within is None:
        return saga
    return saga.having(saga_due=now + number(saga, definition, definition.within) * 1000)


def _counts(early: EarlyEvent, owner: str | None, rules: Rules) -> bool:
    """An event about a step counts once its sender is known to have been allowed to send it."""
    return early.cause is Cause.REPORTED and may_report(early, owner, rules)


def _early_cancel(stub: Saga | None, owner: str | None, rules: Rules) -> tuple[Ending | None, int]:
    ignored = 0
    for early in stub.early if stub else ():
        if early.cause is not Cause.CANCELLED:
            continue
        if early.trusted or may_cancel(early.actor, owner, rules):
            return Ending(SagaState.CANCELLED, "cancelled", by=early.actor), ignored
        ignored += 1
    return None, ignored


def remember(stub: Saga | None, signal: StepReported | CancelAsked, now: int, rules: Rules) -> Saga | None:
    """The stub, or the running saga, with what it is too early for; None when it adds nothing.

    Raises:
        RejectedEvent: so many senders were before it that one more cannot be kept.
    """
    early = _early(signal, now, rules)
    known = [each for each in stub.early if each.event_type == early.event_type] if stub else []
    if any(_is_said(each, early) for each in known):
        return None
    if len(known) >= MAX_EARLY_OF_A_TYPE and not early.trusted:
        raise RejectedEvent(
            RejectReason.TOO_MANY_EARLY_CANCELS,
            f"{MAX_EARLY_OF_A_TYPE} other senders were before it, and none counts yet",
        )
    if stub is not None:
        return stub.having(version=stub.version + 1, early=(*stub.early, early))
    return Saga(
        execution_id=signal.key,
        saga_name=rules.definition.name,
        definition_version=rules.definition.version,
        state=SagaState.CREATED,
        version=1,
        created_at=now,
        correlation_id=signal.correlation_id,
        expires=now // 1000 + rules.policy.stub_lifetime_seconds,
        early=(early,),
    )


def _is_said(known: EarlyEvent, early: EarlyEvent) -> bool:
    """A trusted cancel says all; whether a report counts depends on who sent it, so each sender's is kept."""
    same = (known.actor, known.trusted) == (early.actor, early.trusted)
    return same or (
        early.cause is Cause.CANCELLED and (known.trusted or (known.actor == early.actor and not early.trusted))
    )


def _early(signal: StepReported | CancelAsked, now: int, rules: Rules) -> EarlyEvent:
    cancels = isinstance(signal, CancelAsked)
    is_admin = signal.actor is not None and signal.actor in rules.policy.admin_users
    return EarlyEvent(
        at=now,
        cause=Cause.CANCELLED if cancels else Cause.REPORTED,
        event_id=signal.event_id,
        actor=signal.actor,
        trusted=signal.by_operator or (cancels and is_admin),
        event_type=signal.event_type,
    )


def may_cancel(actor: str | None, owner: str | None, rules: Rules) -> bool:
    return authorise(actor, owner, rules.policy)


def outcome_named(event_type: str, rules: Rules) -> tuple[str, Outcome] | None:
    """The step that the event is about, and what it means for it."""
    for step in rules.definition.steps:
        for outcome in step.awaits:
            if outcome.event_type == event_type:
                return step.key, outcome
    return None


def may_report(signal: StepReported | EarlyEvent, owner: str | None, rules: Rules) -> bool:
    found = outcome_named(signal.event_type or "", rules)
    if found is None:
        return False
    by_operator = signal.by_operator if isinstance(signal, StepReported) else signal.trusted
    return any(_is(who, signal.actor, owner, rules, by_operator=by_operator) for who in found[1].by)


def _is(who: Who, actor: str | None, owner: str | None, rules: Rules, *, by_operator: bool) -> bool:
    match who:
        case Who.ANYONE:
            return True
        case Who.OWNER:
            return actor is not None and actor == owner
        case Who.NOT_OWNER:
            return actor is not None and actor != owner
        case Who.ADMIN:
            return actor is not None and actor in rules.policy.admin_users
        case Who.OPERATOR:
            return by_operator
