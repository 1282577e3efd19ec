"""Words that an expression may name only through a placeholder (DynamoDB Developer Guide, Reserved words)."""

from pathlib import Path
from typing import Final

RESERVED_WORDS: Final = frozenset(Path(__file__).with_suffix(".txt").read_text().split())
