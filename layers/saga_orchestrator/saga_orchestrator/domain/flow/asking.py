"""Asking a participant: an attempt is a message, and its number is the message's occurrence."""

from dataclasses import replace
from typing import Any, Final

from saga_orchestrator.domain.definition import Step, Undo

from .ledger import Entry, Standing
from .turn import Draft, Turn, number

SLOW_PAUSE_MS: Final = 15 * 60 * 1000
"""A parked step is asked again every quarter of an hour ..."""
SLOW_FOR_MS: Final = 24 * 3600 * 1000
"""... for a day; after that it waits for an operator, or for a late answer."""


def ask(draft: Draft, step: Step, turn: Turn, *, fresh: bool = False) -> Draft:
    """One more attempt of `step`; `fresh` begins a new series of them. Where nothing is sent, an event is awaited."""
    if step.sends is None:
        return await_event(draft, step, turn)
    known = draft.saga.ledger.of(step.key) or Entry(step.key, Standing.ASKED)
    due = turn.now + _milliseconds(draft, step.within or 0, turn)
    entry = _attempted(known, fresh=fresh, standing=Standing.ASKED, due=due, since=None)
    return _send(draft, entry, step.sends)


def await_event(draft: Draft, step: Step, turn: Turn) -> Draft:
    """Nothing is sent: somebody is expected to say something in time."""
    due = turn.now + _milliseconds(draft, step.within or 0, turn)
    return draft.enter(Entry(step.key, Standing.ASKED, due=due))


def back_off(draft: Draft, entry: Entry, standing: Standing, pause_ms: int, turn: Turn) -> Draft:
    return draft.enter(replace(entry, standing=standing, due=turn.now + pause_ms))


def ask_undo(draft: Draft, step: Step, undo: Undo, turn: Turn, *, fresh: bool = False) -> Draft:
    """One more attempt to take `step` back; it names the operation, so it undoes whatever any attempt has done."""
    entry = draft.saga.ledger.of(step.key) or Entry(step.key, Standing.DONE)
    undo_number = entry.undo + 1
    begins = fresh or entry.standing not in {Standing.UNDO_ASKED, Standing.UNDO_BACKING_OFF}
    due = turn.now + _milliseconds(draft, undo.within, turn)
    asked = replace(
        entry,
        standing=Standing.UNDO_ASKED,
        undo=undo_number,
        first=undo_number if begins else entry.first,
        due=due,
        since=None,
    )
    return _send(draft, asked, undo.sends)


def park(draft: Draft, entry: Entry, standing: Standing, turn: Turn) -> Draft:
    """Out of attempts, or refused where nothing may be refused: an operator is told, once, and it is asked slowly.

    A parked step that is asked slowly and refuses again stays what it is: told once, and asked for one day in all.
    """
    if draft.saga.ledger.is_parked_as(entry.step, standing):
        return draft.enter(entry)
    parked = replace(entry, standing=standing, since=turn.now, due=turn.now + SLOW_PAUSE_MS)
    return draft.enter(parked).note("StepsParked")


def ask_slowly(draft: Draft, step: Step, entry: Entry, turn: Turn) -> Draft:
    """A parked step's next attempt, or the end of asking: its standing stays what it is."""
    since = entry.since if entry.since is not None else turn.now
    more = turn.now + SLOW_PAUSE_MS <= since + SLOW_FOR_MS and entry.has_numbers_left
    if not entry.has_numbers_left or (entry.standing is Standing.STUCK and step.sends is None):
        # Nobody can be asked: an event is awaited, or every number is used up.
        return draft.enter(replace(entry, due=None))
    entry = replace(entry, due=turn.now + SLOW_PAUSE_MS if more else None)
    if entry.standing is Standing.STUCK:
        return _send(draft, _attempted(entry, fresh=False), step.sends)
    return _send(draft, replace(entry, undo=entry.undo + 1), step.undo.sends if step.undo else None)


def _attempted(entry: Entry, *, fresh: bool, **changes: Any) -> Entry:
    attempt = entry.attempt + 1
    return replace(
        entry,
        attempt=attempt,
        unanswered=entry.unanswered | 1 << attempt,
        first=attempt if fresh else entry.first,
        **changes,
    )


def _send(draft: Draft, entry: Entry, kind: str | None) -> Draft:
    draft = draft.enter(entry)
    return draft.emit(kind) if kind is not None else draft


def _milliseconds(draft: Draft, seconds: int | str, turn: Turn) -> int:
    return number(draft.saga, turn.definition, seconds) * 1000
