"""What somebody puts in the place of a limit's setting: judged in a fixed order, written in one transaction with its
act, and in force at the next check.
"""

from dataclasses import dataclass, replace
from typing import Final, Protocol

from saga_orchestrator.application.judging import (
    Answered,
    Hand,
    Written,
    answer_again,
    is_as_seen,
    refused_unread,
    tell,
)
from saga_orchestrator.application.ports import Clock, Reporting
from saga_orchestrator.domain.counters import Override
from saga_orchestrator.domain.errors import RetryableError
from saga_orchestrator.domain.operating.acts import Act, ActKey
from saga_orchestrator.domain.operating.other_targets import OTHER_DEMANDS, LimitDeed
from saga_orchestrator.domain.policy import MOST_SLOTS, Policy, Without, names_a_resource

ALL: Final = "all"
"""In the place of a language: every one that was ever limited. No language may be called so and be meant alone."""
LONGEST_MS: Final = 400 * 86_400_000
UNLIMITED: Final = "unlimited"
CLOSED_BY_SETTING: Final = "closed_by_setting"
NO_OVERRIDE: Final = "no_override"
_LOOKS: Final = 4


@dataclass(frozen=True, slots=True)
class Standing:
    """`limit` is the one in force; over all there is none."""

    language: str
    version: int
    override: Override | None
    limit: int | None


class LimitStore(Protocol):
    def standing(self, language: str) -> Standing | None:
        """Strongly consistent; None where the language was never limited."""

    def find(self, act_id: ActKey) -> Act | None: ...

    def override(self, standing: Standing, override: Override | None, act: Act) -> Written:
        """Put it there, or take away what is there, together with the act: only as it was looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wished:
    """`version` and `seen` are the ETag's: how often it was overridden, and the limit that was in force."""

    hand: Hand
    language: str
    deed: LimitDeed
    limit: int | None = None
    until: int | None = None
    version: int | None = None
    seen: int | None = None

    @property
    def target(self) -> str:
        return f"slots:{self.language}"

    @property
    def act_key(self) -> ActKey:
        return self.hand.key_on(self.target)

    def act(self, now: int, version: int) -> Act:
        act = self.hand.act_on(self.target, self.deed, now, {"limit": self.limit, "until": self.until})
        return replace(act, result=Answered.DONE, version_before=version, version_after=version + 1)


@dataclass(frozen=True, slots=True)
class Granted:
    """`standing` is as it is now."""

    answered: Answered
    standing: Standing | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class OverrideLimits:
    store: LimitStore
    clock: Clock
    policy: Policy
    telemetry: Reporting

    def perform(self, wished: Wished) -> Granted:
        """Do it, or say why not. Whoever is refused leaves nothing behind but a log line and a count.

        Raises:
            RetryableError: AWS failed in a way that may pass; the same key may be sent again.
        """
        granted = self._shape(wished) or self._judged(wished)
        tell(self.telemetry, wished.deed, wished.hand, granted.answered, granted.code)
        return granted

    @staticmethod
    def _shape(wished: Wished) -> Granted | None:
        refusal = refused_unread(
            wished.hand,
            OTHER_DEMANDS[wished.deed],
            wished.act_key,
            version=wished.version,
            named=names_a_resource(wished.language),
            problem=_problem(wished),
        )
        return Granted(refusal.answered, code=refusal.code) if refusal is not None else None

    def _judged(self, wished: Wished) -> Granted:
        for _ in range(_LOOKS):
            standing = self.store.standing(wished.language)
            if standing is None:
                return Granted(Answered.UNKNOWN)
            known = self.store.find(wished.act_key)
            if known is not None:
                answered = answer_again(known, wished.act(known.at, standing.version))
                return Granted(answered, standing if answered.is_done else None)
            if not is_as_seen((wished.version, wished.seen), (standing.version, standing.limit or 0)):
                return Granted(Answered.CHANGED, standing)
            if refused := self._refused(wished, standing):
                return refused
            now = self.clock()
            override = _override_of(wished, now)
            match self.store.override(standing, override, wished.act(now, standing.version)):
                case Written.DONE:
                    done = replace(standing, version=standing.version + 1, override=override)
                    return Granted(Answered.DONE, done)
                case _:
                    continue  # by the same request a moment ago, or by somebody else: it is looked at again
        msg = "somebody else was faster each time"
        raise RetryableError(msg)

    def _refused(self, wished: Wished, standing: Standing) -> Granted | None:
        now = self.clock()
        if wished.until is not None and not now < wished.until <= now + LONGEST_MS:
            return Granted(Answered.MALFORMED, code="until is an instant to come, within 400 days")
        setting = self.policy.limit_of(wished.language) if wished.language != ALL else None
        if setting is Without.CLOSED:
            return Granted(Answered.REFUSED, standing, CLOSED_BY_SETTING)
        if setting is Without.UNLIMITED:
            return Granted(Answered.REFUSED, standing, UNLIMITED)
        if wished.deed is LimitDeed.OPEN and standing.override is None:
            return Granted(Answered.REFUSED, standing, NO_OVERRIDE)
        return None


def _problem(wished: Wished) -> str | None:
    """Of the numbers alone, which a key seen before has been asked about already: time passes meanwhile."""
    if wished.deed is LimitDeed.OVERRIDE and (wished.limit is None or wished.until is None):
        return "an override needs a limit and an instant until which it stands"
    if wished.limit is not None and not 1 <= wished.limit <= MOST_SLOTS:
        return f"a limit is a whole number from 1 to {MOST_SLOTS}; close takes all new work away"
    return None


def _override_of(wished: Wished, now: int) -> Override | None:
    match wished.deed:
        case LimitDeed.OPEN:
            return None
        case LimitDeed.CLOSE:
            limit = 0
        case _:
            limit = wished.limit or 0
    return Override(limit, now, wished.until, wished.hand.actor, wished.hand.reason)
