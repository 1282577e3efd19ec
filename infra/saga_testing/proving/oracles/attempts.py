"""Attempts and time: none is given up early, none is made too soon, none is forgotten, and undos have their own."""

from typing import Final

from saga_orchestrator.domain.definition import Step
from saga_orchestrator.domain.flow.ledger import Standing
from saga_orchestrator.domain.flow.terms import Answer, Number, Retry
from saga_orchestrator.domain.saga import Cause, Saga
from saga_orchestrator.domain.states import SagaState
from saga_testing.proving.situation import Kind, Played, answer_id, emitted_at, sent_times
from saga_testing.proving.subject import Asking, Subject

QUARTER_MS: Final = 15 * 60 * 1000
DAY_MS: Final = 24 * 3600 * 1000
LEAST_OF_A_PAUSE: Final = 0.8
PARKED: Final = {Standing.STUCK, Standing.UNDO_PARKED}


def no_step_is_given_up_early(subject: Subject, played: Played) -> str | None:
    """Whoever gives up has made every attempt, and waited for the last one."""
    if played.move.kind is Kind.TIME or (played.move.kind is Kind.REPLY and played.move.answer is Answer.FAILED):
        for asking, kind in _given_up(subject, played):
            attempts, within = _terms(asking)
            made = sent_times(played.after.saga, kind)
            if made < subject.number(attempts.attempts) and "operator retry" not in played.after.used:
                return f"{kind} was given up after {made} of {subject.number(attempts.attempts)} attempts"
            if played.move.kind is Kind.TIME and not _has_waited(subject, played, f"{kind}#{made}", within):
                return f"{kind} was given up before its time was over"
    return None


def _given_up(subject: Subject, played: Played) -> list[tuple[Asking, str]]:
    """What this very move gave up: the step that ended the saga, or what it parked."""
    saga, found = played.after.saga, list[tuple[Asking, str]]()
    for kind, asking in subject.asking.items():
        if not asking.is_awaited or saga is None:
            continue
        before, after = played.before.entry(asking.step.key), played.after.entry(asking.step.key)
        was = before.standing if before is not None else None
        parked = after is not None and after.standing is not was and after.standing in PARKED
        is_undo = after is not None and after.standing is Standing.UNDO_PARKED
        ended = played.outcome_was_fixed and saga.failed_step == asking.step.key and not asking.is_undo
        if (parked and is_undo is asking.is_undo) or ended:
            found.append((asking, kind))
    return found


def _terms(asking: Asking) -> tuple[Retry, Number]:
    undo = asking.step.undo
    if asking.is_undo and undo is not None:
        return undo.retry, undo.within
    return asking.step.retry, asking.step.within or 0


def _has_waited(subject: Subject, played: Played, key: str, within: Number) -> bool:
    saga = played.after.saga
    return saga is None or played.after.now >= emitted_at(saga)[key] + subject.number(within) * 1000


def an_event_is_waited_for(subject: Subject, played: Played) -> str | None:
    """A step that awaits somebody's word is given up no sooner than its time."""
    saga = played.after.saga
    if played.move.kind is not Kind.TIME or saga is None or not played.outcome_was_fixed or saga.reason != "no_answer":
        return None
    step = next((step for step in subject.steps if step.key == saga.failed_step and step.awaits), None)
    before = played.before.entry(saga.failed_step or "")
    if step is None or before is None or before.due is None:
        return None
    return f"{step.key} was given up early" if played.after.now < before.due else None


def no_attempt_comes_too_soon(subject: Subject, played: Played) -> str | None:
    """The next attempt comes when the last one's time is over, or its pause after it failed."""
    saga = played.after.saga
    if saga is None or played.move.kind not in {Kind.TIME, Kind.REPLY, Kind.ECHO}:
        return None
    for key in played.sent:
        kind, _, number = key.partition("#")
        asking = subject.asking.get(kind)
        if asking is None or not asking.is_awaited or int(number) == 1 or _is_asked_again(played, asking.step):
            continue
        before = played.before.entry(asking.step.key)
        if before is not None and before.standing in PARKED:
            continue  # what is parked is asked slowly, whatever is answered meanwhile
        if (wrong := _too_soon(subject, played, asking, kind, int(number) - 1)) is not None:
            return wrong
    return None


def _is_asked_again(played: Played, step: Step) -> bool:
    """Not an attempt of a series: an undo that is repeated because its step came late, or after an operator's verb."""
    entry = played.after.entry(step.key)
    return entry is None or entry.repeated > 0 or "operator retry" in played.after.used


def _too_soon(subject: Subject, played: Played, asking: Asking, kind: str, last: int) -> str | None:
    saga, now = played.after.saga, played.after.now
    retry, within = _terms(asking)
    failed_at = _heard_at(saga, f"{kind}#{last}", Answer.FAILED) if saga is not None else None
    if failed_at is not None:
        pause = min(retry.cap_seconds, retry.backoff_seconds * 2 ** (last - 1)) * 1000 * LEAST_OF_A_PAUSE
        return f"{kind} was tried again without its pause" if now < failed_at + pause else None
    return None if _has_waited(subject, played, f"{kind}#{last}", within) else f"{kind} was tried again too soon"


def _heard_at(saga: Saga, key: str, answer: Answer) -> int | None:
    wanted = answer_id(Kind.REPLY, key, answer)
    return next((e.at for e in saga.timeline if e.cause is Cause.ANSWERED and e.event_id == wanted), None)


def a_series_has_no_more_than_its_attempts(subject: Subject, played: Played) -> str | None:
    """Not counting slow asking for what is parked, and undos for what came late."""
    for key in played.sent:
        kind, _, number = key.partition("#")
        asking = subject.asking.get(kind)
        if asking is None or not asking.is_awaited or _is_asked_again(played, asking.step):
            continue
        entry = played.after.entry(asking.step.key)
        most = subject.number(_terms(asking)[0].attempts)
        if int(number) > most and entry is not None and entry.standing not in PARKED:
            return f"{key} is one attempt too many"
    return None


def no_attempt_is_forgotten(subject: Subject, played: Played) -> str | None:
    """Whatever is asked for is looked at no later than its time, whoever is silent."""
    saga = played.after.saga
    if saga is None or not played.decision or not saga.ledger:
        return None
    times = emitted_at(saga)
    for kind, asking in subject.asking.items():
        entry = played.after.entry(asking.step.key)
        wanted = Standing.UNDO_ASKED if asking.is_undo else Standing.ASKED
        if not asking.is_awaited or entry is None or entry.standing is not wanted:
            continue
        due = times[f"{kind}#{sent_times(saga, kind)}"] + subject.number(_terms(asking)[1]) * 1000
        if saga.deadline is None or saga.deadline > due:
            return f"{kind} is under way, and nobody looks at it when its time is over"
    return None


def what_is_parked_is_asked_again(subject: Subject, played: Played) -> str | None:
    """Every quarter of an hour, for a day from when it was parked. Where an event is awaited nobody can be asked."""
    saga, now = played.after.saga, played.after.now
    if saga is None or not played.decision or saga.state.is_terminal:
        return None
    for entry in saga.ledger.parked:
        since = entry.since if entry.since is not None else now
        asks_nobody = entry.standing is Standing.STUCK and not subject.steps[subject.place[entry.step]].sends
        if asks_nobody or now - since > DAY_MS - QUARTER_MS:
            continue
        if saga.deadline is None or saga.deadline > now + QUARTER_MS:
            return f"{entry.step} is parked and is not asked again"
    return None


def a_hint_has_no_authority(_subject: Subject, played: Played) -> str | None:
    """Whoever wakes it early finds nothing to do: due is judged on the saga itself."""
    applied = played.move.kind is Kind.WAKE and played.decision is not None and played.decision.changed
    return "it moved before anything was due" if applied else None


def its_own_deadline_is_kept(subject: Subject, played: Played) -> str | None:
    """A saga with a limit of its own is looked at by then, until it is past the point of no return."""
    saga, within = played.after.saga, subject.definition.within
    if saga is None or saga.is_stub or within is None or not played.decision or saga.state is not SagaState.RUNNING:
        return None
    if any(step.pivot and step.sends and sent_times(saga, step.sends) for step in subject.steps):
        return None
    due = saga.created_at + subject.number(within) * 1000
    return None if saga.deadline is not None and saga.deadline <= due else "nobody looks at it at its own deadline"


ATTEMPTS = (
    no_step_is_given_up_early,
    an_event_is_waited_for,
    no_attempt_comes_too_soon,
    a_series_has_no_more_than_its_attempts,
    no_attempt_is_forgotten,
    what_is_parked_is_asked_again,
    a_hint_has_no_authority,
    its_own_deadline_is_kept,
)
