"""What the command cannot do, named by its consequence for whoever called it. Each message is one line that says what
to do.
"""

from typing import Final, TypeAlias

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

Refusal: TypeAlias = ClientError | BotoCoreError | ResponseParserError | RecursionError
REFUSALS: Final = (ClientError, BotoCoreError, ResponseParserError, RecursionError)
"""What a call of AWS may end with instead of an answer: refused, lost on the way, a proxy's page with a 200, or a
redirect of a bucket that leads to itself."""


class CommandError(Exception):
    """Ends the command with one line on standard error."""

    exit_code = 1

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))


class NotUsableError(CommandError):
    """Options, credentials or the stack itself: nothing was looked at yet."""

    exit_code = 2


class NotFoundError(CommandError):
    """The stack answers, and has no such thing."""


class NotDoneError(CommandError):
    """The stack refused, or only a part was done; the message says which."""
