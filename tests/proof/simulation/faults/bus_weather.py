"""What becomes of each entry of PutEvents: accepted, throttled, lost in an outage, or refused for good."""

import json
import random
from dataclasses import dataclass
from typing import Any, Final

from tests.proof.simulation.faults.weather import Fault, Weather
from tests.proof.simulation.sources.deliveries import Told
from tests.proof.simulation.world.scheduler import Scheduler

_PASSING: Final = ("InternalFailure", "ThrottlingException", "NotAuthorizedForSourceException", "CodeOfTomorrow")


@dataclass(slots=True, eq=False)
class BusWeather:
    """Remembers an outage, which lasts for minutes or until `clear`."""

    scheduler: Scheduler
    weather: Weather
    dice: random.Random
    told: Told
    _outage_until: int = 0

    def clear(self) -> None:
        self._outage_until = 0

    def fate(self, entry: dict[str, Any]) -> str | None:
        """The error code of an entry, or None when the bus takes it."""
        now = self.scheduler.now
        message = json.loads(entry["Detail"])["message_id"]
        self.told.offered(message)
        if self.weather.strikes(Fault.BUS_OUTAGE):
            self._outage_until = now + self.dice.choice((5_000, 120_000, 1_200_000))
        if now < self._outage_until:
            return "InternalFailure"
        if self.weather.strikes(Fault.PUT_EVENTS_PARTLY):
            return self.dice.choice(_PASSING)
        if self.weather.strikes(Fault.PUT_EVENTS_REFUSED):
            self.told.refused(message)
            return "MalformedDetail"
        return None
