"""Who acts: what IAM knows the caller as, in a form that events and acts may carry."""

import getpass
import re

from sagactl.connection import Connection
from sagactl.errors import NotUsableError

_NOT_IN_AN_ACTOR = re.compile(r"[^A-Za-z0-9_.@-]+", re.ASCII)
_LONGEST_ACTOR = 128


def acting(connection: Connection, given: str | None = None) -> str:
    """The name that was given, else the AWS identity; on this machine there is only the user's name."""
    return sanitised(given or _identity(connection))


def sanitised(actor: str) -> str:
    """An actor as events may carry it: other characters become one dash, and no two dots stand together."""
    cleaned = _NOT_IN_AN_ACTOR.sub("-", actor)
    cleaned = re.sub(r"\.{2,}", ".", cleaned).strip("-")[:_LONGEST_ACTOR]
    if not cleaned:
        raise NotUsableError("the actor has no usable character: letters, digits, '_', '.', '@' and '-' are kept")
    return cleaned


def _identity(connection: Connection) -> str:
    if connection.is_local:
        return getpass.getuser()
    arn: str = connection.client("sts").get_caller_identity()["Arn"]
    return arn.rpartition(":")[2].rpartition("/")[2]
