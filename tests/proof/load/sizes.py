"""How much is loaded: a share in every test run, all of it with SAGA_LOAD=full."""

import os
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Sizes:
    lives: int
    requests: int
    limit: int
    deliveries: int
    due: int
    soak_waves: int


FULL: Final = Sizes(lives=10_000, requests=2_000, limit=100, deliveries=200, due=100_000, soak_waves=40)
SHARE: Final = Sizes(lives=400, requests=400, limit=20, deliveries=200, due=2_000, soak_waves=3)
CHOSEN: Final = FULL if os.environ.get("SAGA_LOAD") == "full" else SHARE
