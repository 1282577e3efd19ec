"""Running a batch: one saga after the other, each by its own verb under its own key, from wherever it stands.

Fate and act of a saga are one write, and it asks who runs the batch. So a runner may die at any call, or two may run at
once: nothing is done twice, nothing is passed over, and whoever has lost the batch writes nothing any more.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from saga_orchestrator.application.judging import Answered, Hand
from saga_orchestrator.application.operate import ActingStore, Answer, Asked, OperateSagas
from saga_orchestrator.application.ports import Clock, Pause, Reporting
from saga_orchestrator.application.rejected_events import unexpected
from saga_orchestrator.domain.decide import Rules
from saga_orchestrator.domain.errors import RetryableError
from saga_orchestrator.domain.operating.batches import Batch, BatchState, Chosen, Fate, item_key

from .keeping import Batches, NotMine, Settled

PAUSE_SECONDS: Final = 0.1
"""Some ten sagas a second: what has just recovered is not to be overwhelmed."""
TRIES: Final = 5
LEASE_MS: Final = 90_000
"""Whoever has not settled one saga for so long is taken for dead. If he is not, nothing breaks: he writes no more."""
MOST_TAKES: Final = 3
"""So many runners may end at one saga before it is passed over: it may be what ends them."""
_PAGE: Final = 50

TimeLeft = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class BatchRunner:
    """`acting` gives the store that writes an act together with the fate of the saga at that position; `token` names
    one run apart from every other.
    """

    batches: Batches
    acting: Callable[[Batch, int], ActingStore]
    clock: Clock
    pause: Pause
    token: Callable[[], str]
    rules_of: Callable[[str], Rules | None]
    telemetry: Reporting

    def run(self, identity: str, time_left: TimeLeft) -> bool:
        """Go on with it for as long as there is time. False where there is nothing to run, or somebody else does.

        Raises:
            RetryableError: the batch itself could not be read or written; it goes on from there.
        """
        batch = self.batches.find(identity)
        if batch is None or batch.state is not BatchState.RUNNING:
            return False
        token, now = self.token(), self.clock()
        takes = batch.takes + 1 if batch.taken_at == batch.next else 1
        self.batches.take(batch, token, now, now - LEASE_MS, takes)
        # Whether it is ours the batch says: the answer to the write may have been lost.
        mine = self.batches.find(identity)
        if mine is None or mine.runner != token or mine.state is not BatchState.RUNNING:
            return False
        try:
            self._go_through(mine, time_left)
        except NotMine:
            self.telemetry.info("operation left to another runner, or aborted", operation=identity)
        return True

    def revive(self, running: Iterable[Batch], time_left: TimeLeft) -> int:
        """Take up what nobody runs; how long (ms) the one has stood still that has done so for the longest.

        Raises:
            RetryableError: as `run`; the others have been taken up before.
        """
        now, failed = self.clock(), None
        standing = sorted(
            (batch for batch in running if batch.state is BatchState.RUNNING), key=lambda each: each.moved
        )
        for batch in standing:
            if not time_left():
                break
            if batch.runner is not None and batch.moved >= now - LEASE_MS:
                continue
            try:
                self.run(batch.id, time_left)
            except RetryableError as error:
                failed = failed or error
        if failed is not None:
            raise failed
        return max((now - batch.moved for batch in standing), default=0)

    def _go_through(self, batch: Batch, time_left: TimeLeft) -> None:
        position = batch.next
        while position < batch.count:
            page = self.batches.chosen(batch, position, min(position + _PAGE, batch.count))
            if not page:
                msg = "a part of the set is missing"
                raise RetryableError(msg)
            for chosen in page:
                if not time_left():
                    self.batches.release(batch, self.clock())
                    return
                self._settle(batch, position, chosen)
                position += 1
                self.pause(PAUSE_SECONDS)
        self.batches.finish(batch, self.clock())
        self.telemetry.count("OperationsEnded")
        self.telemetry.info("operation ended", operation=batch.id)

    def _settle(self, batch: Batch, position: int, chosen: Chosen) -> None:
        """Until it has a fate. A fate that cannot be written ends the run, and the next one begins with this saga."""
        if batch.takes > MOST_TAKES and position == batch.taken_at:
            self._write(batch, position, Settled(Fate.FAILED, "runner_died"))
            return
        for attempt in range(TRIES):
            if attempt:
                self.pause(0.2 * 2**attempt)
            try:
                self._write(batch, position, self._acted(batch, position, chosen))
            except RetryableError as failed:
                self.telemetry.warn("an operation's act is tried again", operation=batch.id, error=str(failed))
            else:
                return
        self._write(batch, position, Settled(Fate.FAILED, "unavailable"))

    def _write(self, batch: Batch, position: int, settled: Settled | None) -> None:
        if settled is not None and not self.batches.settle(batch, position, settled, self.clock()):
            self.telemetry.info("the fate was written before", operation=batch.id)

    def _acted(self, batch: Batch, position: int, chosen: Chosen) -> Settled | None:
        """None where the fate was written with the act."""
        operate = OperateSagas(self.acting(batch, position), self.clock, self.rules_of, self.telemetry)
        try:
            return _settled(operate.perform(asked_of(batch, position, chosen)))
        except (RetryableError, NotMine):
            raise
        except Exception as bug:  # noqa: BLE001 - the boundary: one saga must not end the batch of all others
            failure = unexpected(bug)
            self.telemetry.warn("an operation met a defect", operation=batch.id, error=failure.detail)
            return Settled(Fate.FAILED, failure.reason)


def asked_of(batch: Batch, position: int, chosen: Chosen) -> Asked:
    """As if whoever began the batch had asked for this one saga, on the version that was seen."""
    by = batch.started or batch.prepared
    return Asked(
        hand=Hand(actor=by.actor, role=by.role, door=by.door, key=item_key(batch, position), reason=by.reason),
        execution_id=chosen.execution_id,
        saga_name=chosen.saga_name,
        deed=batch.deed,
        step=chosen.step if batch.of == "parked" else None,
        version=chosen.version,
        created=chosen.created,
        operation=batch.id,
    )


def _settled(answer: Answer) -> Settled | None:
    match answer.answered:
        case Answered.DONE:
            return None
        case Answered.REPLAYED:
            # A runner before this one, whose answer was lost: act and fate stand, and are not written again.
            return Settled(Fate.DONE)
        case Answered.CHANGED:
            return Settled(Fate.CHANGED, "changed")
        case Answered.UNKNOWN:
            return Settled(Fate.CHANGED, "vanished")
        case Answered.REFUSED:
            return Settled(Fate.REFUSED, str(answer.code or "refused"))
        case _:
            return Settled(Fate.REFUSED, str(answer.answered))
