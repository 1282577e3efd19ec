"""What came of an act that calls a function: it is written after the call, under a key of its own."""

from dataclasses import replace
from typing import Final

from saga_orchestrator.domain.operating.acts import ActKey

FUNCTION_FAILED: Final = "function_failed"
_RESULT: Final = "~result"
"""Behind the key of an act: no key that is sent has such a character, so nobody can take the result's place."""


def result_key(act_key: ActKey) -> ActKey:
    """Where nothing stands under it, nobody knows what came of the act: the same request does what is left."""
    return replace(act_key, key=f"{act_key.key}{_RESULT}")
