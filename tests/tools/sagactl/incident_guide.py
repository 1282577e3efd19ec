"""An incident's section of docs/operations.md, and somebody who does what it says, on a stack prepared for it."""

import json
import re
import shlex
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from sagactl.app import app
from sagactl.incidents.catalogue import Incident
from tests.tools.local_stack.outside import SAGACTL, LocalUp

GUIDE = (Path(__file__).parents[3] / "docs/operations.md").read_text(encoding="utf-8")
PLACEHOLDERS = {"EXECUTION_ID": "execution_id", "ID": "id", "VERSION": "version"}
UNTIL = 60.0


def section_of(incident: Incident) -> str:
    """Its part of the guide, found by the anchor that the stack tells."""
    for part in GUIDE.split("\n### ")[1:]:
        heading, _, text = part.partition("\n")
        if re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") == incident.section:
            return text.partition("\n## ")[0]
    raise AssertionError(incident.section)


def lines_of(incident: Incident) -> list[str]:
    (block,) = re.findall(r"```sh\n(.*?)```", section_of(incident), re.DOTALL)
    return [str(line) for line in block.splitlines()]


def words_of(line: str) -> list[str]:
    """Without `sagactl`, and without what is beside the command."""
    return shlex.split(line, comments=True)[1:]


@dataclass
class Follower:
    """Types what the section says; words in capitals are what a command before has shown, the newest first."""

    endpoint: str
    folder: Path
    seen: dict[str, str] = field(default_factory=dict)
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    actions: int = 0

    def follows(self, line: str) -> Any:
        """One line of the section; behind the command may stand what it is to say before the next one is typed."""
        awaited = re.search(r"# until it says (\w+)$", line)
        answer = self._types(words_of(line))
        if awaited is not None:
            self.sees(self.seen["execution_id"], awaited[1])
        return answer

    def _types(self, words: list[str]) -> Any:
        self.actions += 1
        if words[:2] == ["local", "worker"]:
            self._starts_a_worker()
            return None
        arguments = [self._filled(word) for word in words]
        outcome = CliRunner().invoke(app, [*arguments, "--endpoint-url", self.endpoint, "--output", "json"])
        assert outcome.exit_code == 0, (arguments, outcome.output)
        shown = json.loads(outcome.stdout)
        self._remember(shown)
        return shown

    def looks(self, *words: str) -> Any:
        outcome = CliRunner().invoke(app, [*words, "--endpoint-url", self.endpoint, "--output", "json"])
        return json.loads(outcome.stdout)

    def state(self, execution_id: str) -> str:
        """What `show` says instead, of one whose request has not come through yet."""
        arguments = ["show", execution_id, "--endpoint-url", self.endpoint, "--output", "json"]
        outcome = CliRunner().invoke(app, arguments)
        return str(json.loads(outcome.stdout)[0]["state"]) if outcome.exit_code == 0 else outcome.stderr

    def sees(self, execution_id: str, state: str) -> None:
        """A cancel is an event: it takes effect a moment after it was sent."""
        until = time.monotonic() + UNTIL
        while self.state(execution_id) != state:
            assert time.monotonic() < until, self.state(execution_id)
            time.sleep(0.1)

    def _filled(self, word: str) -> str:
        known = rf"\b(?:{'|'.join(PLACEHOLDERS)})\b"
        return re.sub(known, lambda found: self.seen[PLACEHOLDERS[found[0]]], word)

    def _remember(self, shown: Any) -> None:
        """Names and values as they stand in an answer; of a list the first."""
        match shown:
            case list():
                for each in shown[:1]:
                    self._remember(each)
            case dict():
                for name, value in shown.items():
                    if name in {"sagas", "rejected"}:
                        self._remember(value)
                    elif name in PLACEHOLDERS.values() and isinstance(value, str | int):
                        self.seen[name] = str(value)

    def _starts_a_worker(self) -> None:
        ready = self.folder / "ready.json"
        errors = (self.folder / "worker").open("wb")
        self.workers.append(
            subprocess.Popen([SAGACTL, "local", "worker", "--ready-file", str(ready)], stderr=errors, cwd=self.folder)
        )
        errors.close()
        until = time.monotonic() + UNTIL
        while b"Ctrl-C" not in (self.folder / "worker").read_bytes():
            assert time.monotonic() < until
            assert self.workers[-1].poll() is None, (self.folder / "worker").read_text()
            time.sleep(0.1)


@contextmanager
def playing(incident: Incident, folder: Path) -> Iterator[tuple[Follower, LocalUp]]:
    """Its stack, prepared; whatever was started is ended, and must end well where the test did."""
    up = LocalUp(folder / "up", "--incident", str(incident.number))
    follower: Follower | None = None
    try:
        follower = Follower(up.ready()["aws_endpoint"], up.folder)
        up.wait_until(lambda: incident.section in up.output)
        yield follower, up
        for worker in follower.workers:
            worker.send_signal(signal.SIGINT)
            assert worker.wait(15) == 0
        assert up.end() == 0, up.errors
    finally:
        for worker in follower.workers if follower else ():
            worker.kill()
        up.kill()
