"""What one saga has emitted is published again, for somebody: its act is written before the relays are called, its
result after.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Protocol

from saga_orchestrator.application.judging import Answered, Hand, answer_again, is_as_seen, refused_unread, tell
from saga_orchestrator.application.ports import Clock, Reporting
from saga_orchestrator.domain.operating.acts import Act, ActKey, names_a_saga, saga_target
from saga_orchestrator.domain.operating.other_targets import OTHER_DEMANDS, REPUBLISH
from saga_orchestrator.domain.saga import Saga

from .republishing import FunctionFailedError, Relays, Republished
from .results import FUNCTION_FAILED, result_key

DONE: Final = "republished"
_NOTHING: Final = Republished((), ())


class EmittedStore(Protocol):
    """Sagas, and the acts on them."""

    def get(self, execution_id: str, saga_name: str) -> Saga | None: ...

    def find(self, act_id: ActKey) -> Act | None: ...

    def record(self, act: Act) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Emission:
    """Whose messages, and who wants them sent."""

    hand: Hand
    execution_id: str
    saga_name: str
    version: int | None = None
    created: int | None = None

    @property
    def target(self) -> str:
        return saga_target(self.saga_name, self.execution_id)

    @property
    def act_key(self) -> ActKey:
        return self.hand.key_on(self.target)

    def act(self, saga: Saga, now: int) -> Act:
        act = self.hand.act_on(self.target, REPUBLISH, now)
        return replace(act, version_before=saga.version, version_after=saga.version)


@dataclass(frozen=True, slots=True)
class Emitted:
    """`done` is what the relays said; of a repetition nothing is known but that it was done."""

    answered: Answered
    saga: Saga | None = None
    code: str | None = None
    done: Republished = _NOTHING


@dataclass(frozen=True, slots=True)
class RepublishDesk:
    store: EmittedStore
    relays: Callable[[], Relays]
    clock: Clock
    telemetry: Reporting

    def perform(self, wanted: Emission) -> Emitted:
        """Do it, or say why not. Sending again is harmless: consumers know the messages by their ids.

        Raises:
            RetryableError: AWS failed in a way that may pass; the same key may be sent again.
        """
        emitted = self._shape(wanted) or self._judged(wanted)
        tell(self.telemetry, REPUBLISH, wanted.hand, emitted.answered, emitted.code)
        return emitted

    @staticmethod
    def _shape(wanted: Emission) -> Emitted | None:
        demands, named = OTHER_DEMANDS[REPUBLISH], names_a_saga(wanted.saga_name, wanted.execution_id)
        refusal = refused_unread(wanted.hand, demands, wanted.act_key, version=wanted.version, named=named)
        return Emitted(refusal.answered, code=refusal.code) if refusal is not None else None

    def _judged(self, wanted: Emission) -> Emitted:
        saga = self.store.get(wanted.execution_id, wanted.saga_name)
        if saga is None:
            return Emitted(Answered.UNKNOWN)
        act, known = wanted.act(saga, self.clock()), self.store.find(wanted.act_key)
        if known is not None and not answer_again(known, act).is_done:
            return Emitted(Answered.KEY_REUSED)
        result = replace(act, id=result_key(act.id), result=DONE)
        if known is not None and self.store.find(result.id) is not None:
            return Emitted(Answered.REPLAYED, saga)
        if known is None and not is_as_seen((wanted.version, wanted.created), (saga.version, saga.created_at)):
            return Emitted(Answered.CHANGED, saga)
        return self._sent(wanted, saga, act, result)

    def _sent(self, wanted: Emission, saga: Saga, act: Act, result: Act) -> Emitted:
        if not self.store.record(act):
            # By the same request, a moment ago or at this moment; another meaning of the key is told as that.
            known = self.store.find(wanted.act_key)
            if known is None or not known.is_same_as(act):
                return Emitted(Answered.KEY_REUSED)
        try:
            done = self.relays().republished([(wanted.execution_id, wanted.saga_name)])
        except FunctionFailedError:
            # No result: the same key does it again.
            return Emitted(Answered.REFUSED, saga, FUNCTION_FAILED)
        self.store.record(replace(result, at=self.clock()))
        return Emitted(Answered.DONE, saga, done=done)
