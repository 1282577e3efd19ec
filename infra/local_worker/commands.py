"""The two commands of the worker contract, checked where they enter; the JSON Schemas in docs/schemas are generated
from here.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError


class CommandType(StrEnum):
    """What the orchestrator may ask a worker to do."""

    CREATE_POD = "CREATE_POD_COMMAND"
    DELETE_POD = "DELETE_POD_COMMAND"


class MalformedCommandError(Exception):
    """The message is no command of the contract: delivering it again changes nothing, so the worker drops it and says
    so.
    """


ExecutionId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
BareFilename = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$", max_length=255)]


class ScriptReference(BaseModel):
    """Where the script lies, and what it must be: the worker runs nothing whose size or hash differs."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    bucket: Annotated[str, Field(min_length=1)]
    key: Annotated[str, Field(min_length=1)]
    size: Annotated[int, Field(ge=0)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="lower-case hexadecimal")]


class CommandEnvelope(BaseModel):
    """What every command carries; unknown further fields are ignored, so that a newer orchestrator may add some."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    message_id: Annotated[
        str, Field(min_length=1, max_length=256, description="the same id always has the same bytes; act on it once")
    ]
    message_version: Literal["1.0"]
    timestamp: AwareDatetime
    saga_id: str
    saga_name: str
    execution_id: ExecutionId
    correlation_id: str | None = None
    causation_id: str | None = Field(default=None, description="the event that caused this command")
    traceparent: str | None = Field(
        default=None, description="W3C Trace Context of the request, as it came; absent where it had none"
    )
    stack: str | None = Field(default=None, description="the stack that sent it; releases before did not say")


class CreatePodCommand(CommandEnvelope):
    """Run the script of one execution, unless `expires_at` has passed or its pod was deleted."""

    message_type: Literal["CREATE_POD_COMMAND"]
    language: str
    language_version: str | None = None
    runtime_image: str
    runtime_command: Annotated[list[str], Field(description="argument vector; never given to a shell")]
    runtime_filename: BareFilename
    timeout_seconds: Annotated[int, Field(ge=1)]
    cpu_limit: Annotated[str, Field(description="Kubernetes quantity")]
    memory_limit: Annotated[str, Field(description="Kubernetes quantity")]
    cpu_request: Annotated[str, Field(description="Kubernetes quantity")]
    memory_request: Annotated[str, Field(description="Kubernetes quantity")]
    priority: Literal["critical", "high", "normal", "low", "background"]
    script_ref: ScriptReference
    script: Annotated[
        str | None, Field(description="the script itself, only when the orchestrator sends small ones inline")
    ] = None
    expires_at: Annotated[AwareDatetime, Field(description="a create is refused from this instant on")]


class DeletePodCommand(CommandEnvelope):
    """Remove the pod of one execution, whatever it is doing; wins over a create that arrives later."""

    message_type: Literal["DELETE_POD_COMMAND"]
    reason: str
    operation_id: str | None = Field(
        default=None, description="there where the orchestrator waits for COMMAND_REPLY (parameter ConfirmDeletes)"
    )


Command = CreatePodCommand | DeletePodCommand
_MODELS: dict[str, type[CreatePodCommand] | type[DeletePodCommand]] = {
    CommandType.CREATE_POD: CreatePodCommand,
    CommandType.DELETE_POD: DeletePodCommand,
}


def parse_command(body: Any) -> Command:
    """Check the body of a command, as it stands in an EventBridge `detail` or a Kafka record's value."""
    message_type = body.get("message_type") if isinstance(body, dict) else None
    model = _MODELS.get(message_type) if isinstance(message_type, str) else None
    if model is None:
        msg = f"{message_type!r} is not a command of the worker contract"
        raise MalformedCommandError(msg)
    try:
        return model.model_validate(body)
    except ValidationError as error:
        fields = ", ".join(".".join(str(part) for part in item["loc"]) for item in error.errors(include_input=False))
        msg = f"{message_type} with missing or wrong fields: {fields}"
        raise MalformedCommandError(msg) from None


def has_expired(command: CreatePodCommand, now: datetime) -> bool:
    """From `expires_at` on the saga may have ended and its delete may be forgotten: such a create would make an
    orphan pod.
    """
    return now >= command.expires_at
