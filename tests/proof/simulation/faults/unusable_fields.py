"""Senders whose fields beside the identity hold anything: what decides nothing must cost no event its effect."""

import random
from dataclasses import dataclass
from typing import Any, Final

from tests.proof.simulation.faults.weather import Fault, Weather
from tests.proof.simulation.world.scenario import CANARY, CANCELLED, OWN_FIELDS, REQUESTED, Inbound

_VALUES: Final[tuple[Any, ...]] = (None, 5.5, [], {}, True, f"\ud800 {CANARY}", 10**400)
_SHARES: Final = (0.0, 0.0, 0.3, 0.8)
"""Of a world's events, drawn by world."""


@dataclass(slots=True)
class UnusableFields:
    dice: random.Random
    weather: Weather
    share: float

    @classmethod
    def draw(cls, dice: random.Random, weather: Weather, *, calm: bool, silenced: frozenset[str]) -> "UnusableFields":
        share = dice.choice(_SHARES)
        return cls(dice, weather, 0.0 if calm or Fault.UNUSABLE_FIELDS in silenced else share)

    def spoil(self, inbound: Inbound) -> None:
        """Give some fields values that break their rules. Whose event it is, and a cancel's actor, stay readable."""
        if inbound.detail is None or inbound.must_reject or self.dice.random() >= self.share:
            return
        # Not a pod's name: a start after a completed run is another pod's, unless it says that it is the same.
        names = [
            "aggregate_id",
            "node_name",
            *(name for name in OWN_FIELDS.get(inbound.type, ()) if name != "pod_name"),
        ]
        if inbound.type not in {REQUESTED, CANCELLED}:
            names += ["metadata", "timestamp"]
        spoilt = {name: self.dice.choice(_VALUES) for name in names if self.dice.random() < 0.5}
        if not spoilt:
            return
        self.weather.note(Fault.UNUSABLE_FIELDS)
        inbound.detail = {**inbound.detail, **spoilt}
        inbound.unusable = True
        inbound.exit_code = None if "exit_code" in spoilt else inbound.exit_code
        inbound.error_type = _kept_type(spoilt["error_type"]) if "error_type" in spoilt else inbound.error_type


def _kept_type(value: Any) -> str | None:
    return "unprintable" if isinstance(value, str) else None
