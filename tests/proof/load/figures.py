"""What a run cost. The emulator's own time is taken out: what is left is the orchestrator's, and the driver's."""

import resource
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from tests.proof.load.account import Account


def peak_kib() -> int:
    """The most memory this process ever had."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // 1024 if sys.platform == "darwin" else peak


@dataclass(frozen=True)
class Figures:
    name: str
    units: int
    unit: str
    cpu_seconds: float
    """Without the emulator's."""
    calls: int
    retried: int
    growth_kib: int

    @property
    def cpu_ms_each(self) -> float:
        return 1000 * self.cpu_seconds / self.units

    @property
    def calls_each(self) -> float:
        return self.calls / self.units


class Measured:
    """Measures one account between entering and leaving."""

    def __init__(self, name: str, unit: str, account: Account) -> None:
        self._name, self._unit, self._account = name, unit, account
        self.of: Callable[[int], Figures]

    def __enter__(self) -> Self:
        account = self._account
        self._before = (
            time.process_time(),
            account.busy.emulation_cpu,
            account.calls.total(),
            account.retried,
            peak_kib(),
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        account = self._account
        cpu, emulation, calls, retried, peak = self._before
        spent = (time.process_time() - cpu) - (account.busy.emulation_cpu - emulation)
        made, again, grown = account.calls.total() - calls, account.retried - retried, peak_kib() - peak

        def of(units: int) -> Figures:
            return Figures(self._name, units, self._unit, spent, made, again, grown)

        self.of = of


def table(rows: Iterable[Figures]) -> str:
    lines = [
        f"{'run':<34}{'of':>9} {'unit':<12}{'CPU ms each':>12}{'calls each':>12}{'redelivered':>12}{'peak memory':>14}",
        *(
            f"{row.name:<34}{row.units:>9,} {row.unit:<12}{row.cpu_ms_each:>12.3f}{row.calls_each:>12.2f}"
            f"{row.retried:>12,}{row.growth_kib / 1024:>+10.1f} MiB"
            for row in rows
        ),
    ]
    return "\n".join(lines)
