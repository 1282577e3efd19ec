"""What can become of a mutant."""

from enum import StrEnum


class Fate(StrEnum):
    KILLED = "killed"
    SURVIVED = "survived"
    TIMEOUT = "timeout"
    BROKEN = "broken"
    """The mutant cannot even be imported. Any test would notice, so it says nothing about ours: outside of the rate."""
