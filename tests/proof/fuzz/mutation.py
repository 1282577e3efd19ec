"""Changes that keep JSON what it is: bytes alone rarely get past the parser, and what is behind it is the point."""

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tests.proof.fuzz.committed import inputs

KEPT_AS_BYTES: Final = {"decoder": 0.4, "codec": 0.05, "envelopes": 0.05}
"""So many inputs are left to the fuzzer's own mutations: broken JSON, broken UTF-8. Only the decoder meets those."""
STARTED_AGAIN: Final = 0.4
"""So many begin from a committed input: the fuzzer prefers short ones, and most of the code is behind long ones."""

_SIGNS: Final = tuple("0123456789+-:.TZmKGi")
"""Of times and quantities."""

ODD: Final[tuple[Any, ...]] = (
    None,
    True,
    0,
    -1,
    2**31,
    2**63,
    10**30,
    1.5,
    -0.0,
    "",
    "0",
    "x" * 300,
    "a\n",
    "a\u0000b",
    "\u0661\u0660",
    "\u202e",
    "..",
    "#counter#python#0",
    "1970-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999999+23:59",
    "0001-01-01T00:00:00-23:59",
    "\ud800",
    [],
    {},
    [[]],
    {"S": "x"},
    {"N": "1e400"},
    {"B": "AAAA"},
)


Bytewise = Callable[[bytes, int], bytes]
"""The fuzzer's own mutation: content and largest size."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """One target's way from one input to the next."""

    bytewise: Bytewise
    kept_as_bytes: float
    committed: Sequence[bytes]

    def of(self, content: bytes, max_size: int, seed: int) -> bytes:
        dice = random.Random(seed)
        if dice.random() < STARTED_AGAIN:
            content = dice.choice(self.committed)
        if dice.random() < self.kept_as_bytes:
            return self.bytewise(content, max_size)
        try:
            value = json.loads(content)
        except (ValueError, RecursionError):
            return self.bytewise(content, max_size)
        for _ in range(dice.choice((1, 1, 2, 4))):
            value = _changed(value, dice)
        changed = json.dumps(value, ensure_ascii=dice.random() < 0.8).encode("utf-8", "surrogatepass")
        return changed if len(changed) <= max_size else self.bytewise(content, max_size)


def mutation_of(target: str, bytewise: Bytewise) -> Mutation:
    return Mutation(bytewise, KEPT_AS_BYTES[target], [content for _, content in inputs(target)])


def _changed(value: Any, dice: random.Random) -> Any:
    """A copy with something inside it changed; the deeper, the rarer."""
    if isinstance(value, dict) and value and dice.random() < 0.9:
        return _changed_object(value, dice)
    if isinstance(value, list) and value and dice.random() < 0.9:
        return _changed_list(value, dice)
    if isinstance(value, str) and dice.random() < 0.5:
        place = dice.randint(0, len(value))
        piece = dice.choice(("", "\u0000", " ", "#", "\u00e9", "9" * 20, value, *_SIGNS))
        return value[:place] + piece + value[place + 1 :]
    if isinstance(value, int | float) and abs(value) < 2**64 and dice.random() < 0.5:
        return value + dice.choice((-1, 1, 2**31, -(2**31), 0.5))
    return dice.choice(ODD)


def _changed_object(value: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    changed, name = dict(value), dice.choice(list(value))
    match dice.randrange(8):
        case 0:
            del changed[name]
        case 1:
            changed[name.swapcase()] = changed.pop(name)
        case 2:
            changed[name] = value[dice.choice(list(value))]
        case 3:
            changed[dice.choice(("", "x", name + "\u0000"))] = value[name]
        case _:
            changed[name] = _changed(value[name], dice)
    return changed


def _changed_list(value: list[Any], dice: random.Random) -> list[Any]:
    changed, place = list(value), dice.randrange(len(value))
    match dice.randrange(6):
        case 0:
            del changed[place]
        case 1:
            changed *= 2
        case 2:
            changed.insert(place, dice.choice(ODD))
        case _:
            changed[place] = _changed(value[place], dice)
    return changed
