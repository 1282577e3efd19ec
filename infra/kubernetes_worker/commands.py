"""The two commands, checked where they enter."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError


class Malformed(Exception):
    """No command of the contract: it is dropped. The message names fields, never values."""


class _Command(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    message_id: Annotated[str, Field(min_length=1, max_length=256)]
    message_version: Literal["1.0"]
    timestamp: AwareDatetime
    execution_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    correlation_id: str | None = None


class ScriptReference(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    bucket: str
    key: str
    size: Annotated[int, Field(ge=0)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Create(_Command):
    message_type: Literal["CREATE_POD_COMMAND"]
    runtime_image: str
    runtime_command: Annotated[list[str], Field(min_length=1)]
    runtime_filename: Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$")]
    timeout_seconds: Annotated[int, Field(ge=1)]
    cpu_limit: str
    memory_limit: str
    cpu_request: str
    memory_request: str
    priority: Literal["critical", "high", "normal", "low", "background"]
    script_ref: ScriptReference
    script: Annotated[str | None, Field(repr=False)] = None
    expires_at: AwareDatetime

    def expired(self, now: datetime) -> bool:
        return now >= self.expires_at


class Delete(_Command):
    message_type: Literal["DELETE_POD_COMMAND"]
    operation_id: str | None = None
    """There where the saga waits for an answer."""


_MODELS: dict[str, type[Create] | type[Delete]] = {"CREATE_POD_COMMAND": Create, "DELETE_POD_COMMAND": Delete}


def parse(body: Any) -> Create | Delete | None:
    """The command, or None for what is said to somebody else on the same channel.

    Raises:
        Malformed: it is meant for a worker, and cannot be obeyed.
    """
    if not isinstance(body, dict):
        raise Malformed("no JSON object")
    model = _MODELS.get(str(body.get("message_type")))
    if model is None:
        return None
    try:
        return model.model_validate(body)
    except ValidationError as error:
        fields = sorted({".".join(map(str, each["loc"])) for each in error.errors(include_input=False)})
        raise Malformed(f"{model.__name__.lower()}: {', '.join(fields)}") from None
