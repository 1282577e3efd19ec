"""Endings: one, announced once and last, with the outcome that was fixed when the way back began."""

from typing import Final

from saga_orchestrator.domain.saga import Saga
from saga_orchestrator.domain.states import SagaState
from saga_testing.proving.situation import Kind, Played, sent_times
from saga_testing.proving.subject import Subject

FINAL: Final = ("saga_completed", "saga_failed", "saga_timeout", "saga_cancelled")


def there_is_one_ending(_subject: Subject, played: Played) -> str | None:
    saga = played.after.saga
    if saga is None or not played.decision:
        return None
    told = [kind for kind in FINAL for _ in range(sent_times(saga, kind))]
    if saga.state.is_terminal != (len(told) == 1):
        return f"the saga is {saga.state}, and {', '.join(told) or 'no ending'} was told"
    if told and told[0] != f"saga_{saga.state}":
        return f"the saga is {saga.state}, and {told[0]} was told"
    return None


def the_ending_is_told_last(_subject: Subject, played: Played) -> str | None:
    kinds = [key.partition("#")[0] for key in played.sent]
    ends = [place for place, kind in enumerate(kinds) if kind in FINAL]
    behind = any(place != len(kinds) - 1 for place in ends)
    return f"{kinds[-1]} was sent after {kinds[ends[0]]} in one write" if behind else None


def an_outcome_never_changes(_subject: Subject, played: Played) -> str | None:
    """From the write that fixes it: not its state, its reason, nor the step."""
    before, after = played.before.saga, played.after.saga
    if before is None or after is None or before is after:
        return None
    if before.state.is_terminal and after.state is not before.state:
        return f"it had ended {before.state} and is {after.state}"
    if before.outcome is None:
        return None
    if (before.outcome, before.reason, before.failed_step) != (after.outcome, after.reason, after.failed_step):
        return f"{_ending(before)} became {_ending(after)}"
    return None


def _ending(saga: Saga) -> str:
    return f"{saga.outcome} ({saga.reason}, {saga.failed_step or 'no step'})"


def a_cancel_or_deadline_does_not_move_what_compensates(_subject: Subject, played: Played) -> str | None:
    before = played.before.saga
    compensates = before is not None and before.state is SagaState.COMPENSATING
    if compensates and played.move.kind is Kind.CANCEL and played.sent:
        return f"a cancel during compensation sent {played.sent[0]}"
    return None


def only_who_may_is_heard(subject: Subject, played: Played) -> str | None:
    """A cancel by a stranger, or an event by somebody who may not send it, changes nothing."""
    saga, move = played.before.saga, played.move
    if saga is None or saga.is_stub or not played.decision or not played.decision.changed:
        return None
    if move.kind is Kind.CANCEL and move.actor != subject.owner:
        return "a stranger cancelled it"
    barred = played.after.used - played.before.used
    if move.kind is Kind.REPORT and any(each.endswith(" barred") for each in barred):
        return f"{move.about} counted although {move.actor} may not send it"
    return None


def it_rests_only_where_somebody_is_told(_subject: Subject, played: Played) -> str | None:
    """Nothing is on its way, and nothing is due: then it has ended, or a step is parked and an operator knows."""
    here, saga = played.after, played.after.saga
    if here.flying or saga is None or saga.is_stub or saga.state.is_terminal or saga.deadline is not None:
        return None
    return None if saga.ledger.parked else f"it is {saga.state}, and nothing will ever move it"


def slots_go_back_once(_subject: Subject, played: Played) -> str | None:
    saga, taken = played.after.saga, played.after.taken
    if not 0 <= taken <= 1:
        return f"the counter says {taken} for one saga"
    if saga is None or not played.decision:
        return None
    if taken != int(saga.claim is not None):
        return f"the counter says {taken}, and the saga holds {saga.claim or 'nothing'}"
    return "it has ended with its slot" if saga.state.is_terminal and taken else None


ENDINGS = (
    there_is_one_ending,
    the_ending_is_told_last,
    an_outcome_never_changes,
    a_cancel_or_deadline_does_not_move_what_compensates,
    only_who_may_is_heard,
    it_rests_only_where_somebody_is_told,
    slots_go_back_once,
)
