"""Functions whose own clock is off: by seconds, by minutes, or by so much that AWS answers none of their calls.

A request is signed with the caller's time. AWS refuses what is signed more than five minutes away from its own
("Signature expired", IAM User Guide, Signature Version 4), S3 what is more than fifteen away (`RequestTimeTooSkewed`).
So what a function decides by its own clock is never wrong by more than that, and the oracles judge it by that.
"""

from dataclasses import dataclass
from random import Random
from typing import Final, Protocol

from botocore.exceptions import ClientError

from saga_testing.aws.errors import client_error
from tests.proof.simulation.faults.weather import Fault, Weather

TAKEN_MS: Final = 300_000
"""How far the clock of a caller may be off, of all services but S3."""
_TAKEN_BY_S3_MS: Final = 900_000
_SECONDS: Final = 5_000
_MINUTES: Final = (-290_000, 290_000)
_REFUSED: Final = (-10_800_000, -1_000_000, -400_000, 400_000, 1_000_000, 10_800_000)
_LASTS_MS: Final = (20_000, 120_000, 600_000)


class Clocked(Protocol):
    """A process."""

    offset_ms: int
    off_until: int | None


@dataclass(frozen=True, slots=True)
class FunctionClocks:
    """Sets a process's clock before each of its invocations. What is off by too much is set right after a while."""

    dice: Random
    weather: Weather

    def begin(self, process: Clocked, now: int) -> None:
        """Of a new process."""
        process.offset_ms = self.dice.randint(-_SECONDS, _SECONDS) if self.weather.strikes(Fault.CLOCK_SKEW) else 0
        self._break(process, now)

    def go_on(self, process: Clocked, now: int) -> None:
        """Of one that is used again."""
        if process.off_until is not None:
            if now < process.off_until and not self.weather.is_clear:
                return
            process.offset_ms, process.off_until = 0, None
        if self.weather.strikes(Fault.CLOCK_JUMP):
            process.offset_ms = self.dice.choice(_MINUTES)  # not added up
        self._break(process, now)

    def _break(self, process: Clocked, now: int) -> None:
        if self.weather.strikes(Fault.CLOCK_REFUSED):
            process.offset_ms, process.off_until = self.dice.choice(_REFUSED), now + self.dice.choice(_LASTS_MS)


def refusal_of_clock(offset_ms: int, service: str, operation: str) -> ClientError | None:
    """What AWS answers to a call that is signed with such a clock; None: it is carried out."""
    if abs(offset_ms) <= (_TAKEN_BY_S3_MS if service == "s3" else TAKEN_MS):
        return None
    code = "RequestTimeTooSkewed" if service == "s3" else "InvalidSignatureException"
    return client_error(operation, code, "Signature expired", status=403)
