"""The wire form of inbound events: strict types, restricted characters, bounded lengths. Unknown fields are ignored."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from saga_orchestrator.domain.events import EventType

MAX_COMMAND_BYTES: Final = 16 * 1024
MAX_SIGNED_32: Final = 2**31 - 1


def _rfc3339(text: str) -> datetime:
    return datetime.fromisoformat(text.upper())  # RFC 3339 lets T and Z be lower case; Python does not know `z`


def _timestamp(text: str) -> str:
    moment = _rfc3339(text)
    if moment.tzinfo is None:
        msg = "needs an offset"
        raise ValueError(msg)
    if moment.timestamp() < 0:
        msg = "is before 1970"
        raise ValueError(msg)
    return text


def _no_dots(text: str) -> str:
    if ".." in text:
        msg = "must not contain two dots in a row"
        raise ValueError(msg)
    return text


def _positive(text: str) -> str:
    if not text.strip("0.mkKMGTi"):
        msg = "must be more than zero"
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
UserId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.@:|+=-]{1,128}$"), AfterValidator(_no_dots)]
Label = Annotated[str, Field(pattern=r"^[\x21-\x7e]{1,128}$")]
Timestamp = Annotated[
    str,
    Field(pattern=r"^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$", max_length=40),
    AfterValidator(_timestamp),
]
Cpu = Annotated[str, Field(pattern=r"^([0-9]{1,6}m|[0-9]{1,4}(\.[0-9]{1,3})?)$"), AfterValidator(_positive)]
Memory = Annotated[
    str,
    Field(
        pattern=r"^([0-9]{1,13}|[0-9]{1,10}(\.[0-9]{1,3})?[kK]i?|[0-9]{1,7}(\.[0-9]{1,3})?Mi?|[0-9]{1,4}(\.[0-9]{1,3})?Gi?)$"
    ),
    AfterValidator(_positive),
]
ExitCode = Annotated[int, Field(ge=-MAX_SIGNED_32 - 1, le=MAX_SIGNED_32)]
FreeText = Annotated[str, Field(max_length=6 * 1024 * 1024)]


class Wire(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, hide_input_in_errors=True)


class Metadata(Wire):
    service_name: Label
    service_version: Label
    correlation_id: Label
    user_id: UserId | None = None


class WireEvent(Wire):
    """The fields of every event. `event_type` compares without case."""

    event_id: EventId
    event_type: Annotated[str, Field(pattern=r"^[A-Za-z_]{1,64}$")]
    event_version: Literal["1.0"]
    timestamp: Timestamp
    aggregate_id: Annotated[str, Field(max_length=256)] | None = None
    metadata: Metadata
    execution_id: ExecutionId

    @property
    def timestamp_ms(self) -> int:
        return int(_rfc3339(self.timestamp).timestamp() * 1000)


class ScriptRef(Wire):
    bucket: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]
    key: Annotated[str, Field(min_length=1, max_length=1024)]
    size: Annotated[int, Field(ge=0, le=2**40)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class WireRequested(WireEvent):
    script: FreeText | None = Field(default=None, repr=False)
    script_ref: ScriptRef | None = None
    language: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9+._-]{0,31}$")]
    language_version: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9+._-]{0,31}$")]
    runtime_image: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/:@+-]{0,254}$")]
    runtime_command: Annotated[list[str], Field(min_length=1, max_length=64), AfterValidator(_bounded_command)]
    runtime_filename: Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$")]
    timeout_seconds: Annotated[int, Field(ge=1, le=MAX_SIGNED_32)]
    cpu_limit: Cpu
    memory_limit: Memory
    cpu_request: Cpu
    memory_request: Memory
    priority: Literal["critical", "high", "normal", "low", "background"] = "normal"

    @model_validator(mode="after")
    def _one_script(self) -> "WireRequested":
        if (self.script is None) == (self.script_ref is None):
            msg = "needs either script or script_ref"
            raise ValueError(msg)
        return self


class WireStarted(WireEvent):
    pod_name: Annotated[str, Field(min_length=1, max_length=256)]
    node_name: Annotated[str, Field(max_length=256)] | None = None
    container_id: Annotated[str, Field(max_length=256)] | None = None


class Output(Wire):
    resource_usage: dict[str, Any] | None = None
    stdout: FreeText = Field(repr=False)
    stderr: FreeText = Field(repr=False)


class WireCompleted(WireEvent, Output):
    exit_code: ExitCode


class WireFailed(WireEvent, Output):
    exit_code: ExitCode
    error_type: Annotated[str, Field(max_length=4096)] | None = None
    error_message: FreeText = Field(repr=False)


class WireTimeout(WireEvent, Output):
    timeout_seconds: Annotated[int, Field(ge=0, le=MAX_SIGNED_32)]


class WireCancelled(WireEvent):
    reason: Annotated[str, Field(max_length=65_536)] = Field(repr=False)
    cancelled_by: UserId | None = None
    force_terminated: bool


MODEL_OF: Final[dict[EventType, type[WireEvent]]] = {
    EventType.REQUESTED: WireRequested,
    EventType.STARTED: WireStarted,
    EventType.COMPLETED: WireCompleted,
    EventType.FAILED: WireFailed,
    EventType.TIMEOUT: WireTimeout,
    EventType.CANCELLED: WireCancelled,
}
