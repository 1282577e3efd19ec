"""The canary that stands for users' data, and how it is looked for."""

import base64
from collections.abc import Iterator
from typing import Final

CANARY: Final = "Kn4rienV0gel"


def disguises() -> Iterator[str]:
    """The canary as it would look after the usual encodings."""
    yield CANARY
    yield CANARY.encode().hex()
    for padding in range(3):
        # Base64 of the canary at each offset, without the letters that its neighbours share.
        encoded = base64.b64encode(b"\0" * padding + CANARY.encode()).decode().rstrip("=")
        yield encoded[4 if padding else 0 : -2]


def assert_hidden(seen: object, place: str) -> None:
    text = seen if isinstance(seen, str) else repr(seen)
    found = [disguise for disguise in disguises() if disguise.lower() in text.lower()]
    assert not found, f"users' data in {place}"
