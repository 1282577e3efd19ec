"""The end of a turn: the version of this write, the next deadline, and the messages with their numbers."""

from typing import Any

from saga_orchestrator.domain.decide import Decision, Verdict
from saga_orchestrator.domain.saga import Saga, emit
from saga_orchestrator.domain.states import SagaState

from .dues import wake_at
from .forward import is_past_pivot
from .turn import Draft, Turn


def decided(before: Saga | None, draft: Draft, turn: Turn, *, ignored_cancels: int = 0) -> Decision:
    """`draft` as the decision that is written on top of `before`."""
    # None is out of the index: nothing of it can become due. An operator's verb, or a late answer, puts it back.
    deadline = _deadline(draft.saga, turn)
    changes: dict[str, Any] = {
        "version": before.version + 1 if before is not None else 1,
        "deadline": deadline,
        "wake": _wake(before, deadline, turn),
    }
    if draft.saga.state.is_terminal and turn.definition.starts is None:
        changes["deadline_shard"] = None  # as executions end without a ledger
    return Decision(
        emit(draft.saga, turn.cause, draft.emits, **changes),
        Verdict.APPLIED,
        claims=draft.claims,
        releases=draft.releases,
        ignored_cancels=ignored_cancels,
        notes=draft.notes,
    )


def _deadline(saga: Saga, turn: Turn) -> int | None:
    """Never later than the earliest due of the ledger."""
    if saga.state.is_terminal:
        return None
    dues = [] if saga.ledger.next_due is None else [saga.ledger.next_due]
    if saga.saga_due is not None and saga.state is SagaState.RUNNING and not is_past_pivot(saga, turn):
        dues.append(saga.saga_due)
    return min(dues, default=None)


def _wake(before: Saga | None, deadline: int | None, turn: Turn) -> int | None:
    """Of a saga that waits at steps; an execution's deadlines are minutes, and its item stays what it was."""
    if turn.definition.starts is None:
        return None
    return wake_at(before.deadline if before is not None else None, deadline, turn.now)
