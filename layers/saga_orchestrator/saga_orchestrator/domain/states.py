"""The states of a saga and the one table of legal transitions between them."""

from enum import StrEnum
from itertools import pairwise


class SagaState(StrEnum):
    """Stored as the top-level string attribute `state`."""

    CREATED = "created"
    """A stub: events arrived, the request has not."""
    RUNNING = "running"
    COMPENSATING = "compensating"
    """What is owed is taken back. An execution passes through it inside one write, unless its deletes are confirmed; a
    saga that waits rests in it until its undos are.
    """
    COMPLETED = "completed"
    FAILED = "failed"
    TIMEOUT = "timeout"
    CANCELLED = "cancelled"

    @property
    def is_terminal(self) -> bool:
        return not TRANSITIONS[self]


TRANSITIONS: dict[SagaState, frozenset[SagaState]] = {
    # A request without early events starts at once; one with an honoured early terminal event ends at once.
    SagaState.CREATED: frozenset({SagaState.RUNNING, SagaState.COMPENSATING, SagaState.COMPLETED}),
    SagaState.RUNNING: frozenset({SagaState.COMPLETED, SagaState.COMPENSATING}),
    SagaState.COMPENSATING: frozenset({SagaState.FAILED, SagaState.TIMEOUT, SagaState.CANCELLED}),
    SagaState.COMPLETED: frozenset(),
    SagaState.FAILED: frozenset(),
    SagaState.TIMEOUT: frozenset(),
    SagaState.CANCELLED: frozenset(),
}


class IllegalTransition(RuntimeError):
    """A bug in a saga definition or in `decide`: the table does not allow this step."""


def move(path: tuple[SagaState, ...]) -> SagaState:
    """The last state of `path`, once every step of it stands in the table.

    Raises:
        IllegalTransition: some step does not.
    """
    for here, there in pairwise(path):
        if there not in TRANSITIONS[here]:
            msg = f"{here} -> {there} is not a legal transition"
            raise IllegalTransition(msg)
    return path[-1]
