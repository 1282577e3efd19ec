"""The way back: what is owed is taken back, last step first, and the saga rests only while an undo is unconfirmed."""

from dataclasses import replace

from saga_orchestrator.domain.definition import Step, Undo
from saga_orchestrator.domain.executions.endings import Ending
from saga_orchestrator.domain.saga import Saga
from saga_orchestrator.domain.states import SagaState, move

from .asking import ask_undo
from .ledger import MAX_REPEATED_UNDOS, OPEN, TAKEN_BACK, UNDOING, Entry, Ledger, Standing
from .turn import Draft, Turn


def begin(draft: Draft, ending: Ending, turn: Turn) -> Draft:
    """Fix how the saga ends, why and at which step; ask for every undo that is owed.

    What is asked for already can no longer be waited for: whether it happens is not known, so it is owed its undo.
    """
    given_up = Ledger(
        tuple(
            replace(entry, standing=Standing.GIVEN_UP, due=None, since=None) if entry.standing in OPEN else entry
            for entry in draft.saga.ledger.entries
        )
    )
    draft = draft.change(
        ledger=given_up,
        outcome=ending.state,
        reason=ending.reason,
        failed_step=ending.failed_step,
        ended_by=ending.by,
        saga_due=None,
    )
    draft = proceed(draft, turn)
    # Where no undo is confirmed the end is in this same write, and says it all.
    return draft.emit("saga_compensating") if draft.saga.state is SagaState.COMPENSATING else draft


def proceed(draft: Draft, turn: Turn) -> Draft:
    """Ask for the undos that nothing holds any more; end the saga once none is owed."""
    for step in reversed((*turn.definition.retired, *turn.definition.steps)):
        if step.undo is None or not owes_undo(draft.saga, step):
            continue
        draft = _take_back(draft, step, step.undo, turn)
        if step.holds_earlier and owes_undo(draft.saga, step):
            break
    if any(owes_undo(draft.saga, step) for step in (*turn.definition.retired, *turn.definition.steps)):
        if draft.saga.state is SagaState.COMPENSATING:
            return draft
        return draft.change(state=move((draft.saga.state, SagaState.COMPENSATING)))
    return finish(draft, turn)


def owes_undo(saga: Saga, step: Step) -> bool:
    """Done, or asked for and unanswered by any attempt, also where another attempt was refused."""
    if step.undo is None or step.key in saga.compensated_steps:
        return False
    entry = saga.ledger.of(step.key)
    undoes_itself = step.undo_when_failed and step.key == saga.failed_step
    if entry is None:
        return step.key in saga.completed_steps or undoes_itself
    if entry.standing in TAKEN_BACK or entry.standing is Standing.NOT_NEEDED:
        return False
    return entry.standing in {Standing.DONE, *UNDOING} or bool(entry.unanswered) or undoes_itself


def _take_back(draft: Draft, step: Step, undo: Undo, turn: Turn) -> Draft:
    entry = draft.saga.ledger.of(step.key)
    if undo.sends is not None and (entry is None or entry.standing not in UNDOING):
        return ask_undo(draft, step, undo, turn, fresh=True).emit(*undo.emits)
    return draft if undo.sends is not None else taken_back(draft.emit(*undo.emits), step)


def happened_after_all(draft: Draft, step: Step, entry: Entry, turn: Turn, *, is_news: bool) -> Draft | None:
    """It is *done*, and was given up or refused: its undo is owed, or is asked for again. None: that is known already.

    While the saga compensates the undo has its place in the order; after the end it is asked for, three times at most,
    and the state does not change. `is_news`: that attempt had not answered yet.
    """
    was_known = entry.standing in TAKEN_BACK or step.key in draft.saga.completed_steps
    # A step that was not needed was asked of nobody and owes nothing, whoever tells of it afterwards.
    if entry.standing in {Standing.DONE, Standing.NOT_NEEDED, *UNDOING} or (was_known and not is_news):
        return None
    if entry.standing in TAKEN_BACK or draft.saga.state.is_terminal:
        return ask_again(draft, step, entry)
    known = draft.enter(replace(entry, standing=Standing.DONE))
    return proceed(known, turn) if step.undo is not None else known


def ask_again(draft: Draft, step: Step, entry: Entry) -> Draft | None:
    """The undo once more, for what happened after it was taken back; None: it was asked for often enough."""
    if step.undo is None or step.undo.sends is None or entry.repeated >= MAX_REPEATED_UNDOS:
        return None
    again = replace(entry, undo=entry.undo + 1, repeated=entry.repeated + 1)
    return draft.enter(again).emit(step.undo.sends)


def taken_back(draft: Draft, step: Step) -> Draft:
    return claim_released(draft.change(compensated_steps=(*draft.saga.compensated_steps, step.key)), step)


def claim_released(draft: Draft, step: Step) -> Draft:
    """A claim goes in the write that finishes its step's undo, however it was finished."""
    if step.claims is not None and draft.claims is not None:
        # Wanted in this very write, and not wanted any more.
        return replace(draft, claims=None)
    if step.claims is not None and draft.saga.claim is not None:
        draft = replace(draft.change(claim=None), releases=draft.saga.claim)
    return draft


def finish(draft: Draft, turn: Turn) -> Draft:
    """`draft` at rest: no deadline, its claim given back, the outcome announced last."""
    saga = draft.saga
    outcome = saga.outcome or SagaState.COMPLETED
    passes = outcome is not SagaState.COMPLETED and saga.state is not SagaState.COMPENSATING
    releases = saga.claim or draft.releases
    ended = replace(draft, claims=None) if saga.claim is None else draft
    ended = ended.change(
        state=move((saga.state, *((SagaState.COMPENSATING,) if passes else ()), outcome)),
        claim=None,
        saga_due=None,
        ended_at=turn.now,
        expires=turn.now // 1000 + turn.policy.retention_seconds,
    )
    # A start that could not be read has nothing to tell in messages of the definition's own.
    own = () if saga.faults else turn.definition.announces.get(outcome, ())
    return replace(ended, releases=releases).emit(*own, f"saga_{outcome}")
