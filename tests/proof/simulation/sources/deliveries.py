"""When and how often an event arrives, and who is told what became of it."""

import random
from dataclasses import dataclass
from typing import Any, Final, Protocol

from tests.proof.simulation.faults.weather import Fault, Weather
from tests.proof.simulation.world.scenario import Inbound, iso

HOUR_MS: Final = 3_600_000


def envelope_of(inbound: Inbound, identity: str) -> dict[str, Any]:
    """As EventBridge wraps an event: a detail is an object, so what is none stands inside one."""
    return {
        "version": "0",
        "id": identity,
        "source": inbound.source,
        "detail-type": inbound.type,
        "account": "123456789012",
        "time": iso(inbound.at),
        "detail": inbound.detail if inbound.detail is not None else {"raw": inbound.raw},
    }


class Acknowledgements(Protocol):
    """Told what became of each delivery."""

    def acknowledge(self, inbound: Inbound, function: str) -> None: ...

    def ask(self, identity: str) -> None: ...

    def fail(self, identity: str, wrong: str) -> None: ...


class Told(Protocol):
    """Told of a target: of each message before it is decided upon, and of what it refuses for good."""

    def offered(self, message: str) -> None: ...

    def refused(self, message: str) -> None: ...


@dataclass(slots=True, eq=False)
class Delays:
    """When a copy of an event arrives. `latest` is the last arrival that anybody has been promised."""

    weather: Weather
    dice: random.Random
    latest: int = 0

    def copies(self, now: int) -> list[int]:
        count = 1
        while count < 4 and self.weather.strikes(Fault.DUPLICATE):
            count += 1
        return [self._arrival(now) for _ in range(count)]

    def _arrival(self, now: int) -> int:
        arrival = now + self.dice.randrange(5, 60)
        if self.weather.strikes(Fault.REORDER):
            arrival += self.dice.choice((100, 2_000, 20_000))
        if self.weather.strikes(Fault.DELAY):
            arrival += self.dice.choice((HOUR_MS // 6, HOUR_MS, 3 * HOUR_MS))
        self.latest = max(self.latest, arrival)
        return arrival
