"""Which requests are refused: as events that can never be applied, or as sagas that end failed with the reason."""

from dataclasses import replace
from typing import Any

import pytest

from saga_orchestrator.domain.decide import Verdict, decide
from saga_orchestrator.domain.errors import RejectedEvent, RejectReason
from saga_orchestrator.domain.events import ExecutionRequest
from saga_orchestrator.domain.states import SagaState
from saga_testing.samples.sample_request import REQUEST
from tests.unit.samples import NOW, after, requested, rules, script_of


def test_another_request_for_the_same_execution_is_refused() -> None:
    with pytest.raises(RejectedEvent) as refused:
        decide(after(requested()), requested(request_hash=b"other"), NOW, rules())

    assert refused.value.reason is RejectReason.CONFLICTING_REQUEST


def test_a_request_from_the_future_is_refused_beyond_fifteen_minutes() -> None:
    assert decide(None, requested(requested_at=NOW + 900_000), NOW, rules()).verdict is Verdict.APPLIED
    with pytest.raises(RejectedEvent) as refused:
        decide(None, requested(requested_at=NOW + 900_001), NOW, rules())
    assert refused.value.reason is RejectReason.TIMESTAMP_IN_FUTURE


ALLOW: dict[str, Any] = {
    "allowed_languages": frozenset({"python"}),
    "allowed_images": frozenset({"python:3.11-slim"}),
}


@pytest.mark.parametrize(
    ("request_", "policy", "age_ms", "reason"),
    [
        (REQUEST, {}, 86_400_000, None),
        (REQUEST, {}, 86_400_001, "expired"),
        (REQUEST, {"request_max_age_seconds": 2}, 2_001, "expired"),
        (script_of(0), {}, 0, "script_empty"),
        (script_of(1), {}, 0, None),
        (script_of(1024 * 1024), {}, 0, None),
        (script_of(1024 * 1024 + 1), {}, 0, "script_too_large"),
        (replace(REQUEST, timeout_seconds=300), {}, 0, None),
        (replace(REQUEST, timeout_seconds=301), {}, 0, "timeout_too_long"),
        (REQUEST, ALLOW, 0, None),
        (replace(REQUEST, language="cobol"), ALLOW, 0, "language_not_allowed"),
        (replace(REQUEST, runtime_image="evil"), ALLOW, 0, "image_not_allowed"),
        (replace(REQUEST, language="cobol", runtime_image="evil"), {}, 0, None),
        (replace(REQUEST, language="cobol", runtime_image="evil"), ALLOW, 0, "language_not_allowed"),
        (replace(script_of(0), language="cobol"), ALLOW, 86_400_001, "expired"),
    ],
)
def test_what_the_policy_refuses(
    request_: ExecutionRequest, policy: dict[str, Any], age_ms: int, reason: str | None
) -> None:
    saga = decide(None, requested(request_, requested_at=NOW - age_ms), NOW, rules(**policy)).saga

    assert saga is not None
    assert (saga.reason, saga.state) == (reason, SagaState.FAILED if reason else SagaState.RUNNING)
