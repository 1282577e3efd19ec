"""The execution saga: validate, take a slot, create the pod; every ending but success deletes the pod again."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from saga_orchestrator.domain.definition import MessageSpec, SagaDefinition, Step, StepContext, Undo
from saga_orchestrator.domain.errors import CorruptSaga
from saga_orchestrator.domain.events import script_key
from saga_orchestrator.domain.flow.terms import Retry
from saga_orchestrator.domain.instants import rfc3339
from saga_orchestrator.domain.policy import MAX_SCRIPT_BYTES
from saga_orchestrator.domain.saga import Cause, Saga, TimelineEntry


class Refusal(StrEnum):
    """What a legitimate requester can get wrong: the saga ends failed with this reason, so the requester sees it."""

    EXPIRED = "expired"
    SCRIPT_EMPTY = "script_empty"
    SCRIPT_TOO_LARGE = "script_too_large"
    TIMEOUT_TOO_LONG = "timeout_too_long"
    LANGUAGE_NOT_ALLOWED = "language_not_allowed"
    IMAGE_NOT_ALLOWED = "image_not_allowed"


def refusal(context: StepContext) -> str | None:
    """The first reason not to run this request, or None."""
    request, policy = context.request, context.policy
    checks = {
        Refusal.EXPIRED: context.now - context.requested_at > policy.request_max_age_seconds * 1000,
        Refusal.SCRIPT_EMPTY: request.script.size == 0,
        Refusal.SCRIPT_TOO_LARGE: request.script.size > MAX_SCRIPT_BYTES,
        Refusal.TIMEOUT_TOO_LONG: request.timeout_seconds > policy.max_timeout_seconds,
        Refusal.LANGUAGE_NOT_ALLOWED: policy.allowed_languages and request.language not in policy.allowed_languages,
        Refusal.IMAGE_NOT_ALLOWED: policy.allowed_images and request.runtime_image not in policy.allowed_images,
    }
    return next((reason for reason, applies in checks.items() if applies), None)


def create_pod_body(saga: Saga, _entry: TimelineEntry) -> Mapping[str, Any]:
    """All the request says, flat, with the script by reference. The relay adds `script` where the saga says inline."""
    request = saga.request
    if request is None or saga.create_before is None:
        detail = "a create was emitted and there is no request to make it from"
        raise CorruptSaga(detail)
    script = request.script
    return {
        "language": request.language,
        "language_version": request.language_version,
        "runtime_image": request.runtime_image,
        "runtime_command": list(request.runtime_command),
        "runtime_filename": request.runtime_filename,
        "timeout_seconds": request.timeout_seconds,
        "cpu_limit": request.cpu_limit,
        "memory_limit": request.memory_limit,
        "cpu_request": request.cpu_request,
        "memory_request": request.memory_request,
        "priority": request.priority,
        "script_ref": {
            "bucket": saga.script_bucket,
            "key": script.key or script_key(saga.execution_id, script.sha256),
            "size": script.size,
            "sha256": script.sha256.hex(),
        },
        "expires_at": rfc3339(saga.create_before),
    }


def delete_pod_body(saga: Saga, entry: TimelineEntry) -> Mapping[str, Any]:
    """Why the pod must go: the saga's own end, or a pod that reported after it."""
    return {"reason": saga.reason if _ends(entry) or entry.cause in ASKED_AGAIN else "started_after_end"}


def _ends(entry: TimelineEntry) -> bool:
    return any(key.startswith("saga_") for key in entry.messages)


DELETES: Final = Retry(attempts=3)
"""Where they are confirmed; then it is parked, and asked for slowly."""
ASKED_AGAIN: Final = frozenset({Cause.DEADLINE, Cause.ANSWERED, Cause.OPERATED})
"""What repeats a delete that nobody has confirmed."""

EXECUTION_SAGA = SagaDefinition(
    name="execution_saga",
    version=1,
    steps=(
        Step("validate_execution", check=refusal),
        Step("allocate_resources", claims=lambda request: request.language, undo=Undo(releases=True)),
        Step(
            "create_pod",
            emits=("create_pod",),
            undo=Undo(emits=("delete_pod",), confirmable=True, retry=DELETES),
            undo_when_failed=True,
        ),
    ),
    messages={
        "create_pod": MessageSpec("CREATE_POD_COMMAND", create_pod_body, carries_script=True, only_before_start=True),
        "delete_pod": MessageSpec("DELETE_POD_COMMAND", delete_pod_body),
    },
    undo_again_on_late_start=("delete_pod",),
)
