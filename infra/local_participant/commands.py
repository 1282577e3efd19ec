"""A command of the participant's contract, checked where it enters. Its own fields are the saga's: nobody looks."""

from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

COMMANDS = (
    "RESERVE_CREDIT_COMMAND",
    "RELEASE_CREDIT_COMMAND",
    "RESERVE_STOCK_COMMAND",
    "RELEASE_STOCK_COMMAND",
    "SHIP_ORDER_COMMAND",
)


class MalformedCommandError(Exception):
    """No command of the contract: delivering it again changes nothing. The message names fields, never values."""


class ParticipantCommand(BaseModel):
    """What every awaited command carries; unknown further fields are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    message_id: Annotated[str, Field(min_length=1, max_length=256)]
    message_type: Annotated[str, Field(min_length=1, max_length=128)]
    execution_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    operation_id: Annotated[str, Field(min_length=1, max_length=256)]
    attempt: Annotated[int, Field(ge=1)]
    expires_at: AwareDatetime
    correlation_id: str | None = None
    undoes: list[str] | None = None

    @property
    def is_undo(self) -> bool:
        return self.undoes is not None


def parse_command(body: Any) -> ParticipantCommand:
    """Check the body of a command, as it stands in an EventBridge `detail` or a Kafka record's value."""
    try:
        return ParticipantCommand.model_validate(body)
    except ValidationError as error:
        fields = ", ".join(".".join(map(str, item["loc"])) or "body" for item in error.errors(include_input=False))
        msg = f"a command with missing or wrong fields: {fields}"
        raise MalformedCommandError(msg) from None
