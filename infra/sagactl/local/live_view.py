"""What happens on the local stack, as it happens: coloured lines over a status line on a terminal, plain lines
elsewhere; or one JSON object a line.
"""

import json
import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.text import Text

from local_participant import ParticipantNews
from local_stack import EventKind, StackEvent
from local_worker import PodNews
from sagactl.local.news import ENDED, REJECTED, News, is_own_message, news_of
from sagactl.outlet import Output

_STYLES = {
    EventKind.STACK: "bold",
    EventKind.INVOKED: "green",
    EventKind.FUNCTION_ERROR: "bold red",
    EventKind.RETRY: "yellow",
    EventKind.REJECTED: "bold red",
    EventKind.DROPPED: "bold red",
    EventKind.UNTAKEN: "magenta",
    EventKind.RECORDS_LOST: "bold red",
    EventKind.EXPIRED: "dim",
}
_POD = "pod"
_FUNCTION = re.compile(r".*-(\w+)Function")
"""People need no name of the stack before each line; in JSON it is whole."""


class LiveView:
    """Takes happenings from any thread; a tick of the schedule by itself is not worth a line."""

    def __init__(self, console: Console | None = None, output: Output = Output.TABLE) -> None:
        self._output = output
        self._console = console or Console(file=sys.stdout, highlight=False, soft_wrap=True)
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._ticking: set[str] = set()
        self._began = time.monotonic()

    def happened(self, event: StackEvent) -> None:
        """For LocalStack's `log`."""
        self._counts[event.kind] += 1
        if event.kind is EventKind.SCHEDULE_TICK:
            self._ticking.add(event.function or "")
        elif event.kind is EventKind.LOGGED or is_own_message(event):
            self._news(news_of(event))
        elif event.kind is not EventKind.INVOKED or event.function not in self._ticking:
            self._line(event.at, event.kind.value, event.function or "", event.detail, _STYLES.get(event.kind, ""))

    def _news(self, news: News | None) -> None:
        """Of what functions wrote only what a person waits for is a line."""
        if news is not None:
            self._counts[news.kind] += 1
            self._line(news.at, news.kind, news.subject, news.detail, news.style)

    def pod(self, news: PodNews) -> None:
        """For the worker's reports."""
        self._counts[f"{_POD} {news.what}"] += 1
        self._line(datetime.now(UTC), _POD, news.what, news.execution_id, "cyan")

    def answer(self, news: ParticipantNews) -> None:
        """For the participant's reports: the command, which attempt of it, and what was answered or kept back."""
        self._counts[f"answer {news.what}"] += 1
        self._line(datetime.now(UTC), "answer", f"{news.command}#{news.attempt}", f"{news.key} {news.what}", "blue")

    def say(self, text: str) -> None:
        """A line that is not a happening; programs are spared it."""
        if self._output is Output.JSON:
            return
        with self._lock:
            self._console.print(text, markup=False)

    def ready(self, facts: Mapping[str, Any], people: str) -> None:
        """What to connect to."""
        if self._output is Output.JSON:
            self._json({"at": datetime.now(UTC).isoformat(), "kind": "ready", **facts})
        self.say(people)

    @contextmanager
    def showing(self) -> Iterator[None]:
        """The status line, where there is a terminal to keep it on."""
        if not self._console.is_terminal or self._output is Output.JSON:
            yield
            return
        with Live(get_renderable=self._status, console=self._console, refresh_per_second=2, transient=True):
            yield

    def _line(self, at: datetime, kind: str, subject: str, detail: str, style: str) -> None:
        if self._output is Output.JSON:
            with suppress(OSError):
                self._json({"at": at.isoformat(), "kind": kind, "subject": subject, "detail": detail})
            return
        text = Text.assemble(
            (f"{at:%H:%M:%S.%f}"[:12], "dim"), "  ", (f"{kind:<14}", style), f" {_short(subject):<24} ", detail
        )
        with self._lock, suppress(OSError):  # whoever reports is at work: only the main thread ends for a full disk
            self._console.print(text)

    def _json(self, facts: Mapping[str, Any]) -> None:
        """One object a line, at once: whoever reads this waits for it."""
        with self._lock:
            sys.stdout.write(json.dumps(facts, ensure_ascii=False) + "\n")
            sys.stdout.flush()

    def _status(self) -> Text:
        minutes, seconds = divmod(int(time.monotonic() - self._began), 60)
        failures = sum(self._counts[kind] for kind in (EventKind.FUNCTION_ERROR, EventKind.REJECTED, EventKind.DROPPED))
        rejected = self._counts[REJECTED]
        return Text.assemble(
            (f" {minutes:02d}:{seconds:02d} ", "reverse"),
            f"  invocations {self._counts[EventKind.INVOKED]}",
            f"  ticks {self._counts[EventKind.SCHEDULE_TICK]}",
            f"  pods {self._counts[f'{_POD} created']}",
            f"  ended {self._counts[ENDED]}",
            (f"  rejected {rejected}", "magenta" if rejected else ""),
            (f"  failures {failures}", "bold red" if failures else ""),
            ("   Ctrl-C ends it", "dim"),
        )


def _short(subject: str) -> str:
    """Of a function's name what the template calls it; anything else is whole."""
    name = _FUNCTION.fullmatch(subject)
    return name[1] if name else subject
