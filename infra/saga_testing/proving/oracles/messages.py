"""Messages: each once, each with the same bytes for ever, each due when the numbers of its saga say."""

from itertools import pairwise

from saga_orchestrator.domain.flow.terms import Announcement
from saga_orchestrator.domain.render import encoded, render
from saga_orchestrator.domain.saga import Saga
from saga_testing.proving.situation import Played, Sent, emitted_at
from saga_testing.proving.subject import Subject


def each_message_is_sent_once(subject: Subject, played: Played) -> str | None:
    saga = played.after.saga
    if saga is None or not played.sent:
        return None
    keys = [key for entry in saga.timeline for key in entry.messages]
    twice = {key for key in keys if keys.count(key) > 1}
    if twice:
        return f"{min(twice)} was sent twice"
    again = {kind for kind in _said_once(subject) if saga.occurrences(kind) > 1}
    return f"{min(again)} was told again" if again else None


def _said_once(subject: Subject) -> set[str]:
    """Kinds that nobody answers, and that nothing repeats."""
    asked = {kind for kind, asking in subject.asking.items() if asking.is_awaited}
    own = {"saga_started", "saga_compensating", "saga_completed", "saga_failed", "saga_timeout", "saga_cancelled"}
    return {*subject.definition.messages, *own} - asked - {*subject.definition.undo_again_on_late_start}


def what_was_written_stays(_subject: Subject, played: Played) -> str | None:
    before, after = played.before.saga, played.after.saga
    if before is None or after is None or before.is_stub or before is after:
        return None
    if after.timeline[: len(before.timeline)] != before.timeline:
        return "the timeline was changed behind its end"
    if after.version != before.version + 1:
        return f"version {after.version} follows {before.version}"
    fixed = ("settings", "input", "owner", "execution_id", "created_at", "definition_version")
    changed = [name for name in fixed if getattr(after, name) != getattr(before, name)]
    return f"{changed[0]} was changed" if changed else None


def what_was_applied_is_not_applied_again(_subject: Subject, played: Played) -> str | None:
    if played.again is not None and played.again.changed:
        return f"delivered once more, it was applied once more ({' '.join(played.again.messages) or 'no message'})"
    return None


def bytes_of_a_message_never_change(subject: Subject, played: Played) -> str | None:
    """Every message so far, rendered from the saga as it is now and as it was before."""
    before, after = played.before.saga, played.after.saga
    if before is None or after is None or before is after:
        return None
    for key in (key for entry in before.timeline for key in entry.messages):
        if _rendered(subject, before, key) != _rendered(subject, after, key):
            return f"{key} has other bytes now than when it was sent"
    return None


def _rendered(subject: Subject, saga: Saga, key: str) -> str:
    return encoded(render(saga, key, subject.definition))


def an_attempt_is_due_as_its_saga_began(subject: Subject, played: Played) -> str | None:
    """`expires_at` follows the numbers of the deployment under which the saga began."""
    if played.decision is None or played.after.saga is None:
        return None
    times = emitted_at(played.after.saga)
    for sent in played.after.flying:
        if not isinstance(sent, Sent) or sent.expires is None or sent.key not in played.sent:
            continue
        step = subject.asking[sent.kind].step
        within = step.undo.within if subject.asking[sent.kind].is_undo and step.undo else step.within
        if sent.expires != times[sent.key] + subject.number(within or 0) * 1000:
            return f"{sent.key} is not due {within} seconds after it was sent"
    return None


def attempts_name_their_operation(subject: Subject, played: Played) -> str | None:
    """One operation a step: the same for every attempt, and for the undo."""
    for sent in played.after.flying:
        if isinstance(sent, Sent) and sent.expires is not None and sent.key in played.sent:
            wanted = f"{subject.definition.name}:{subject.key}:{subject.asking[sent.kind].step.key}"
            if sent.operation != wanted:
                return f"{sent.key} names {sent.operation}"
    return None


def undos_go_out_last_step_first(subject: Subject, played: Played) -> str | None:
    """Where one write asks for several: later attempts come as each falls silent."""
    first = (key for key in played.sent if key.endswith("#1"))
    undos = [subject.asking[kind].step.key for key in first if (kind := _undo_kind(subject, key)) is not None]
    places = [subject.place[step] for step in dict.fromkeys(undos)]
    return "undos are not in order" if any(a < b for a, b in pairwise(places)) else None


def _undo_kind(subject: Subject, key: str) -> str | None:
    kind = key.partition("#")[0]
    asking = subject.asking.get(kind)
    announced = isinstance(subject.definition.messages.get(kind), Announcement)
    return kind if asking is not None and asking.is_undo and not announced else None


MESSAGES = (
    each_message_is_sent_once,
    what_was_written_stays,
    what_was_applied_is_not_applied_again,
    bytes_of_a_message_never_change,
    an_attempt_is_due_as_its_saga_began,
    attempts_name_their_operation,
    undos_go_out_last_step_first,
)
