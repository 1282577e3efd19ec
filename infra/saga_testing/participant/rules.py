"""The contract's rules, each played against a participant that can be called."""

from collections import Counter
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

Json = dict[str, Any]

NOW: Final = datetime(2026, 11, 28, 10, 0, tzinfo=UTC)
OPERATION: Final = "proof_saga:k-1:reserve"


class Takes(Protocol):
    def __call__(self, message: Json, now: datetime, /) -> Json | None:
        """The reply to a message, or None: it stays silent."""


@dataclass
class Business:
    """What the participant does for its living, as the rules see it: what is in force, and what comes of the next."""

    in_force: Counter[str] = field(default_factory=Counter)
    next_outcome: str = "done"

    def do(self, message: Json) -> str:
        if self.next_outcome == "done":
            self.in_force[message["operation_id"]] += 1
        return self.next_outcome

    def take_back(self, message: Json) -> str:
        if self.next_outcome == "done":
            self.in_force[message["operation_id"]] = 0
        return self.next_outcome


Makes = Callable[[Business, MutableMapping[str, str]], Takes]
"""A participant on that business, with that memory: made anew, it is the same one after a restart."""


@dataclass
class Play:
    """One rule's play, with a participant that has heard nothing before."""

    makes: Makes
    business: Business = field(default_factory=Business)
    memory: dict[str, str] = field(default_factory=dict)
    takes: Takes = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        self.takes = self.makes(self.business, self.memory)

    def asks(self, attempt: int = 1, *, late: bool = False, comes: str = "done") -> str | None:
        """A command; `comes` of it what the business says. Returns the outcome that is answered."""
        return self._sent(f"{OPERATION.rpartition(':')[0]}:reserve#{attempt}", {}, late=late, comes=comes)

    def undoes(self, attempt: int = 1, *, comes: str = "done") -> str | None:
        of = {"undoes": [f"{OPERATION.rpartition(':')[0]}:reserve#1"]}
        return self._sent(f"{OPERATION.rpartition(':')[0]}:release#{attempt}", of, late=False, comes=comes)

    def _sent(self, message_id: str, fields: Json, *, late: bool, comes: str) -> str | None:
        self.business.next_outcome = comes
        expires = NOW - timedelta(seconds=1) if late else NOW + timedelta(seconds=30)
        message = {
            "message_id": message_id,
            "operation_id": OPERATION,
            "attempt": int(message_id.rpartition("#")[2]),
            "expires_at": expires.isoformat(),
            **fields,
        }
        reply = self.takes(message, NOW)
        return str(reply["outcome"]) if reply is not None and reply["in_reply_to"] == message_id else None

    @property
    def effects(self) -> int:
        return self.business.in_force[OPERATION]


def one_effect_an_operation(play: Play) -> bool:
    """1. One effect for each operation, however many attempts arrive."""
    play.asks(1)
    play.asks(2)
    play.asks(1)
    return play.effects == 1


def the_same_answer_to_the_same_message(play: Play) -> bool:
    """2. Every message is answered, and one that comes again gets the same answer."""
    return (play.asks(1, comes="failed"), play.asks(1), play.effects) == ("failed", "failed", 0)


def the_same_outcome_for_every_attempt(play: Play) -> bool:
    """3. Every attempt of an operation gets the same done or refused, once there is one."""
    return (play.asks(1, comes="refused"), play.asks(2), play.effects) == ("refused", "refused", 0)


def nothing_is_begun_too_late(play: Play) -> bool:
    """4. Nothing is begun after `expires_at`: it is answered failed, or not at all."""
    return play.asks(1, late=True) in {"failed", None} and play.effects == 0


def an_undo_takes_back(play: Play) -> bool:
    """5. An undo takes back whatever any attempt has done; it is done once nothing of it is left, and not before."""
    play.asks(1)
    not_yet = (play.undoes(1, comes="failed"), play.effects) == ("failed", 1)
    return not_yet and (play.undoes(2), play.effects) == ("done", 0)


def the_undo_of_what_is_not_known_is_done(play: Play) -> bool:
    """6. The undo of an operation that is not known is done, too."""
    return play.undoes(1) == "done"


def an_undo_bars(play: Play) -> bool:
    """7. From its undo on an operation is barred: a command that arrives later is refused."""
    play.undoes(1)
    return play.asks(1) == "refused" and play.effects == 0


def a_restart_forgets_nothing(play: Play) -> bool:
    """8. What was done, answered and barred is remembered over a restart."""
    play.asks(1)
    play.restart()
    return (play.asks(1, comes="refused"), play.asks(2, comes="refused")) == ("done", "done")


RULES: Final = (
    one_effect_an_operation,
    the_same_answer_to_the_same_message,
    the_same_outcome_for_every_attempt,
    nothing_is_begun_too_late,
    an_undo_takes_back,
    the_undo_of_what_is_not_known_is_done,
    an_undo_bars,
    a_restart_forgets_nothing,
)


def broken_rules(makes: Makes) -> list[str]:
    """The rules that the participant does not keep, in the contract's words."""
    return [str(rule.__doc__) for rule in RULES if not rule(Play(makes))]
