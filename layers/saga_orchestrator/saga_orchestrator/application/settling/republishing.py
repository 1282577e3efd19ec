"""The relays send again what sagas have emitted; consumers know the messages by their ids."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

SAGAS_A_CALL: Final = 20
"""For one invocation of a relay: few enough to end well within its time limit."""


class FunctionFailedError(Exception):
    """The function raised, or could not finish: what it was given is still to be done."""


class Functions(Protocol):
    def call(self, function: str, payload: Any) -> Any:
        """Its answer. Raises `FunctionFailedError`."""


@dataclass(frozen=True, slots=True)
class Republished:
    """What the relays say they did, message ids both."""

    published: tuple[str, ...]
    skipped: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Relays:
    """`names`: one for each target."""

    functions: Functions
    names: Sequence[str]

    def republished(self, keys: Sequence[tuple[str, str]]) -> Republished:
        """What they send again of these sagas, at most `SAGAS_A_CALL`. Published is what every target has."""
        wanted = [{"execution_id": execution_id, "saga_name": saga_name} for execution_id, saga_name in keys]
        answers = [_told(self.functions.call(relay, {"republish": wanted}), relay) for relay in self.names]
        left = dict.fromkeys(message for answer in answers for message in answer["skipped"])
        published = [message for message in answers[0]["published"] if message not in left]
        return Republished(tuple(published), tuple(left))


def _told(answer: Any, relay: str) -> Mapping[str, Sequence[str]]:
    if not isinstance(answer, dict) or not {"published", "skipped"} <= answer.keys():
        msg = f"{relay} did not say what it published"
        raise FunctionFailedError(msg)
    return answer
