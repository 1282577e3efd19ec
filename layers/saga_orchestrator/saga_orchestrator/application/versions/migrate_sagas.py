"""Moving running sagas to a newer version of their definition: one at a time, each by one write on what was judged."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from saga_orchestrator.application.apply_event import MAX_ATTEMPTS
from saga_orchestrator.application.operate import Acted
from saga_orchestrator.application.ports import Clock, LostRace, NoRoom, Outcome, Stored
from saga_orchestrator.domain.definition import SagaDefinition
from saga_orchestrator.domain.operating.acts import Act
from saga_orchestrator.domain.registry import SagaRegistry
from saga_orchestrator.domain.saga import Claim, Saga
from saga_orchestrator.domain.versions.emitting import Move
from saga_orchestrator.domain.versions.moving import Refusal, moved, refusal_of


class Became(StrEnum):
    """What became of a saga that was to be moved."""

    MOVED = "moved"
    REFUSED = "refused"
    """It cannot go on under the new version; nothing was written."""
    GONE = "gone"
    """There is no such saga, or no more."""
    BUSY = "busy"
    """Others wrote it all the time: the same again may well succeed."""


@dataclass(frozen=True, slots=True)
class Moved:
    became: Became
    saga: Saga | None = None
    """As it was judged last."""
    refusal: Refusal | None = None


class MovingStore(Protocol):
    """Sagas, written together with the act that says who did it, and why."""

    def get(self, execution_id: str, saga_name: str) -> Saga | None:
        """The saga, strongly consistent."""

    def replace(self, old: Saga, new: Saga, claims: str | None, releases: Claim | None, act: Act) -> Outcome | Acted:
        """Write saga and act if `old` is still the stored version, or neither."""


@dataclass(frozen=True, slots=True)
class MigrateSagas:
    """To one version of one definition. `sagas` has that version and the ones that are left."""

    store: MovingStore
    sagas: SagaRegistry
    to: SagaDefinition
    clock: Clock

    def move(self, execution_id: str, act: Act) -> Moved:
        """Judge what is stored, and write on exactly that; whoever lost the race judges what won it.

        Raises:
            RejectedEvent: the stored saga cannot be read, or AWS will never take the write. It is this saga's alone.
            RetryableError: AWS failed in a way that may pass.
        """
        saga = self.store.get(execution_id, self.to.name)
        for _ in range(MAX_ATTEMPTS):
            if saga is None:
                return Moved(Became.GONE)
            refusal = refusal_of(saga, self.to, self.sagas)
            if refusal is not None:
                return Moved(Became.REFUSED, saga, refusal)
            now = self.clock()
            move = Move(saga.definition_version, saga.definition_hash, self.to.version, _short(act))
            new = moved(saga, self.to, move, now)
            told = replace(act, at=now, version_before=saga.version, version_after=new.version)
            match self.store.replace(saga, new, None, None, told):
                case Stored() | Acted():
                    # The act is this call's alone: where it stands, an earlier try of this write has come through.
                    return Moved(Became.MOVED, saga)
                case LostRace(current=current):
                    saga = current
                case NoRoom():
                    msg = "a move takes no slot"
                    raise TypeError(msg)
        return Moved(Became.BUSY, saga)


def _short(act: Act) -> str:
    return act.id.event_id.removeprefix("act:")
