"""The oracles by id: what is checked, when, and in one sentence why a world that breaks it is wrong."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeVar


class When(StrEnum):
    WRITE = "after each write of a saga"
    EITHER = "after each write of a saga, of one that waits as well"
    COMMIT = "after each committed call"
    PUBLISHED = "after each accepted message"
    ACKNOWLEDGED = "when an event is acknowledged"
    RELAYED = "when a stream record is acknowledged"
    REJECTED = "when an event is set aside"
    RETURNED = "when an invocation ends"
    APPLIED = "when an event function returns"
    CHECKED = "when the checker answers"
    SWEPT = "when a run of the checker that met no fault ends"
    SETTLED = "when an operator has settled a rejected event"
    SET_ASIDE = "when the item of a rejected event is written"
    LISTED = "when nobody works at the list of rejected events any more"
    WAITING = "after each write of a saga that waits"
    WAITING_END = "of sagas that wait, when the world has come to rest"
    ACTED = "after each call of the API that may have changed something, and at rest"
    LIMITED = "after each write of what stands in the place of a limit, or of a limit in force"
    OVERRIDDEN = "after each call of the API that may have changed something, where limits are overridden"
    OPERATED = "after each call of the API or of the runner, where there are operations"
    ANSWERED = "when an operator has an answer of the API"
    END = "when the world has come to rest"


@dataclass(frozen=True, slots=True)
class Oracle:
    """`check` returns what is wrong, None when it looked and all is right, or `UNCONCERNED`."""

    id: str
    when: When
    description: str
    check: Callable[..., str | None]


REPORTED: Final = {
    "S19": "a batch's answer names records of that batch, and acknowledges none after a failed one",
    "S5c": "a message stands on the topic that was configured, under its execution's key",
    "L5": "reconcile finds nothing in what functions wrote, and repairs what is corrupted in one pass",
    "S22": "the relay reports a record with a message key of newer code, and never skips it",
}
"""Checked by the event sources, the topic and the operator, as they alone see answers, keys and the whole table."""

UNCONCERNED: Final = ""
"""What an oracle answers when the facts are none that it judges: asked, and without a say."""

ORACLES: Final[dict[When, list[Oracle]]] = {when: [] for when in When}

Check = TypeVar("Check", bound=Callable[..., str | None])


def oracle(identity: str, when: When, description: str) -> Callable[[Check], Check]:
    def register(check: Check) -> Check:
        ORACLES[when].append(Oracle(identity, when, description, check))
        return check

    return register


class Judge:
    """Runs the oracles of one world and keeps what they found."""

    def __init__(self, describe: Callable[[], str]) -> None:
        self.violations: list[tuple[str, str]] = []
        self.checked: Counter[str] = Counter()
        self.concerned: Counter[str] = Counter()
        """How often each oracle passed its guard, and could have found something."""
        self._describe = describe

    def judge(self, when: When, *facts: Any) -> None:
        for each in ORACLES[when]:
            self.checked[each.id] += 1
            wrong = each.check(*facts)
            self.concerned[each.id] += wrong != UNCONCERNED
            if wrong and len(self.violations) < 5:
                self.violations.append((each.id, f"{self._describe()} {wrong}"))

    def ask(self, identity: str) -> None:
        """Count a check that an event source makes itself."""
        self.checked[identity] += 1
        self.concerned[identity] += 1

    def fail(self, identity: str, wrong: str) -> None:
        self.violations.append((identity, f"{self._describe()} {wrong}"))
