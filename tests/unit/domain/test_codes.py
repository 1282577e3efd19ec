"""The codes that are stored, logged and shown: they outlive a release."""

from saga_orchestrator.domain.decide import Verdict
from saga_orchestrator.domain.errors import RejectReason
from saga_orchestrator.domain.events import EventType
from saga_orchestrator.domain.saga import CAUSE_OF, Cause
from saga_orchestrator.domain.states import SagaState
from sagas.execution import Refusal


def test_states_and_causes_are_stored_under_these_codes() -> None:
    assert [str(state) for state in SagaState] == [
        "created",
        "running",
        "compensating",
        "completed",
        "failed",
        "timeout",
        "cancelled",
    ]
    assert {str(cause): cause.name for cause in Cause} == {
        "R": "REQUESTED",
        "S": "STARTED",
        "C": "COMPLETED",
        "F": "FAILED",
        "T": "TIMEOUT",
        "X": "CANCELLED",
        "D": "DEADLINE",
        "E": "REPORTED",
        "A": "ANSWERED",
        "O": "OPERATED",
    }
    assert {str(kind): kind.name for kind in EventType} == {
        "EXECUTION_REQUESTED": "REQUESTED",
        "EXECUTION_STARTED": "STARTED",
        "EXECUTION_COMPLETED": "COMPLETED",
        "EXECUTION_FAILED": "FAILED",
        "EXECUTION_TIMEOUT": "TIMEOUT",
        "EXECUTION_CANCELLED": "CANCELLED",
    }
    assert {kind.name: cause.name for kind, cause in CAUSE_OF.items()} == {kind.name: kind.name for kind in EventType}


def test_logs_name_verdicts_by_these_codes() -> None:
    assert [str(verdict) for verdict in Verdict] == ["applied", "remembered", "duplicate", "late", "noted"]


def test_operators_and_requesters_see_these_codes() -> None:
    assert {str(reason) for reason in RejectReason} == {
        "unrecognised_invocation",
        "foreign_source",
        "too_large",
        "not_base64",
        "not_utf8",
        "not_json",
        "duplicate_key",
        "confluent_framing",
        "glue_framing",
        "undecoded_record",
        "cloudevent_version",
        "cloudevent_content_type",
        "cloudevent_data",
        "cloudevent_batch",
        "cloudevent_contradiction",
        "malformed",
        "wrong_event_type",
        "unknown_event_version",
        "timestamp_in_future",
        "script_bucket_not_allowed",
        "conflicting_request",
        "no_actor",
        "unauthorised_cancel",
        "unauthorised_report",
        "never_sent",
        "not_awaited",
        "too_many_early_cancels",
        "corrupt_saga",
        "unpublishable_message",
        "unknown_definition",
        "definition_changed",
        "definition_raised",
        "message_too_large",
        "not_a_wake",
        "refused_by_aws",
        "unexpected_error",
    }
    assert {str(reason) for reason in Refusal} == {
        "expired",
        "script_empty",
        "script_too_large",
        "timeout_too_long",
        "language_not_allowed",
        "image_not_allowed",
    }
