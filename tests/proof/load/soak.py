"""Wave after wave over the same containers, in ever other weather: what a process keeps must not grow with its work."""

import gc
import os
import random
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from saga_testing.faults import Fault
from tests.proof.load.account import Account
from tests.proof.load.figures import Figures, Measured, peak_kib
from tests.proof.load.lives import Lives
from tests.proof.load.trouble import Trouble

WAVE: Final = 250
WARM_UP_WAVES: Final = 3
ENOUGH_WAVES: Final = 20
"""From then on every kind of fault must have been met, and what the process holds between waves is judged."""
ALLOWED_GROWTH: Final = 0.05
"""Of the resident memory between waves, from the second fifth of a run to its last; the first fills the allocator."""
ALLOWED_OBJECTS: Final = 100
"""More than after the warm-up. One object a saga goes far past it, in three waves already."""
ALLOWED_PEAK_KIB: Final = 8 * 1024
"""Growth of the peak in a short run. In a long one it is only the worst of many weathers, and is reported."""


def soak(go_on: Callable[[int], bool]) -> Figures:
    """Waves while `go_on(number of waves)`, after a few that fill caches."""
    account = Account(DEFAULT_LANGUAGE_LIMIT="1000000")
    lives = Lives(account)
    waves = 0

    trouble = Trouble(random.Random(1))

    def wave() -> None:
        nonlocal waves
        trouble.draw()
        account.busy.trouble = trouble
        lives.live(WAVE, f"w{waves}")
        account.busy.trouble = None
        lives.check(WAVE)
        lives.forget()
        waves += 1

    for _ in range(WARM_UP_WAVES):
        wave()
    gc.collect()
    resident: list[int] = []
    lives.deliveries, before, held, objects = 0, peak_kib(), _held(), len(gc.get_objects())
    with Measured("soak", "deliveries", account) as measured:
        while go_on(waves - WARM_UP_WAVES):
            wave()
            gc.collect()
            resident.append(_resident_kib())
    more = len(gc.get_objects()) - objects
    assert more < ALLOWED_OBJECTS, f"{more} more live objects after {waves} waves of {WAVE} sagas"
    assert _held() == held, f"threads and open files: {held} before, {_held()} after"
    if len(resident) < ENOUGH_WAVES:
        growth = peak_kib() - before
        assert growth < ALLOWED_PEAK_KIB, f"the peak grew by {growth} KiB in {waves} waves of {WAVE} sagas"
    else:
        assert len(trouble.struck) == len(Fault), f"not every fault was met: {trouble.struck}"
        assert _growth(resident) < ALLOWED_GROWTH, f"held between waves, in KiB: {resident[:: len(resident) // 20]}"
    return measured.of(lives.deliveries)


def _growth(resident: Sequence[int]) -> float:
    """From the second fifth to the last, as a share: medians, since each wave had other weather."""
    fifth = len(resident) // 5
    early, late = statistics.median(resident[fifth : 2 * fifth]), statistics.median(resident[-fifth:])
    return late / early - 1


def _resident_kib() -> int:
    """What the process holds now, as Linux tells it; elsewhere objects, threads and files must do."""
    figures = Path("/proc/self/statm")
    return int(figures.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024 if figures.exists() else 1


def _held() -> tuple[int, int]:
    """Threads and open files of this process."""
    files = Path("/proc/self/fd")
    return threading.active_count(), len(list(files.iterdir())) if files.is_dir() else 0


def soak_for(minutes: float) -> Figures:
    until = time.monotonic() + 60 * minutes
    return soak(lambda _waves: time.monotonic() < until)
