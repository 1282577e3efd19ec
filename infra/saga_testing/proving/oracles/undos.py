"""The way back: in order, behind its barriers, never beyond the point of no return, and nothing left out."""

from saga_orchestrator.domain.definition import Step
from saga_orchestrator.domain.flow.ledger import Standing
from saga_orchestrator.domain.flow.terms import Answer
from saga_orchestrator.domain.states import SagaState
from saga_testing.proving.situation import Kind, Played, sent_times
from saga_testing.proving.subject import Subject


def undos_wait_behind_their_barrier(subject: Subject, played: Played) -> str | None:
    """What is before a step that holds the earlier ones is taken back only once that step's undo is settled."""
    for key in played.sent:
        asking = subject.asking.get(key.partition("#")[0])
        if asking is None or not asking.is_undo:
            continue
        for later in subject.steps[subject.place[asking.step.key] + 1 :]:
            if later.holds_earlier and _is_owed(played, later):
                return f"{key} was asked for before {later.key} was taken back"
    return None


def _is_owed(played: Played, step: Step) -> bool:
    if step.undo is None or step.undo.sends is None or step.sends is None:
        return False
    return played.after.may_have_happened(step.sends) and step.key not in played.after.confirmed


def undos_are_asked_for_last_step_first(subject: Subject, played: Played) -> str | None:
    """Across writes, too: no undo is asked for while that of a later step never was, and is owed."""
    saga = played.after.saga
    for key in played.sent:
        asking = subject.asking.get(key.partition("#")[0])
        if asking is None or not asking.is_undo:
            continue
        for later in subject.steps[subject.place[asking.step.key] + 1 :]:
            undo = later.undo.sends if later.undo else None
            if undo is not None and _is_owed(played, later) and sent_times(saga, undo) == 0:
                return f"{key} was asked for and that of {later.key} was not"
    return None


def nothing_is_undone_past_the_pivot(subject: Subject, played: Played) -> str | None:
    """From the write that asks for it: unless it is known not to have happened, or an operator says so."""
    pivot = next((step for step in subject.steps if step.pivot), None)
    saga, here = played.after.saga, played.after
    if pivot is None or saga is None or pivot.sends is None or not played.decision:
        return None
    if sent_times(saga, pivot.sends) == 0 or saga.outcome in {None, SagaState.COMPLETED}:
        return None
    if "operator undo" in here.used:
        return "an operator undid what may have happened" if here.may_have_happened(pivot.sends) else None
    refused = any(key.partition("#")[0] == pivot.sends and told is Answer.REFUSED for key, told in here.answered)
    if refused and not here.may_have_happened(pivot.sends):
        return None
    return f"it is to end {saga.outcome} although {pivot.key} was asked for"


def a_way_back_leads_somewhere(_subject: Subject, played: Played) -> str | None:
    """It compensates only while an undo is under way, and says so once."""
    saga = played.after.saga
    if saga is None or not played.decision or saga.state is not SagaState.COMPENSATING:
        return None
    if sent_times(saga, "saga_compensating") != 1:
        return "it compensates and did not say so"
    return None if saga.outcome is not None else "it compensates towards no outcome"


def nothing_is_begun_on_the_way_back(subject: Subject, played: Played) -> str | None:
    """From the write that fixes how it ends no step is reached, and none is asked for."""
    saga, before = played.after.saga, played.before.saga
    if saga is None or saga.outcome in {None, SagaState.COMPLETED} or not played.decision:
        return None
    if (asked := [key for key in played.sent if _is_forward(subject, key)]) and before is not None:
        return f"{asked[0]} was sent although the saga is to end {saga.outcome}"
    waiting = [e.step for e in saga.ledger.entries if e.standing in {Standing.ASKED, Standing.BACKING_OFF}]
    return f"{waiting[0]} is waited for although the saga is to end {saga.outcome}" if waiting else None


def _is_forward(subject: Subject, key: str) -> bool:
    asking = subject.asking.get(key.partition("#")[0])
    return asking is not None and not asking.is_undo


def an_undo_has_something_to_take_back(subject: Subject, played: Played) -> str | None:
    """Nobody is asked to take back what was never asked for."""
    saga = played.after.saga
    for key in played.sent:
        asking = subject.asking.get(key.partition("#")[0])
        if asking is None or not asking.is_undo or saga is None:
            continue
        step = asking.step
        itself = step.undo_when_failed and saga.failed_step == step.key
        asked = sent_times(saga, step.sends) > 0 if step.sends is not None else step.key in saga.completed_steps
        again = key.partition("#")[0] in subject.definition.undo_again_on_late_start
        if not asked and not itself and not again:
            return f"{key} was sent, and {step.key} was never asked for"
    return None


def no_undo_without_a_way_back(subject: Subject, played: Played) -> str | None:
    saga = played.after.saga
    undone = [key for key in played.sent if (a := subject.asking.get(key.partition("#")[0])) and a.is_undo]
    running = saga is not None and (saga.outcome is None or saga.outcome is SagaState.COMPLETED)
    if undone and running and subject.waits:
        return f"{undone[0]} was sent while the saga goes forward"
    return None


def what_is_done_again_is_undone_again(subject: Subject, played: Played) -> str | None:
    """A *done* for what was taken back: the participant does not bar, and is asked again, up to three times."""
    saga, move = played.before.saga, played.move
    asking = subject.asking.get(move.about.partition("#")[0])
    if move.kind is not Kind.REPLY or move.answer is not Answer.DONE or move.lost or saga is None or asking is None:
        return None
    undo = asking.step.undo
    if asking.is_undo or undo is None or undo.sends is None or asking.step.key not in saga.compensated_steps:
        return None
    if sent_times(played.after.saga, undo.sends) == sent_times(saga, undo.sends) and played.before.saga is not None:
        return None if _asked_three_times(played, asking.step.key) else f"{asking.step.key} came late and stays done"
    return None


def _asked_three_times(played: Played, step: str) -> bool:
    entry = played.after.entry(step)
    return entry is not None and entry.repeated >= 3


UNDOS = (
    undos_wait_behind_their_barrier,
    undos_are_asked_for_last_step_first,
    nothing_is_undone_past_the_pivot,
    a_way_back_leads_somewhere,
    nothing_is_begun_on_the_way_back,
    an_undo_has_something_to_take_back,
    no_undo_without_a_way_back,
    what_is_done_again_is_undone_again,
)
