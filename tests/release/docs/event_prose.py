"""What no model says about the events: who sends them, what they do, and what each code means."""

from typing import Final

from saga_orchestrator.domain.errors import RejectReason
from saga_orchestrator.domain.events import EventType
from sagas.execution import Refusal

SENDER: Final[dict[EventType, str]] = {
    EventType.REQUESTED: "the platform, for a user",
    EventType.STARTED: "the worker, when the pod runs",
    EventType.COMPLETED: "the worker, when the script ended by itself with exit code 0; another code is taken as it is",
    EventType.FAILED: "the worker, when the script ended with another exit code or could not be run to its end",
    EventType.TIMEOUT: "the worker, when it stopped the script at its time limit",
    EventType.CANCELLED: "the owner or an admin through the platform, or an operator through `OperatorSource`",
}
EFFECT: Final[dict[EventType, str]] = {
    EventType.REQUESTED: (
        "One saga for the execution: validated, its slot taken, its pod asked for, in one write. Sends `SAGA_STARTED` "
        "and `CREATE_POD_COMMAND`; waits until the start deadline (`StartDeadlineSeconds`). The owner is "
        "`metadata.user_id`; without one the execution is nobody's, and admins cancel it. A request that may not run "
        "ends as a failed saga, see below. Asked for again under the same `execution_id`, the same content is a "
        "duplicate and gets no second answer, and other content is rejected as `conflicting_request`: a new try needs "
        "a new `execution_id`, after `invalid_request` as after any other end."
    ),
    EventType.STARTED: (
        "The run deadline (`timeout_seconds` and `RunGraceSeconds`, by our clock) replaces the start deadline. Sends "
        "nothing. On a saga that ended other than completed it sends `DELETE_POD_COMMAND` again, and so it does for "
        "another pod (another `event_id`, and no `pod_name` or another one) of a run that was seen to start and has "
        "completed: three times at most, beside the delete that its end sent."
    ),
    EventType.COMPLETED: "Ends the saga `completed` and gives its slot back. Sends `SAGA_COMPLETED`; no delete is due.",
    EventType.FAILED: (
        "Ends the saga `failed` and gives its slot back. Sends `DELETE_POD_COMMAND`, then `SAGA_FAILED`. An "
        "`error_type` that is no identifier is replaced by `unprintable`; `error_message` is never kept."
    ),
    EventType.TIMEOUT: (
        "Ends the saga `timeout` and gives its slot back. Sends `DELETE_POD_COMMAND`, then `SAGA_TIMEOUT`."
    ),
    EventType.CANCELLED: (
        "Ends the saga `cancelled` and gives its slot back, if the actor is the owner, one of `AdminUsers`, or an "
        "operator. The actor is `cancelled_by`, else `metadata.user_id`. Sends `DELETE_POD_COMMAND`, then "
        "`SAGA_CANCELLED`."
    ),
}
MEANING: Final[dict[RejectReason, str]] = {
    RejectReason.UNRECOGNISED_INVOCATION: "neither an EventBridge event nor a Kafka batch",
    RejectReason.FOREIGN_SOURCE: "an EventBridge `source` other than `EventSource` (for cancels, `OperatorSource` too)",
    RejectReason.TOO_LARGE: "more than 6 MiB",
    RejectReason.NOT_BASE64: "the value of a Kafka record is no base64 text",
    RejectReason.NOT_UTF8: "not strict UTF-8",
    RejectReason.NOT_JSON: "no JSON object; also NaN, Infinity, a byte order mark, deep nesting",
    RejectReason.DUPLICATE_KEY: "an object has the same key twice",
    RejectReason.CONFLUENT_FRAMING: "still framed for Confluent's schema registry ([envelopes](envelopes.md))",
    RejectReason.GLUE_FRAMING: "still framed for Glue's schema registry",
    RejectReason.UNDECODED_RECORD: "Avro or Protobuf as its producer wrote it: `SchemaRecordFormat` is `SOURCE`",
    RejectReason.CLOUDEVENT_VERSION: "a CloudEvent of another version than 1.0",
    RejectReason.CLOUDEVENT_CONTENT_TYPE: "a CloudEvent in another format than JSON, or whose data is not JSON",
    RejectReason.CLOUDEVENT_DATA: "the data of a CloudEvent is no object, is there twice, or lies elsewhere",
    RejectReason.CLOUDEVENT_BATCH: "several CloudEvents in one record",
    RejectReason.CLOUDEVENT_CONTRADICTION: "an attribute of a CloudEvent and the same field of its data differ",
    RejectReason.MALFORMED: "`event_id` or `execution_id`, a request's owner or a cancel's actor cannot be read",
    RejectReason.WRONG_EVENT_TYPE: "another type than the function's; a foreign type where topics are not shared",
    RejectReason.UNKNOWN_VERSION: "`event_version` is there and names another version than `1.0`",
    RejectReason.TIMESTAMP_IN_FUTURE: "a request more than 15 minutes ahead of our clock",
    RejectReason.SCRIPT_BUCKET_NOT_ALLOWED: "`script_ref.bucket` is not in `AllowedScriptBuckets`",
    RejectReason.CONFLICTING_REQUEST: "the execution was requested before, with other content or another owner",
    RejectReason.NO_ACTOR: "a cancel that names nobody",
    RejectReason.UNAUTHORISED_CANCEL: "a cancel by somebody who is neither owner nor admin; a security metric too",
    RejectReason.UNAUTHORISED_REPORT: "an event about a step of a waiting saga, from somebody who may not say it",
    RejectReason.NEVER_SENT: "a reply to a message that no saga has sent",
    RejectReason.NOT_AWAITED: "a reply to a message that nobody awaits an answer to",
    RejectReason.TOO_MANY_EARLY_CANCELS: "eight other people have cancelled an execution that was not requested yet",
    RejectReason.CORRUPT_SAGA: "the stored saga cannot be read, or has done a step unknown to this code",
    RejectReason.UNPUBLISHABLE: "a message that its target refuses for good, or whose script is gone",
    RejectReason.UNKNOWN_DEFINITION: (
        "the saga began under a version of its definition that this code does not have; deploy code that has it, then "
        "redrive"
    ),
    RejectReason.DEFINITION_CHANGED: (
        "the definition was edited since the saga began and kept its version; put it back, or deploy the edit under a "
        "new version beside the old one, then redrive"
    ),
    RejectReason.DEFINITION_RAISED: "a function of a saga's definition raised, or made no message; nothing was written",
    RejectReason.MESSAGE_TOO_LARGE: "a message it would have sent is larger than any target takes; nothing was written",
    RejectReason.NOT_A_WAKE: "a message on the queue of wakes names no saga and due: somebody else sent it",
    RejectReason.REFUSED_BY_AWS: "AWS refuses a call that it takes, and always would; the detail names call and code",
    RejectReason.UNEXPECTED_ERROR: "a bug of ours; the original is kept",
}
REFUSED: Final[dict[str, str]] = {
    Refusal.EXPIRED: "the `timestamp` is older than `RequestMaxAgeSeconds`",
    Refusal.SCRIPT_EMPTY: "the script has no bytes",
    Refusal.SCRIPT_TOO_LARGE: "the script has more than 1 MiB",
    Refusal.TIMEOUT_TOO_LONG: "`timeout_seconds` is above `MaxTimeoutSeconds`",
    Refusal.LANGUAGE_NOT_ALLOWED: "the language is not in `AllowedLanguages`",
    Refusal.IMAGE_NOT_ALLOWED: "the image is not in `AllowedImages`",
    "limit_reached": "every slot of the language is taken",
    "language_closed": "the language takes no new work",
    "invalid_request": "a field of the request is missing or breaks its rule; the message names fields and rules",
}
OTHER_ENDS: Final[dict[str, tuple[str, str]]] = {
    "execution_completed": ("completed", "`EXECUTION_COMPLETED`"),
    "execution_failed": ("failed", "`EXECUTION_FAILED`"),
    "execution_timeout": ("timeout", "`EXECUTION_TIMEOUT`"),
    "start_deadline_passed": ("timeout", "no `EXECUTION_STARTED` in time"),
    "run_deadline_passed": ("timeout", "no terminal event in time"),
    "cancelled": ("cancelled", "an honoured `EXECUTION_CANCELLED`"),
}
UNUSABLE: Final = """\
Applied without the field: an event needs its type, `event_id` and `execution_id`, a cancel its actor, a request also
what is required of it above. Any other field that is null, of another type, out of range or holds text that is no
Unicode (a lone surrogate) is left out: the event counts, one log line names the fields, and the metric `UnusableFields`
counts them. An absent field is no fault. Without `metadata.correlation_id` the execution id stands in; without an
`exit_code` the code is unknown; an `error_type` that is no identifier is `unprintable`. A number beyond every bound is
a number, which no field with a range takes.
"""
IGNORED: Final = """\
Ignored, without an error: fields that are not listed, tombstones (a Kafka record without a value), event types that are
not ours on a shared topic, an event that was applied before (duplicate), and an event for a saga that has ended (late;
the first of each kind is noted in the timeline, and changes nothing else).
An event that comes before its request is none of these: it is remembered, and applied with the request.
"""
HEAD: Final = """\
# Events

What the orchestrator takes and sends. Inbound events come as the value of a Kafka record, or as the `detail` of an
EventBridge event whose `source` is the parameter `EventSource` (default `executions`) and whose `detail-type` is the
event type. Outbound messages go to the event bus (`source: saga-orchestrator`, `detail-type` = message type) and, where
a target is configured, to a Kafka topic with the execution as key.

Written from the models by `python -m tests.release.docs.event_documents`; a test compares.
"""
COMMANDS: Final = """\
Each carries `stack`, the name of the CloudFormation stack that sent it, so that a worker which serves several knows
whose it is. It is the relay's own setting and stands in no item: a table belongs to one stack for ever, so the same
`message_id` still has the same bytes. Whoever brings a table into a stack of another name sends what is republished
under that name. It was added under the same `message_version`: while the release that adds it is deployed, a message
may come in both forms.

### Commands

`CREATE_POD_COMMAND` ([schema](schemas/create_pod_command.schema.json)) carries what the request says about runtime and
resources, the script by reference, and `expires_at`, after which no pod may be made. `DELETE_POD_COMMAND`
([schema](schemas/delete_pod_command.schema.json)) carries the saga's reason code, or `started_after_end` when a pod
reported after its saga's end. What a worker owes is in [worker-contract.md](worker-contract.md).
"""
