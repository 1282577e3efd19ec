"""The wire form of inbound events: strict types, restricted characters, bounded lengths. Unknown fields are ignored.

What is optional here decides nothing, or has a default; `decoding` says what becomes of a field that breaks its rule.
"""

from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from saga_orchestrator.domain.events import EventType
from saga_orchestrator.domain.traceparent import PATTERN as TRACEPARENT

from .field_rules import (
    IMAGE,
    MAX_IMAGE_LENGTH,
    MAX_QUANTITY_LENGTH,
    QUANTITY,
    TIMESTAMP,
    Matches,
    amount,
    epoch_ms,
    whole,
)

MAX_COMMAND_BYTES: Final = 16 * 1024
MAX_SIGNED_32: Final = 2**31 - 1
MAX_UNSIGNED_32: Final = 2**32 - 1


def _no_dots(text: str) -> str:
    if ".." in text:
        msg = "must not contain two dots in a row"
        raise ValueError(msg)
    return text


def _a_byte_at_least(text: str) -> str:
    if amount(text) < 1:
        msg = "is less than one byte"
        raise ValueError(msg)
    return text


def _bounded_command(command: list[str]) -> list[str]:
    if any("\0" in argument for argument in command):
        msg = "an argument contains a NUL character"
        raise ValueError(msg)
    if sum(len(argument.encode()) for argument in command) > MAX_COMMAND_BYTES:
        msg = f"the arguments are longer than {MAX_COMMAND_BYTES} bytes together"
        raise ValueError(msg)
    return command


EventId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{1,128}$")]
ExecutionId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
UserId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.,@:|+=/~%-]{1,128}$"), AfterValidator(_no_dots)]
Label = Annotated[str, Field(pattern=r"^[\x21-\x7e]{1,128}$")]
Traceparent = Annotated[str, Field(pattern=TRACEPARENT)]
Timestamp = Annotated[str, Field(pattern=TIMESTAMP)]
Cpu = Annotated[
    str,
    Field(max_length=MAX_QUANTITY_LENGTH, json_schema_extra={"pattern": QUANTITY}),
    AfterValidator(Matches(QUANTITY)),
]
Memory = Annotated[Cpu, AfterValidator(_a_byte_at_least)]
Image = Annotated[
    str, Field(max_length=MAX_IMAGE_LENGTH, json_schema_extra={"pattern": IMAGE}), AfterValidator(Matches(IMAGE))
]
ExitCode = Annotated[int, Field(ge=-MAX_SIGNED_32 - 1, le=MAX_UNSIGNED_32), BeforeValidator(whole)]
"""Signed or, as Windows writes them, unsigned."""
Place = Annotated[str, Field(pattern=r"^[\x21-\x7e]+$")]
Argument = Annotated[str, Field(max_length=MAX_COMMAND_BYTES)]
"""The bound makes pydantic look at the text: one without is not checked for lone surrogates."""
FreeText = Annotated[str, Field(max_length=6 * 1024 * 1024)]


class Wire(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, hide_input_in_errors=True)


class Metadata(Wire):
    service_name: Label | None = None
    service_version: Label | None = None
    correlation_id: Label | None = None
    user_id: UserId | None = None
    traceparent: Traceparent | None = None


NO_METADATA: Final = Metadata()


class WireEvent(Wire):
    """The fields of every event. `event_type` compares without case."""

    event_id: EventId
    event_type: Annotated[str, Field(pattern=r"^[A-Za-z_]{1,64}$")]
    event_version: Literal["1.0"] = "1.0"
    timestamp: Timestamp = ""
    aggregate_id: Annotated[str, Field(max_length=256)] | None = None
    metadata: Metadata = NO_METADATA
    execution_id: ExecutionId


class Addressed(WireEvent):
    """A request whose owner can be read, whatever else is wrong with it: it can be answered."""

    metadata: Metadata


class ScriptRef(Wire):
    bucket: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]
    key: Annotated[str, Field(min_length=1, max_length=1024)]
    size: Annotated[int, Field(ge=0, le=2**40), BeforeValidator(whole)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class WireRequested(Addressed):
    timestamp: Timestamp
    script: FreeText | None = Field(default=None, repr=False)
    script_ref: ScriptRef | None = None
    language: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9+._-]{0,31}$")]
    language_version: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9+._-]{0,31}$")]
    runtime_image: Image
    runtime_command: Annotated[list[Argument], Field(min_length=1, max_length=64), AfterValidator(_bounded_command)]
    runtime_filename: Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$")]
    timeout_seconds: Annotated[int, Field(ge=1, le=MAX_SIGNED_32), BeforeValidator(whole)]
    cpu_limit: Cpu
    memory_limit: Memory
    cpu_request: Cpu
    memory_request: Memory
    priority: Literal["critical", "high", "normal", "low", "background"] = "normal"

    @property
    def timestamp_ms(self) -> int:
        return epoch_ms(self.timestamp)


class WireStarted(WireEvent):
    pod_name: Place | None = None
    node_name: Place | None = None
    container_id: Annotated[str, Field(max_length=256)] | None = None


class Output(Wire):
    resource_usage: dict[str, Any] | None = None
    stdout: FreeText = Field(default="", repr=False)
    stderr: FreeText = Field(default="", repr=False)


class WireCompleted(WireEvent, Output):
    exit_code: ExitCode = Field(default=None)  # type: ignore[assignment]  # absent is unknown; null is a fault that is named


class WireFailed(WireEvent, Output):
    exit_code: ExitCode = Field(default=None)  # type: ignore[assignment]  # as above
    error_type: Annotated[str, Field(max_length=4096)] | None = None
    error_message: FreeText = Field(default="", repr=False)


class WireTimeout(WireEvent, Output):
    timeout_seconds: Annotated[int, Field(ge=0, le=MAX_SIGNED_32), BeforeValidator(whole)] = 0


class WireCancelled(WireEvent):
    reason: Annotated[str, Field(max_length=65_536)] = Field(default="", repr=False)
    cancelled_by: UserId | None = None
    force_terminated: bool = False


MODEL_OF: Final[dict[EventType, type[WireEvent]]] = {
    EventType.REQUESTED: WireRequested,
    EventType.STARTED: WireStarted,
    EventType.COMPLETED: WireCompleted,
    EventType.FAILED: WireFailed,
    EventType.TIMEOUT: WireTimeout,
    EventType.CANCELLED: WireCancelled,
}
