"""How far the demo is, on standard error: a bar on a terminal, a line now and then elsewhere."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from demo.director import Progress

_LINE_SECONDS = 10.0
_OUTCOMES = {"completed": "green", "failed": "red", "timeout": "yellow", "cancelled": "magenta"}


class DemoDisplay:
    """Used from the thread that plays."""

    def __init__(self, total: int, console: Console | None = None) -> None:
        self._console = console or Console(file=sys.stderr, highlight=False, soft_wrap=True)
        self._live = self._console.is_terminal
        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[outcomes]}"),
            console=self._console,
            transient=True,
            disable=not self._live,
        )
        self._task = self._bar.add_task("starting", total=total, outcomes="")
        self._began = time.monotonic()
        self._next_line = self._began + _LINE_SECONDS

    @contextmanager
    def showing(self) -> Iterator[None]:
        """The bar, where there is a terminal to keep it on."""
        with self._bar:
            yield

    def say(self, text: str) -> None:
        """A new part of the demo begins."""
        self._bar.update(self._task, description=text.partition(" ")[0])
        self._console.print(f"{self._elapsed():5.1f} s  {text}", markup=False)

    def show(self, progress: Progress) -> None:
        """Called several times a second."""
        if self._live:
            coloured = " ".join(
                f"[{style}]{progress.outcomes[name]} {name}[/]"
                for name, style in _OUTCOMES.items()
                if progress.outcomes[name]
            )
            self._bar.update(self._task, completed=progress.ended, outcomes=coloured)
        elif time.monotonic() >= self._next_line and progress.ended < progress.total:
            self._next_line = time.monotonic() + _LINE_SECONDS
            plain = ", ".join(f"{progress.outcomes[name]} {name}" for name in _OUTCOMES)
            self._console.print(f"{self._elapsed():5.1f} s  {progress.ended} of {progress.total} ended: {plain}")

    def _elapsed(self) -> float:
        return time.monotonic() - self._began
