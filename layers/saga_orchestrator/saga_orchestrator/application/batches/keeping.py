"""What is asked of the place where batches are kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from saga_orchestrator.domain.errors import SagaError
from saga_orchestrator.domain.operating.acts import Act, ActKey
from saga_orchestrator.domain.operating.batches import Batch, Chosen, Fate


class NotMine(SagaError):
    """Somebody else runs the batch now, or nobody any more: whoever meets this does nothing further to it."""


@dataclass(frozen=True, slots=True)
class Settled:
    """A fate, and its code where it is not done."""

    fate: Fate
    code: str = ""


class Batches(Protocol):
    """Each may raise `RetryableError`."""

    def find(self, identity: str) -> Batch | None:
        """Strongly consistent."""

    def freeze(self, batch: Batch, chosen: Sequence[Chosen]) -> bool:
        """Keep set and batch. False where a batch of that id stands already."""

    def find_act(self, act_id: ActKey) -> Act | None:
        """Strongly consistent."""

    def change(self, old: Batch, new: Batch, act: Act) -> bool:
        """Begin or end it, with its act. False where it is not as `old` any more, or the act stands already."""

    def chosen(self, batch: Batch, begin: int, end: int) -> list[Chosen]:
        """Those of the set from `begin` up to `end`."""

    def take(self, batch: Batch, runner: str, now: int, stale: int, takes: int) -> None:
        """Make `runner` the one who runs it: where nobody does, or whoever did has not moved since `stale`. Whether it
        is, the batch says.
        """

    def settle(self, batch: Batch, position: int, settled: Settled, now: int) -> bool:
        """Write the fate of one saga. False where its fate stands already.

        Raises:
            NotMine: `batch.runner` does not run it any more.
        """

    def finish(self, batch: Batch, now: int) -> None:
        """The last one is settled. Nothing happens where somebody else was faster."""

    def release(self, batch: Batch, now: int) -> None:
        """Leave it to the next one who looks."""
