"""The committed inputs: golden ones, and ones that break the structure in a way of their own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
DICTIONARY: Final = HERE / "dictionary.txt"


def folder(target: str) -> Path:
    return HERE / "corpus" / target


def inputs(target: str) -> Iterator[tuple[str, bytes]]:
    """Name and content of each."""
    for path in sorted(folder(target).iterdir()):
        yield path.name, path.read_bytes()
