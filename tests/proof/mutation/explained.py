"""The survivors that are known, each with the reason why no test should kill it."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .source import Key

EXPLANATIONS: Final = Path(__file__).with_name("survivors.toml")


@dataclass(frozen=True, slots=True)
class Explanation:
    """`before` is the code as it stands, `after` what the mutant makes of it, each without its indentation."""

    file: str
    where: str
    before: str
    after: str
    kind: str
    reason: str

    @property
    def key(self) -> Key:
        return self.file, self.where, self.before, self.after


def explanations() -> list[Explanation]:
    listed = tomllib.loads(EXPLANATIONS.read_text(encoding="utf-8"))
    return [Explanation(**entry) for entry in listed.get("survivor", [])]
