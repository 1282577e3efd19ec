"""One answer of AWS other than the one that was due."""

import re
from typing import Any

from botocore.exceptions import ClientError

from saga_testing.moto_world import World

Answer = Exception | dict[str, Any]


def answer_once(world: World, service: str, operations: str, answer: Answer) -> None:
    """The next call of one of these operations is answered so, and not carried out."""
    client = getattr(world.at.sdk, service)
    original = client._make_api_call
    left = [answer]

    def call(name: str, arguments: dict[str, Any]) -> Any:
        if left and re.fullmatch(operations, name):
            given = left.pop()
            if isinstance(given, Exception):
                raise given
            return given
        return original(name, arguments)

    client._make_api_call = call


def refusal(code: str, status: int) -> ClientError:
    response: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "Operation")
