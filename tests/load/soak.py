"""Wave after wave over the same containers, in ever other weather: what a process keeps must not grow with its work."""

import gc
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.exhaustion.faults import Fault
from tests.load.account import Account
from tests.load.figures import Figures, Measured, peak_kib
from tests.load.lives import Lives
from tests.load.trouble import Trouble

WAVE: Final = 250
WARM_UP_WAVES: Final = 3
ENOUGH_WAVES: Final = 20
"""By then every kind of fault must have been met, or the weather is broken."""
ALLOWED_GROWTH_KIB: Final = 8 * 1024
"""Of the peak, after the warm-up: fragmentation, and the driver's own. A leak of a saga's size a saga goes past it."""


def soak(go_on: Callable[[int], bool]) -> Figures:
    """Waves while `go_on(number of waves)`, after a few that fill caches."""
    account = Account(DEFAULT_LANGUAGE_LIMIT="1000000")
    lives = Lives(account)
    waves = 0

    trouble = Trouble(random.Random(1))

    def wave() -> None:
        nonlocal waves
        trouble.draw()
        account.trouble = trouble
        lives.live(WAVE, f"w{waves}")
        account.trouble = None
        lives.check(WAVE)
        lives.forget()
        waves += 1

    for _ in range(WARM_UP_WAVES):
        wave()
    gc.collect()
    lives.deliveries, before, held = 0, peak_kib(), _held()
    with Measured("soak", "deliveries", account) as measured:
        while go_on(waves - WARM_UP_WAVES):
            wave()
            gc.collect()
    growth = peak_kib() - before
    assert growth < ALLOWED_GROWTH_KIB, f"the peak grew by {growth} KiB in {waves} waves of {WAVE} sagas"
    assert _held() == held, f"threads and open files: {held} before, {_held()} after"
    assert waves < ENOUGH_WAVES or len(trouble.struck) == len(Fault), f"not every fault was met: {trouble.struck}"
    return measured.of(lives.deliveries)


def _held() -> tuple[int, int]:
    """Threads and open files of this process."""
    files = Path("/proc/self/fd")
    return threading.active_count(), len(list(files.iterdir())) if files.is_dir() else 0


def soak_for(minutes: float) -> Figures:
    until = time.monotonic() + 60 * minutes
    return soak(lambda _waves: time.monotonic() < until)
