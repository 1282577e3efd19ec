"""What becomes of each entry of PutEvents: accepted, throttled, lost in an outage, or refused for good."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.proof.simulation.faults.weather import Fault, Weather
from tests.proof.simulation.world.scheduler import Scheduler


@dataclass(slots=True, eq=False)
class BusWeather:
    """Remembers an outage, which lasts for minutes or until `clear`."""

    scheduler: Scheduler
    weather: Weather
    dice: random.Random
    on_offered: Callable[[str], None]
    _outage_until: int = 0

    def clear(self) -> None:
        self._outage_until = 0

    def fate(self, entry: dict[str, Any]) -> str | None:
        """The error code of an entry, or None when the bus takes it."""
        now = self.scheduler.now
        self.on_offered(json.loads(entry["Detail"])["message_id"])
        if self.weather.strikes(Fault.BUS_OUTAGE):
            self._outage_until = now + self.dice.choice((5_000, 120_000, 1_200_000))
        if now < self._outage_until:
            return "InternalFailure"
        if self.weather.strikes(Fault.PUT_EVENTS_PARTLY):
            return self.dice.choice(("InternalFailure", "ThrottlingException"))
        if entry["DetailType"].startswith("SAGA_") and self.weather.strikes(Fault.PUT_EVENTS_REFUSED):
            return "MalformedDetail"
        return None
