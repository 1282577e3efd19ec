"""Events that come before their request: kept in a stub, in arrival order, one per type and a few cancels."""

from saga_orchestrator.domain.definition import SagaDefinition
from saga_orchestrator.domain.errors import RejectedEvent, RejectReason
from saga_orchestrator.domain.events import (
    Event,
    ExecutionCancelled,
    ExecutionCompleted,
    ExecutionFailed,
    ExecutionStarted,
)
from saga_orchestrator.domain.policy import Policy
from saga_orchestrator.domain.saga import CAUSE_OF, MAX_EARLY_CANCELS, Cause, EarlyEvent, Saga
from saga_orchestrator.domain.states import SagaState


def remember(
    stub: Saga | None, event: Event, now: int, definition: SagaDefinition, policy: Policy, *, trusted: bool
) -> Saga | None:
    """The stub with `event` in it, or None when it adds nothing.

    Raises:
        RejectedEvent: so many people have cancelled that one more cannot be kept; a trusted cancel always fits.
    """
    early = _early(event, now, trusted=trusted)
    if stub is None:
        return Saga.made(
            execution_id=event.execution_id,
            saga_name=definition.name,
            definition_version=definition.version,
            state=SagaState.CREATED,
            version=1,
            created_at=now,
            correlation_id=event.correlation_id,
            expires=now // 1000 + policy.stub_lifetime_seconds,
            early=(early,),
        )
    same_type = [known for known in stub.early if known.cause is early.cause]
    if early.cause is not Cause.CANCELLED:
        if same_type:
            return None
    elif any(known.trusted or (known.actor == early.actor and not trusted) for known in same_type):
        return None
    elif len(same_type) >= MAX_EARLY_CANCELS and not trusted:
        raise RejectedEvent(
            RejectReason.TOO_MANY_EARLY_CANCELS, f"{MAX_EARLY_CANCELS} other actors have cancelled before the request"
        )
    # A stub sends nothing: what is found in its outbox is no message of this write.
    return stub.having(version=stub.version + 1, early=(*stub.early, early), outbox=())


def _early(event: Event, now: int, *, trusted: bool) -> EarlyEvent:
    return EarlyEvent(
        at=now,
        cause=CAUSE_OF[event.type],
        event_id=event.event_id,
        actor=event.actor if isinstance(event, ExecutionCancelled) else None,
        trusted=trusted,
        exit_code=event.exit_code if isinstance(event, ExecutionCompleted | ExecutionFailed) else None,
        error_type=event.error_type if isinstance(event, ExecutionFailed) else None,
        pod_name=event.pod_name if isinstance(event, ExecutionStarted) else None,
        node_name=event.node_name if isinstance(event, ExecutionStarted) else None,
    )
