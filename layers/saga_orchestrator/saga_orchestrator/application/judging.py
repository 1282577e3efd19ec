"""What every desk asks of everybody who acts, and the words in which it is answered.

The order is the same at all of them: may his role, can it be done as it is asked, what it is about (read so that nobody
was faster) and whether he may see that, what his key stands for already, whether it is still as he saw it, and last
what the thing itself allows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from saga_orchestrator.domain.operating.acts import Act, ActKey, Door, Role, digest, problem_of
from saga_orchestrator.domain.operating.authority import Demands

from .ports import Reporting

NO_REASON: Final = "a reason is needed"


class Answered(StrEnum):
    """What somebody who acts is told."""

    DONE = "done"
    REPLAYED = "replayed"
    """It was done before, under this key: nothing was done now."""
    FORBIDDEN = "forbidden"
    MALFORMED = "malformed"
    VERSION_NEEDED = "version_needed"
    UNKNOWN = "unknown"
    KEY_REUSED = "key_reused"
    """The key stands for something else that the same actor did to the same thing."""
    CHANGED = "changed"
    """It is not as it was when he decided."""
    REFUSED = "refused"
    """It is as it must not be; a code says how."""

    @property
    def is_done(self) -> bool:
        """What was asked for is so, by now or from before."""
        return self in {Answered.DONE, Answered.REPLAYED}


class Written(StrEnum):
    """What came of a transaction of an act and what it changes."""

    DONE = "done"
    ACTED = "acted"
    """An act stands under that key already: nothing was written."""
    CHANGED = "changed"
    """It is not as it was looked at: nothing was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """Who acts, by which door, under which key, and why."""

    actor: str
    role: Role
    door: Door
    key: str
    reason: str = ""

    def key_on(self, target: str) -> ActKey:
        return ActKey(target=target, actor=self.actor, key=self.key)

    def act_on(self, target: str, verb: str, at: int, arguments: Mapping[str, Any] | None = None) -> Act:
        """The act as it is recorded, without what came of it. `at` is epoch milliseconds."""
        return Act(
            id=self.key_on(target),
            verb=verb,
            arguments=digest({**(arguments or {}), "reason": self.reason}),
            door=self.door,
            role=self.role,
            at=at,
            reason=self.reason,
        )


@dataclass(frozen=True, slots=True)
class Refusal:
    """Before anything was read."""

    answered: Answered
    code: str | None = None


def refused_unread(
    hand: Hand, demands: Demands, act_key: ActKey, *, version: object, named: bool = True, problem: str | None = None
) -> Refusal | None:
    """Why this is not even looked up; None where it is.

    Args:
        version: what he says that he saw; None where he says nothing.
        named: whether its name can be one at all. What cannot is as unknown as what is not there.
        problem: what else is wrong with what is asked for.
    """
    if hand.role not in demands.roles:
        return Refusal(Answered.FORBIDDEN)
    if not named:
        return Refusal(Answered.UNKNOWN)
    malformed = problem_of(act_key, hand.reason)
    if malformed is None and demands.reason and not hand.reason.strip():
        malformed = NO_REASON
    if malformed := malformed or problem:
        return Refusal(Answered.MALFORMED, malformed)
    if demands.version and version is None:
        return Refusal(Answered.VERSION_NEEDED)
    return None


def answer_again(known: Act, asked: Act) -> Answered:
    """Of a key that stands for something: for this, or for something else."""
    return Answered.REPLAYED if known.is_same_as(asked) else Answered.KEY_REUSED


def is_as_seen(seen: tuple[int | None, int | None], now: tuple[int, int]) -> bool:
    """Version and beginning, as far as he says what he saw."""
    return all(said in {None, is_now} for said, is_now in zip(seen, now, strict=True))


def tell(telemetry: Reporting, verb: str, hand: Hand, answered: Answered, code: str | None, **about: str) -> None:
    """Whoever is refused leaves nothing behind but this line and a count."""
    telemetry.count("ActsDone" if answered.is_done else "ActsRefused")
    say = telemetry.info if answered.is_done else telemetry.warn
    say("act", verb=verb, door=hand.door, role=hand.role, answered=answered, code=code, **about)
