"""W3C Trace Context's `traceparent`: the trace that an event belongs to, kept small and passed on as it came.

Version 00 alone is kept: another one may say more than 25 bytes hold, and what is passed on has to be what came.
"""

from typing import Final

PATTERN: Final = r"^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$"
_SIZE: Final = 16 + 8 + 1
_TRACE, _PARENT = slice(0, 16), slice(16, 24)


def packed(text: str) -> bytes:
    """The 25 bytes of a text that matches PATTERN; none where an id is all noughts, which names nothing."""
    told = bytes.fromhex(text[3:].replace("-", ""))
    return told if any(told[_TRACE]) and any(told[_PARENT]) else b""


def unpacked(told: bytes) -> str:
    """The text that `packed` was given."""
    return f"00-{told[_TRACE].hex()}-{told[_PARENT].hex()}-{told[24:].hex()}"


def kept(told: bytes) -> bytes:
    """As it was stored, or nothing where somebody stored something else: no saga is lost for its trace."""
    return told if len(told) == _SIZE else b""
