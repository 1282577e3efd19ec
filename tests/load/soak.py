"""Wave after wave over the same containers: what a process keeps must not grow with what it has done."""

import gc
import time
from collections.abc import Callable
from typing import Final

from tests.load.account import Account
from tests.load.figures import Figures, Measured, peak_kib
from tests.load.lives import Lives

WAVE: Final = 250
WARM_UP_WAVES: Final = 3
ALLOWED_GROWTH_KIB: Final = 8 * 1024
"""Of the peak, after the warm-up: fragmentation, and the driver's own. A leak of a saga's size a saga goes past it."""


def soak(go_on: Callable[[int], bool]) -> Figures:
    """Waves while `go_on(number of waves)`, after a few that fill caches."""
    account = Account(DEFAULT_LANGUAGE_LIMIT="1000000")
    lives = Lives(account)
    waves = 0

    def wave() -> None:
        nonlocal waves
        lives.live(WAVE, f"w{waves}")
        lives.check(WAVE)
        lives.forget()
        waves += 1

    for _ in range(WARM_UP_WAVES):
        wave()
    gc.collect()
    lives.deliveries, before = 0, peak_kib()
    with Measured("soak", "deliveries", account) as measured:
        while go_on(waves - WARM_UP_WAVES):
            wave()
            gc.collect()
    growth = peak_kib() - before
    assert growth < ALLOWED_GROWTH_KIB, f"the peak grew by {growth} KiB in {waves} waves of {WAVE} sagas"
    return measured.of(lives.deliveries)


def soak_for(minutes: float) -> Figures:
    until = time.monotonic() + 60 * minutes
    return soak(lambda _waves: time.monotonic() < until)
