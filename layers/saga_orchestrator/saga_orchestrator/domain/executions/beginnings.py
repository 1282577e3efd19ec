"""How a saga begins: whose it is, what was asked for, and what of it had happened before its request came."""

from typing import Final

from saga_orchestrator.domain.definition import SagaDefinition
from saga_orchestrator.domain.events import ExecutionRequested, InvalidRequest
from saga_orchestrator.domain.policy import Policy, Without
from saga_orchestrator.domain.saga import Cause, EarlyEvent, Saga, TimelineEntry, deadline_shard
from saga_orchestrator.domain.states import SagaState

from .endings import Ending, authorise, ending_of

LANGUAGE_CLOSED: Final = "language_closed"


def requested_saga(
    stub: Saga | None, event: ExecutionRequested, now: int, definition: SagaDefinition, policy: Policy
) -> Saga:
    """The item as the request makes it, before any step: identity and every write-once field."""
    size = event.request.script.size
    return identified_saga(stub, event, now, definition, policy).having(
        deadline_shard=deadline_shard(event.execution_id, policy.deadline_shards),
        request=event.request,
        script_bucket=event.request.script.bucket or policy.payload_bucket,
        inline_script=event.request.script.bucket is None and size <= policy.inline_script_max_bytes,
        create_before=now + policy.start_deadline_seconds * 1000,
    )


def identified_saga(
    stub: Saga | None,
    event: ExecutionRequested | InvalidRequest,
    now: int,
    definition: SagaDefinition,
    policy: Policy,
) -> Saga:
    """Whose saga it is, and what was remembered of it: all that a request gives which cannot be run."""
    early: tuple[EarlyEvent, ...] = stub.early if stub else ()
    seen = next((each for each in early if each.cause is Cause.STARTED), None)
    return Saga.made(
        execution_id=event.execution_id,
        saga_name=definition.name,
        definition_version=definition.version,
        state=SagaState.CREATED,
        version=stub.version + 1 if stub else 1,
        created_at=now,
        correlation_id=event.correlation_id,
        owner=event.owner,
        request_hash=event.request_hash,
        traceparent=event.traceparent,
        shadow=not policy.publish_commands,
        pod_name=seen.pod_name if seen else None,
        node_name=seen.node_name if seen else None,
        timeline=tuple(TimelineEntry(each.at, each.cause, each.event_id) for each in early),
    )


def early_ending(stub: Saga | None, owner: str | None, policy: Policy) -> tuple[Ending | None, int]:
    """The first remembered terminal event that is honoured, and how many cancels before it were not."""
    ignored = 0
    for early in stub.early if stub else ():
        if early.cause is Cause.CANCELLED and not (early.trusted or authorise(early.actor, owner, policy)):
            ignored += 1
        elif early.cause is not Cause.STARTED:
            return ending_of(early), ignored
    return None, ignored


def first_deadline(saga: Saga, now: int, policy: Policy) -> int:
    return run_deadline(saga, now, policy) if saga.has_started else now + policy.start_deadline_seconds * 1000


def run_deadline(saga: Saga, now: int, policy: Policy) -> int:
    timeout_seconds = saga.request.timeout_seconds if saga.request else 0
    return now + (timeout_seconds + policy.run_grace_seconds) * 1000


def claimed(resource: str, policy: Policy, refused: str | None) -> tuple[str | None, str | None]:
    """(what to take a unit of, why not): neither where there is no limit."""
    limit = policy.limit_of(resource)
    if limit is Without.UNLIMITED:
        return None, None
    refusal = LANGUAGE_CLOSED if limit is Without.CLOSED else refused
    return (None, refusal) if refusal else (resource, None)
