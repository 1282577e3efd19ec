"""The way forward: each step is reached once, after those before it, and what was found needless stays so."""

from saga_orchestrator.domain.flow.ledger import Standing
from saga_testing.proving.situation import Played
from saga_testing.proving.subject import Subject


def a_condition_is_judged_once(subject: Subject, played: Played) -> str | None:
    """When its step is reached. Later the same question may have another answer, and nobody asks it."""
    for step in subject.steps if played.before.saga is not played.after.saga else ():
        before, after = played.before.entry(step.key), played.after.entry(step.key)
        needless = before is not None and before.standing is Standing.NOT_NEEDED
        if needless and (after is None or after.standing is not Standing.NOT_NEEDED):
            return f"{step.key} was not needed, and is {after.standing.name if after else 'forgotten'}"
    return None


def steps_are_reached_in_order(subject: Subject, played: Played) -> str | None:
    """None is reached when a later one has been reached before."""
    last = max((subject.place[s.key] for s in subject.steps if played.before.entry(s.key) is not None), default=-1)
    for step in subject.steps:
        new = played.before.entry(step.key) is None and played.after.entry(step.key) is not None
        if new and step.waits and subject.place[step.key] < last:
            return f"{step.key} was reached after {subject.steps[last].key}"
    return None


ORDER = (a_condition_is_judged_once, steps_are_reached_in_order)
