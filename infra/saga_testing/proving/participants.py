"""Participants as the contract wants them: one effect an operation, one answer to each attempt, and undos that bar.

Pure, so that a search may go through everything that participants can do; `docs/participant-contract.md` has the rules.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from saga_orchestrator.domain.flow.terms import Answer


@dataclass(frozen=True, slots=True)
class Operation:
    """What a participant remembers of one `operation_id`."""

    effect: bool = False
    barred: bool = False
    answer: Answer | None = None


Did = tuple[Operation, Answer | None]
"""The operation afterwards, and the answer; None where the participant stays silent."""


def answers_to_command(known: Operation, *, expired: bool) -> Iterator[Did]:
    """Everything that a participant may do with a command."""
    if known.answer is not None:
        yield known, known.answer
        return
    if known.barred:
        yield replace(known, answer=Answer.REFUSED), Answer.REFUSED
        return
    if not expired:
        yield replace(known, effect=True, answer=Answer.DONE), Answer.DONE
        yield replace(known, answer=Answer.REFUSED), Answer.REFUSED
    # Nothing is begun after `expires_at`: then it is answered so, or not at all.
    yield known, Answer.FAILED
    yield known, None


def answers_to_undo(known: Operation, *, bars: bool = True) -> Iterator[Did]:
    """Undoing what is not known is done too, and what was asked for is barred from then on, unless it bars nothing.

    One that bars nothing at least takes back what it is asked to, and says so. One that refuses changes nothing.
    """
    yield replace(known, effect=False, barred=bars), Answer.DONE
    if not bars:
        return
    if not known.barred:
        yield known, Answer.FAILED
        yield known, Answer.REFUSED
    yield known, None


def told(known: Operation, *, undo: bool) -> Operation:
    """A message whose answer nobody awaits: it is done, and an undo bars as any other does."""
    if undo:
        return replace(known, effect=False, barred=True)
    return known if known.barred else replace(known, effect=True)
