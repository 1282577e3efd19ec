"""The decision table of answers: what each makes of its step, and what it must leave alone."""

from typing import Final

from saga_orchestrator.domain.errors import RejectReason
from saga_orchestrator.domain.flow.ledger import Standing
from saga_orchestrator.domain.flow.terms import Answer
from saga_testing.proving.signals import data_told
from saga_testing.proving.situation import Kind, Played
from saga_testing.proving.subject import Asking, Subject

MOST_REPEATED: Final = 3
OPEN: Final = {Standing.ASKED, Standing.BACKING_OFF, Standing.STUCK}


def done_settles_what_is_open(subject: Subject, played: Played) -> str | None:
    """Whichever attempt says it: the step is done, the undo is confirmed, and a park is over."""
    asking = _answered(subject, played, Answer.DONE)
    if asking is None:
        return None
    before, after = played.before.entry(asking.step.key), played.after.entry(asking.step.key)
    if before is None or after is None:
        return None
    if asking.is_undo:
        open_undo = before.standing in {Standing.UNDO_ASKED, Standing.UNDO_BACKING_OFF, Standing.UNDO_PARKED}
        return f"{asking.step.key} was taken back and counts as {after.standing.name}" if (
            open_undo and after.standing is not Standing.UNDONE
        ) else None  # fmt: skip
    if before.standing in OPEN and after.standing is before.standing and not _parks_unusable(played, before.standing):
        return f"{asking.step.key} was done and is still {after.standing.name}"
    return None


def _parks_unusable(played: Played, standing: Standing) -> bool:
    return not played.move.usable and standing is Standing.STUCK


def failed_of_an_older_attempt_decides_nothing(subject: Subject, played: Played) -> str | None:
    """It is marked as answered; nothing is tried again for it, and nothing is given up."""
    asking = _answered(subject, played, Answer.FAILED)
    if asking is None or asking.is_undo:
        return None
    before, number = played.before.entry(asking.step.key), int(played.move.about.partition("#")[2])
    if before is None or number == before.attempt or before.standing not in OPEN:
        return None
    after = played.after.entry(asking.step.key)
    changed = after is None or after.standing is not before.standing or after.attempt != before.attempt
    return f"{played.move.about} decided although attempt {before.attempt} is under way" if changed else None


def a_refused_undo_is_parked(subject: Subject, played: Played) -> str | None:
    """At once: asking again would not change it, and it is never dropped. Not where an operator has asked afresh."""
    asking = _answered(subject, played, Answer.REFUSED)
    if asking is None or not asking.is_undo:
        return None
    before, after = played.before.entry(asking.step.key), played.after.entry(asking.step.key)
    number = int(played.move.about.partition("#")[2])
    under_way = before is not None and before.standing in {Standing.UNDO_ASKED, Standing.UNDO_BACKING_OFF}
    if (
        under_way
        and before is not None
        and number >= before.first
        and (after is None or after.standing is not Standing.UNDO_PARKED)
    ):
        return f"the undo of {asking.step.key} was refused and is not parked"
    return None


def only_what_was_said_is_kept(subject: Subject, played: Played) -> str | None:
    """`data` is written once, by the *done* that has it, and holds what the definition keeps."""
    before, after = played.before.saga, played.after.saga
    if before is None or after is None or before is after:
        return None
    if any(after.data.get(step) != kept for step, kept in before.data.items()):
        return "kept data was changed"
    for key in after.data.keys() - before.data.keys():
        asking = _answered(subject, played, Answer.DONE)
        said = data_told(subject, played.move) if asking is not None and asking.step.key == key else None
        if key not in after.completed_steps or dict(after.data[key]) != said:
            return f"{key} keeps what its participant did not say"
    return None


def an_echo_changes_nothing(subject: Subject, played: Played) -> str | None:
    """An answer that comes again, or contradicts the first one, is late: acknowledged, and no more.

    One exception: a *done* that contradicts what was refused or failed is owed its undo, since it may have happened.
    """
    if played.move.kind is not Kind.ECHO:
        return None
    if played.rejected is not None:
        return f"a second answer was rejected as {played.rejected.reason}"
    if played.decision is None or not played.decision.changed:
        return None
    asked = [asking for key in played.sent if (asking := subject.asking.get(key.partition("#")[0])) is not None]
    if played.move.answer is Answer.DONE and all(asking.is_undo for asking in asked):
        return None
    return "a second answer was applied"


def whoever_says_done_after_all_is_asked_to_undo_it(subject: Subject, played: Played) -> str | None:
    """A participant that has refused or failed, and then says *done*: it may have happened, so its undo is owed."""
    move, before = played.move, played.before.saga
    if move.kind is not Kind.ECHO or move.answer is not Answer.DONE or before is None or played.decision is None:
        return None
    step = subject.asking[move.about.partition("#")[0]].step
    entry, after = played.before.entry(step.key), played.after.entry(step.key)
    if step.undo is None or step.undo.sends is None or entry is None or after is None:
        return None
    owed_by_now = step.key not in before.completed_steps and entry.standing in {Standing.REFUSED, Standing.GIVEN_UP}
    if not owed_by_now or entry.repeated >= MOST_REPEATED or after.standing in {Standing.DONE, Standing.UNDO_ASKED}:
        return None
    asked = any(key.partition("#")[0] == step.undo.sends for key in played.sent)
    return None if asked else f"{step.key} was done after all, and nobody is asked to take it back"


def what_came_early_counts(subject: Subject, played: Played) -> str | None:
    """Nobody is waited for who has spoken already, but where an operator has said so."""
    if played.decision is None or not played.decision.changed or "operator retry" in played.after.used:
        return None
    for step in subject.steps:
        entry = played.after.entry(step.key)
        if entry is not None and entry.standing is Standing.ASKED:
            heard = [each.event_type for each in step.awaits if f"{each.event_type} heard" in played.after.used]
            if heard:
                return f"{step.key} waits although {heard[0]} has come"
    return None


def a_stray_answer_is_rejected(_subject: Subject, played: Played) -> str | None:
    """Nobody was asked: it never makes a saga, nor a stub of one."""
    if played.move.kind is not Kind.STRAY:
        return None
    if played.after.saga is not played.before.saga:
        return "an answer to what was never sent was applied"
    reason = played.rejected.reason if played.rejected is not None else None
    return None if reason is RejectReason.NEVER_SENT else "an answer to what was never sent was not rejected"


def no_answer_is_an_error_for_its_sender(_subject: Subject, played: Played) -> str | None:
    rejected = played.rejected if played.move.kind is Kind.REPLY else None
    return f"an answer was rejected as {rejected.reason}" if rejected is not None else None


def _answered(subject: Subject, played: Played, answer: Answer) -> Asking | None:
    move = played.move
    if move.kind is not Kind.REPLY or move.lost or move.answer is not answer:
        return None
    return subject.asking[move.about.partition("#")[0]]


ANSWERS = (
    done_settles_what_is_open,
    failed_of_an_older_attempt_decides_nothing,
    a_refused_undo_is_parked,
    only_what_was_said_is_kept,
    an_echo_changes_nothing,
    whoever_says_done_after_all_is_asked_to_undo_it,
    what_came_early_counts,
    a_stray_answer_is_rejected,
    no_answer_is_an_error_for_its_sender,
)
