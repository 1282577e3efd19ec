"""Errors, named by what they make the caller do. Races and duplicates are ordinary results, not errors."""

from enum import StrEnum


class RejectReason(StrEnum):
    """Why an event can never be applied. Operators see these codes beside every rejected event."""

    UNRECOGNISED_INVOCATION = "unrecognised_invocation"
    FOREIGN_SOURCE = "foreign_source"
    TOO_LARGE = "too_large"
    NOT_BASE64 = "not_base64"
    NOT_UTF8 = "not_utf8"
    NOT_JSON = "not_json"
    DUPLICATE_KEY = "duplicate_key"
    CONFLUENT_FRAMING = "confluent_framing"
    GLUE_FRAMING = "glue_framing"
    UNDECODED_RECORD = "undecoded_record"
    CLOUDEVENT_VERSION = "cloudevent_version"
    CLOUDEVENT_CONTENT_TYPE = "cloudevent_content_type"
    CLOUDEVENT_DATA = "cloudevent_data"
    CLOUDEVENT_BATCH = "cloudevent_batch"
    CLOUDEVENT_CONTRADICTION = "cloudevent_contradiction"
    MALFORMED = "malformed"
    WRONG_EVENT_TYPE = "wrong_event_type"
    UNKNOWN_VERSION = "unknown_event_version"
    TIMESTAMP_IN_FUTURE = "timestamp_in_future"
    SCRIPT_BUCKET_NOT_ALLOWED = "script_bucket_not_allowed"
    CONFLICTING_REQUEST = "conflicting_request"
    NO_ACTOR = "no_actor"
    UNAUTHORISED_CANCEL = "unauthorised_cancel"
    UNAUTHORISED_REPORT = "unauthorised_report"
    NEVER_SENT = "never_sent"
    NOT_AWAITED = "not_awaited"
    TOO_MANY_EARLY_CANCELS = "too_many_early_cancels"
    CORRUPT_SAGA = "corrupt_saga"
    UNPUBLISHABLE = "unpublishable_message"
    UNKNOWN_DEFINITION = "unknown_definition"
    DEFINITION_CHANGED = "definition_changed"
    DEFINITION_RAISED = "definition_raised"
    MESSAGE_TOO_LARGE = "message_too_large"
    NOT_A_WAKE = "not_a_wake"
    REFUSED_BY_AWS = "refused_by_aws"
    UNEXPECTED_ERROR = "unexpected_error"


class SagaError(Exception):
    """Base of every error this package raises on purpose."""


class RejectedEvent(SagaError):
    """It will never work: keep it with its reason, acknowledge it, count it.

    `detail` is written to logs and queues, so it names fields and limits, never values that a user supplied.
    """

    def __init__(self, reason: RejectReason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class WrongEventType(RejectedEvent):
    """An event reached a function that does not handle its type."""

    def __init__(self, expected: str, received: str) -> None:
        super().__init__(RejectReason.WRONG_EVENT_TYPE, f"this function handles {expected}, not {received}")


class UnauthorisedEvent(RejectedEvent):
    """A cancel, or a report about a step, by somebody without the right to it: also a security signal."""


class CorruptSaga(RejectedEvent):
    """A stored saga cannot be read, or not be ended as it must be. Retrying cannot mend it; an operator can."""

    def __init__(self, detail: str) -> None:
        super().__init__(RejectReason.CORRUPT_SAGA, detail)


class UnknownMessageKey(SagaError):
    """The outbox names a message this code cannot render, perhaps newer code's: deliver the record again."""


class RetryableError(SagaError):
    """The cause may pass: nothing was acknowledged, and the event source must deliver this again."""


class NewerCode(RetryableError):
    """Newer code began the saga: its functions take the event, once the rollout has reached whoever met it."""
