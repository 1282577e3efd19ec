"""What somebody does with one rejected event: judged in a fixed order; its act is written first, its result after."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Protocol

from saga_orchestrator.application.judging import Answered, Hand, Written, is_as_seen, refused_unread, tell
from saga_orchestrator.application.ports import Clock, Reporting
from saga_orchestrator.domain.errors import RetryableError
from saga_orchestrator.domain.operating.acts import Act, ActKey
from saga_orchestrator.domain.operating.other_targets import OTHER_DEMANDS, EventDeed, rejected_target

from .kept import Kept, NotRedrivableError
from .redriving import Delivery, Fate, Redriving
from .republishing import FunctionFailedError
from .results import FUNCTION_FAILED, result_key

DROPPED: Final = "dropped"
_LOOKS: Final = 4


class EventStore(Protocol):
    """Rejected events, and the acts on them."""

    def find_event(self, identifier: str) -> Kept | None:
        """One, settled or not, strongly consistent."""

    def settle(self, kept: Kept, state: str, act: Act) -> Written:
        """Take it off the list, in one transaction with the act: only as it was looked at. What has come again, or
        is settled, has changed.
        """

    def find(self, act_id: ActKey) -> Act | None: ...

    def put(self, act: Act) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """`version` is the one that was looked at, and `since` when it came first, where somebody says."""

    hand: Hand
    id: str
    deed: EventDeed
    version: int | None = None
    since: int | None = None

    @property
    def act_key(self) -> ActKey:
        return self.hand.key_on(rejected_target(self.id))

    @property
    def result_key(self) -> ActKey:
        return result_key(self.act_key)

    def act(self, now: int, result: str = "") -> Act:
        return replace(self.hand.act_on(rejected_target(self.id), self.deed, now), result=result)

    def came_of(self, act: Act, fate: Fate, now: int) -> Act:
        return replace(act, id=self.result_key, result=fate, at=now)


@dataclass(frozen=True, slots=True)
class Handled:
    """`kept` is as it is now; of a redrive `fate` says what came of it."""

    answered: Answered
    kept: Kept | None = None
    code: str | None = None
    fate: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class RejectedDesk:
    """`redriving` is asked for only where something is redriven."""

    store: EventStore
    redriving: Callable[[], Redriving]
    clock: Clock
    telemetry: Reporting

    def perform(self, ordered: Ordered) -> Handled:
        """Do it, or say why not. Whoever is refused leaves nothing behind but a log line and a count.

        Raises:
            RetryableError: AWS failed in a way that may pass; the same key may be sent again.
        """
        handled = self._shape(ordered) or self._judged(ordered)
        tell(self.telemetry, ordered.deed, ordered.hand, handled.answered, handled.code)
        return handled

    @staticmethod
    def _shape(ordered: Ordered) -> Handled | None:
        refusal = refused_unread(ordered.hand, OTHER_DEMANDS[ordered.deed], ordered.act_key, version=ordered.version)
        return Handled(refusal.answered, code=refusal.code) if refusal is not None else None

    def _judged(self, ordered: Ordered) -> Handled:
        for _ in range(_LOOKS):
            kept = self.store.find_event(ordered.id)
            if kept is None:
                return Handled(Answered.UNKNOWN)
            known = self.store.find(ordered.act_key)
            if known is not None and not known.is_same_as(ordered.act(known.at)):
                return Handled(Answered.KEY_REUSED)
            if known is not None and (result := self._result_of(ordered, known)):
                return Handled(Answered.REPLAYED, kept, fate=result)
            seen = is_as_seen((ordered.version, ordered.since), (kept.version, kept.first_at))
            if known is None and not seen:
                return Handled(Answered.CHANGED, kept)
            handled = self._dropped(ordered, kept) if ordered.deed is EventDeed.DROP else self._sent(ordered, kept)
            if handled is not None:
                return handled
        msg = f"it came again each of {_LOOKS} times that it was looked at"
        raise RetryableError(msg)

    def _result_of(self, ordered: Ordered, known: Act) -> str:
        """Empty while nobody knows: whoever called the function died, or has not come back."""
        if known.result:
            return known.result
        after = self.store.find(ordered.result_key)
        return after.result if after is not None else ""

    def _dropped(self, ordered: Ordered, kept: Kept) -> Handled | None:
        """None where it must be looked at again."""
        if refused := _settled(kept):
            return refused
        match self.store.settle(kept, DROPPED, ordered.act(self.clock(), DROPPED)):
            case Written.DONE:
                return Handled(Answered.DONE, replace(kept, state=DROPPED), fate=DROPPED)
            case _:
                return None

    def _sent(self, ordered: Ordered, kept: Kept) -> Handled | None:
        if refused := _settled(kept):
            return refused
        try:
            delivery = self.redriving().prepared(kept)
        except NotRedrivableError as hopeless:
            return Handled(Answered.REFUSED, kept, hopeless.code, Fate.FAILED, str(hopeless))
        act = ordered.act(self.clock())
        if not self.store.put(act) and not self._is_ours(ordered, act):
            return Handled(Answered.KEY_REUSED)
        try:
            fate = self._delivered(ordered, act, kept, delivery)
        except FunctionFailedError as failed:
            # No result: the same key does it again, and whatever has been done then is a duplicate.
            return Handled(Answered.REFUSED, kept, FUNCTION_FAILED, Fate.FAILED, str(failed))
        return Handled(Answered.DONE, self.store.find_event(ordered.id) or kept, fate=fate)

    def _is_ours(self, ordered: Ordered, act: Act) -> bool:
        """The same request, a moment ago or at this moment: doing it twice does no harm."""
        known = self.store.find(ordered.act_key)
        return known is not None and known.is_same_as(act)

    def _delivered(self, ordered: Ordered, act: Act, kept: Kept, delivery: Delivery) -> Fate:
        accepted = self.redriving().deliver(delivery)
        now = self.store.find_event(kept.id)
        if accepted and (now is None or now.copies == kept.copies):
            done = ordered.came_of(act, Fate.DONE, self.clock())
            if self.store.settle(kept, Fate.DONE, done) is not Written.CHANGED:
                return Fate.DONE
            now = self.store.find_event(kept.id)
        # Another one may have been faster with the same event: then it took effect, whoever settled it.
        fate = Fate.DONE if now is not None and now.state == Fate.DONE else Fate.REJECTED_AGAIN
        self.store.put(ordered.came_of(act, fate, self.clock()))
        return fate


def _settled(kept: Kept) -> Handled | None:
    """What is settled stays so until it comes again."""
    if kept.state == "open":
        return None
    code = f"already_{kept.state}" if kept.state in {DROPPED, Fate.DONE} else "already_settled"
    return Handled(Answered.REFUSED, kept, code)
