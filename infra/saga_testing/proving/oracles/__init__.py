"""What must hold for any saga, after each thing that happens. Each says what is wrong, or nothing.

They go by what was sent and what was answered, never by the saga's own ledger alone: the ledger is what is judged.
"""

from collections.abc import Callable

from saga_testing.proving.oracles.answers import ANSWERS
from saga_testing.proving.oracles.attempts import ATTEMPTS
from saga_testing.proving.oracles.effects import EFFECTS
from saga_testing.proving.oracles.endings import ENDINGS
from saga_testing.proving.oracles.messages import MESSAGES
from saga_testing.proving.oracles.order import ORDER
from saga_testing.proving.oracles.undos import UNDOS
from saga_testing.proving.situation import Played
from saga_testing.proving.subject import Subject

Oracle = Callable[[Subject, Played], str | None]

# The most telling first: a lost undo is also something that is held by nobody, and says less of itself.
ORACLES: tuple[Oracle, ...] = (*ANSWERS, *ORDER, *UNDOS, *ATTEMPTS, *ENDINGS, *EFFECTS, *MESSAGES)


def verdict(subject: Subject, played: Played, oracles: tuple[Oracle, ...] = ORACLES) -> str | None:
    """The first thing that is wrong, with the oracle's name."""
    if played.raised is not None:
        return f"raises: {type(played.raised).__name__}: {played.raised}"
    for oracle in oracles:
        if (wrong := oracle(subject, played)) is not None:
            return f"{oracle.__name__}: {wrong}"
    return None
