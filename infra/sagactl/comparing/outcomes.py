"""Another process's outcomes, out of a file of JSON lines: one object for each execution.

    {"execution_id": "…", "state": "completed", "created_at": "2026-05-01T12:00:00Z"}

`state` is one of our states; `created_at` may be missing, or be `{"$date": …}` as `mongoexport` writes it. Whatever
else stands in a line is not read.
"""

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from saga_orchestrator.domain.states import SagaState
from sagactl.errors import NotUsableError

STANDARD_INPUT: Final = "-"


@dataclass(frozen=True)
class Outcome:
    """What the other process says of one execution; `created_at` in milliseconds, where it says it."""

    execution_id: str
    state: str
    created_at: int | None


@dataclass(frozen=True)
class BadLine:
    """A line that says nothing, by its number in the file."""

    line: int
    detail: str


@dataclass
class Outcomes:
    """The file, by execution, and the lines of it that could not be read."""

    of: dict[str, Outcome] = field(default_factory=dict)
    unreadable: list[BadLine] = field(default_factory=list)


def read_outcomes(file: str) -> Outcomes:
    """Every line of the file, or of standard input. One unreadable line keeps no other from being read."""
    try:
        if file == STANDARD_INPUT:
            return outcomes_in(sys.stdin.buffer)
        with Path(file).open("rb") as lines:
            return outcomes_in(lines)
    except (OSError, ValueError) as error:  # a name with NUL is a ValueError
        raise NotUsableError(f"{file} cannot be read: {getattr(error, 'strerror', None) or error}") from error


def outcomes_in(lines: Iterable[bytes]) -> Outcomes:
    """An execution may stand in several lines that say the same."""
    found, said_in = Outcomes(), dict[str, int]()
    for number, line in _numbered(lines):
        try:
            outcome = _outcome(line)
            known = found.of.setdefault(outcome.execution_id, outcome)
            if known.state != outcome.state:
                msg = f"{outcome.execution_id} is {known.state} in line {said_in[outcome.execution_id]}"
                raise ValueError(msg)  # noqa: TRY301 - a line that contradicts is told as one that cannot be read
        except ValueError as error:
            found.unreadable.append(BadLine(number, str(error)))
        else:
            said_in.setdefault(outcome.execution_id, number)
    return found


def _numbered(lines: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    return ((number, line) for number, line in enumerate(lines, start=1) if line.strip())


def _outcome(line: bytes) -> Outcome:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        msg = "is no JSON"
        raise ValueError(msg) from None
    if not isinstance(fields, dict):
        msg = "is no JSON object"
        raise ValueError(msg)  # noqa: TRY004 - whatever is wrong with a line is one kind of error
    execution_id, state = fields.get("execution_id"), fields.get("state")
    if not isinstance(execution_id, str) or not execution_id:
        msg = "execution_id: is missing or no text"
        raise ValueError(msg)
    if not isinstance(state, str) or state.lower() not in set(SagaState):
        msg = f"state: is none of {', '.join(SagaState)}"
        raise ValueError(msg)
    return Outcome(execution_id, state.lower(), _instant(fields.get("created_at")))


def _instant(value: Any) -> int | None:
    text = value.get("$date") if isinstance(value, dict) else value
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        msg = "created_at: is no RFC 3339 time with an offset"
        raise ValueError(msg)
    return int(moment.timestamp() * 1000)
