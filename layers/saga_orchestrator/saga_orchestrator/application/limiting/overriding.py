"""What somebody puts in the place of a limit's setting: judged in a fixed order, written in one transaction with its
act, and in force at the next check.
"""

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, Protocol

from saga_orchestrator.application.operate import Answered
from saga_orchestrator.application.ports import Clock, Reporting
from saga_orchestrator.domain.counters import Override
from saga_orchestrator.domain.errors import RetryableError
from saga_orchestrator.domain.operating.acts import Act, ActKey, Door, Role, digest, problem_of
from saga_orchestrator.domain.operating.other_targets import OTHER_DEMANDS, LimitDeed
from saga_orchestrator.domain.policy import Policy, Without

ALL: Final = "all"
"""In the place of a language: every one that was ever limited. No language may be called so and be meant alone."""
MOST: Final = 9_999_999
LONGEST_MS: Final = 400 * 86_400_000
UNLIMITED: Final = "unlimited"
CLOSED_BY_SETTING: Final = "closed_by_setting"
NO_OVERRIDE: Final = "no_override"

_LANGUAGE: Final = re.compile(r"[a-z0-9][a-z0-9+._-]{0,31}", re.ASCII)
_LOOKS: Final = 4


class Overridden(StrEnum):
    DONE = "done"
    ACTED = "acted"
    """An act stands under that key already: nothing was written."""
    CHANGED = "changed"
    """Somebody else was faster: nothing was written."""


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

    def override(self, standing: Standing, override: Override | None, act: Act) -> Overridden:
        """Put it there, or take away what is there, together with the act: only as it was looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wished:
    """`version` and `seen` are the ETag's: how often it was overridden, and the limit that was in force."""

    language: str
    deed: LimitDeed
    actor: str
    role: Role
    door: Door
    key: str
    reason: str = ""
    limit: int | None = None
    until: int | None = None
    version: int | None = None
    seen: int | None = None

    @property
    def act_key(self) -> ActKey:
        return ActKey(target=f"slots:{self.language}", actor=self.actor, key=self.key)

    def act(self, now: int, version: int) -> Act:
        return Act(
            id=self.act_key,
            verb=self.deed,
            arguments=digest({"limit": self.limit, "until": self.until, "reason": self.reason}),
            door=self.door,
            role=self.role,
            at=now,
            reason=self.reason,
            result=Answered.DONE,
            version_before=version,
            version_after=version + 1,
        )


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
        done = granted.answered in {Answered.DONE, Answered.REPLAYED}
        self.telemetry.count("ActsDone" if done else "ActsRefused")
        tell = self.telemetry.info if done else self.telemetry.warn
        tell("act", verb=wished.deed, door=wished.door, role=wished.role, answered=granted.answered, code=granted.code)
        return granted

    def _shape(self, wished: Wished) -> Granted | None:
        demands = OTHER_DEMANDS[wished.deed]
        if wished.role not in demands.roles:
            return Granted(Answered.FORBIDDEN)
        if not _LANGUAGE.fullmatch(wished.language):
            return Granted(Answered.UNKNOWN)
        if problem := problem_of(wished.act_key, wished.reason) or self._problem(wished):
            return Granted(Answered.MALFORMED, code=problem)
        if demands.reason and not wished.reason.strip():
            return Granted(Answered.MALFORMED, code="a reason is needed")
        if demands.version and wished.version is None:
            return Granted(Answered.VERSION_NEEDED)
        return None

    def _problem(self, wished: Wished) -> str | None:
        """Of the numbers alone, which a key seen before has been asked about already: time passes meanwhile."""
        if wished.deed is LimitDeed.OVERRIDE and (wished.limit is None or wished.until is None):
            return "an override needs a limit and an instant until which it stands"
        if wished.limit is not None and not 1 <= wished.limit <= MOST:
            return f"a limit is a whole number from 1 to {MOST}; close takes all new work away"
        return None

    def _judged(self, wished: Wished) -> Granted:
        for _ in range(_LOOKS):
            standing = self.store.standing(wished.language)
            if standing is None:
                return Granted(Answered.UNKNOWN)
            known = self.store.find(wished.act_key)
            if known is not None:
                same = known.is_same_as(wished.act(known.at, standing.version))
                return Granted(Answered.REPLAYED if same else Answered.KEY_REUSED, standing if same else None)
            if wished.version != standing.version or wished.seen not in {None, standing.limit or 0}:
                return Granted(Answered.CHANGED, standing)
            if refused := self._refused(wished, standing):
                return refused
            now = self.clock()
            override = _override_of(wished, now)
            match self.store.override(standing, override, wished.act(now, standing.version)):
                case Overridden.DONE:
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


def _override_of(wished: Wished, now: int) -> Override | None:
    match wished.deed:
        case LimitDeed.OPEN:
            return None
        case LimitDeed.CLOSE:
            limit = 0
        case _:
            limit = wished.limit or 0
    return Override(limit, now, wished.until, wished.actor, wished.reason)
