"""The ledger: where each step that was reached stands. One word a step, in one string of the item."""

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final


class Standing(StrEnum):
    """Stored as one letter. The first six are the way forward, the others the way back."""

    ASKED = "a"
    """Its latest attempt is under way, or an event about it is awaited."""
    BACKING_OFF = "b"
    """Its latest attempt failed; the next one is asked for when it is due."""
    DONE = "d"
    REFUSED = "r"
    GIVEN_UP = "g"
    """Every attempt failed or fell silent."""
    NOT_NEEDED = "s"
    """`when` said so: it was never asked for, and owes nothing."""
    STUCK = "k"
    """Past the point of no return and out of attempts: parked, for an operator."""
    UNDO_ASKED = "u"
    UNDO_BACKING_OFF = "v"
    UNDO_PARKED = "p"
    UNDONE = "n"
    RESOLVED = "h"
    """An operator says that it was done by hand."""
    UNDO_SKIPPED = "x"
    """An operator says that it will not be done."""


PARKED: Final = frozenset({Standing.STUCK, Standing.UNDO_PARKED})
OPEN: Final = frozenset({Standing.ASKED, Standing.BACKING_OFF, Standing.STUCK})
"""An outcome of it still counts."""
UNDOING: Final = frozenset({Standing.UNDO_ASKED, Standing.UNDO_BACKING_OFF, Standing.UNDO_PARKED})
TAKEN_BACK: Final = frozenset({Standing.UNDONE, Standing.RESOLVED, Standing.UNDO_SKIPPED})

MAX_REPEATED_UNDOS: Final = 3
"""How often a *done* for what was given up asks for the undo again."""

MAX_NUMBER: Final = 9_999
"""The highest number of an attempt or an undo: a message's occurrence has four digits."""

_WORD: Final = re.compile(
    r"(?P<step>[a-z][a-z0-9_]{0,63}):(?P<standing>[a-z])(?P<attempt>\d{1,4})"
    r"(?:o(?P<open>[0-9a-f]{1,2500}))?(?:u(?P<undo>\d{1,4}))?(?:l(?P<repeated>\d))?"
    r"(?:s(?P<first>\d{1,4}))?(?:m(?P<since>\d{1,15}))?(?:@(?P<due>\d{1,15}))?"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One step's word. Times are epoch milliseconds.

    `attempt` is the latest one's number, 0 for a step that sends nothing; `unanswered` has a bit for each attempt
    without an answer; `undo` is the latest undo's number; `repeated` counts undos that were asked for again after the
    step was taken back; `first` is the number with which the present series of attempts began; `since` is when it was
    parked; `due` is when the standing is looked at next.
    """

    step: str
    standing: Standing
    attempt: int = 0
    unanswered: int = 0
    undo: int = 0
    repeated: int = 0
    first: int = 1
    since: int | None = None
    due: int | None = None

    @property
    def is_parked(self) -> bool:
        return self.standing in PARKED

    @property
    def has_numbers_left(self) -> bool:
        return max(self.attempt, self.undo) < MAX_NUMBER

    def awaits_answer_of(self, attempt: int) -> bool:
        return bool(self.unanswered >> attempt & 1)

    def answered(self, attempt: int) -> "Entry":
        return replace(self, unanswered=self.unanswered & ~(1 << attempt))

    def __str__(self) -> str:
        # No part begins with a letter that is a digit of the one before it, which is in hexadecimal.
        parts = [f"{self.step}:{self.standing}{self.attempt}"]
        parts += [f"o{self.unanswered:x}"] if self.unanswered else []
        parts += [f"u{self.undo}"] if self.undo else []
        parts += [f"l{self.repeated}"] if self.repeated else []
        parts += [f"s{self.first}"] if self.first != 1 else []
        parts += [f"m{self.since}"] if self.since is not None else []
        parts += [f"@{self.due}"] if self.due is not None else []
        return "".join(parts)

    @classmethod
    def parse(cls, word: str) -> "Entry":
        """The entry that `str` made this word of.

        Raises:
            ValueError: it is no word of a ledger.
        """
        found = _WORD.fullmatch(word)
        if found is None:
            msg = "not a word of a ledger"
            raise ValueError(msg)
        since, due = found["since"], found["due"]
        return cls(
            step=found["step"],
            standing=Standing(found["standing"]),
            attempt=int(found["attempt"]),
            unanswered=int(found["open"] or "0", 16),
            undo=int(found["undo"] or 0),
            repeated=int(found["repeated"] or 0),
            first=int(found["first"] or 1),
            since=int(since) if since is not None else None,
            due=int(due) if due is not None else None,
        )


_ERROR: Final = re.compile(
    r"(?P<message>[a-z][a-z0-9_]{0,63}#\d{1,4})=(?P<reason>[A-Za-z0-9_.:-]{1,64})@(?P<at>\d{1,15})"
)
LAST_ERRORS: Final = 5


@dataclass(frozen=True, slots=True)
class StepError:
    """Why one attempt, of a step or of its undo, did not do it: the message that asked, the reason, and when (ms)."""

    message: str
    reason: str
    at: int

    @property
    def kind(self) -> str:
        """Of the message that asked."""
        return self.message.partition("#")[0]

    def __str__(self) -> str:
        return f"{self.message}={self.reason}@{self.at}"

    @classmethod
    def parse(cls, word: str) -> "StepError":
        """The error that `str` made this word of.

        Raises:
            ValueError: it is no such word.
        """
        found = _ERROR.fullmatch(word)
        if found is None:
            msg = "not the word of an error"
            raise ValueError(msg)
        return cls(found["message"], found["reason"], int(found["at"]))


def with_error(errors: tuple[StepError, ...], error: StepError) -> tuple[StepError, ...]:
    """The first one stays for ever, for it is what began it all; of the others the last few."""
    return (*errors[:1], *(*errors[1:], error)[-LAST_ERRORS:]) if errors else (error,)


@dataclass(frozen=True, slots=True)
class Ledger:
    """Entries in the order in which the steps were reached."""

    entries: tuple[Entry, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.entries)

    def of(self, step: str) -> Entry | None:
        return next((entry for entry in self.entries if entry.step == step), None)

    def with_entry(self, entry: Entry) -> "Ledger":
        if self.of(entry.step) is None:
            return Ledger((*self.entries, entry))
        return Ledger(tuple(entry if known.step == entry.step else known for known in self.entries))

    def is_parked_as(self, step: str, standing: Standing) -> bool:
        entry = self.of(step)
        return standing in PARKED and entry is not None and entry.standing is standing

    @property
    def next_due(self) -> int | None:
        return min((entry.due for entry in self.entries if entry.due is not None), default=None)

    @property
    def parked(self) -> tuple[Entry, ...]:
        return tuple([entry for entry in self.entries if entry.standing in PARKED])

    @property
    def parked_since(self) -> int | None:
        return min((entry.since or 0 for entry in self.parked), default=None)

    def __str__(self) -> str:
        return " ".join(map(str, self.entries))

    @classmethod
    def parse(cls, text: str) -> "Ledger":
        """Raises ValueError: one of its words is none, or two are about one step."""
        entries = tuple(Entry.parse(word) for word in text.split())
        if len({entry.step for entry in entries}) < len(entries):
            msg = "two words about one step"
            raise ValueError(msg)
        return cls(entries)
