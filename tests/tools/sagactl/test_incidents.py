"""The five incidents, each solved by the commands of its section of docs/operations.md, and by nothing else."""

import json
import re
import shlex
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sagactl.acting.over_http import HttpApi
from sagactl.app import app
from sagactl.connection import Target
from sagactl.deployment import deployment
from sagactl.incidents.catalogue import INCIDENTS, Incident
from sagactl.outlet import Output
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
        return str(self.looks("show", execution_id)[0]["state"])

    def sees(self, execution_id: str, state: str) -> None:
        """A cancel is an event: it takes effect a moment after it was sent."""
        until = time.monotonic() + UNTIL
        while self.state(execution_id) != state:
            assert time.monotonic() < until, self.looks("show", execution_id)
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


@pytest.fixture(params=INCIDENTS, ids=lambda incident: incident.title.replace(" ", "-"))
def played(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Incident, Follower, LocalUp]]:
    incident: Incident = request.param
    up = LocalUp(tmp_path / "up", "--incident", str(incident.number))
    follower = Follower(up.ready()["aws_endpoint"], up.folder)
    try:
        yield incident, follower, up
        for worker in follower.workers:
            worker.send_signal(signal.SIGINT)
            assert worker.wait(15) == 0
        assert up.end() == 0, up.errors
    finally:
        for worker in follower.workers:
            worker.kill()
        up.kill()


def test_an_incident_is_solved_by_its_section_alone(
    played: tuple[Incident, Follower, LocalUp], capsys: pytest.CaptureFixture[str]
) -> None:
    incident, follower, up = played
    up.wait_until(lambda: incident.section in up.output)
    stack = deployment(Target("saga-orchestrator", follower.endpoint, None, None, Output.JSON))
    api = HttpApi.of(stack, None)
    assert api is not None
    parked = [saga["execution_id"] for saga in api.get("sagas?order=parked").part("sagas")]
    assert parked == (["incident-1-order"] if incident.number == 1 else [])

    begun = time.monotonic()
    answers = [follower.follows(line) for line in lines_of(incident)]
    SOLVED[incident.number](follower, answers)
    seconds = time.monotonic() - begun

    assert api.get("sagas?order=parked").part("sagas") == []
    with capsys.disabled():
        print(f"\nincident {incident.number}, {incident.title}: {follower.actions} actions, {seconds:.1f} s")  # noqa: T201


def _undo_settled(follower: Follower, answers: list[Any]) -> None:
    del answers
    follower.sees("incident-1-order", "cancelled")
    acts = follower.looks("acts")
    assert [act["verb"] for act in sorted(acts["acts"], key=lambda act: str(act["at"]))] == ["note", "resolve"]


def _worker_alive(follower: Follower, answers: list[Any]) -> None:
    first, *_, last = answers
    assert {saga["execution_id"] for saga in first["sagas"]} == {f"incident-2-{number}" for number in (1, 2, 3)}
    assert last["sagas"][0]["state"] == "completed"
    assert follower.workers


def _cancelled_and_settled(follower: Follower, answers: list[Any]) -> None:
    assert answers[0]["rejected"][0]["reason"] == "unauthorised_cancel"
    follower.sees("incident-3", "cancelled")
    assert follower.looks("rejected", "list")["rejected"] == []


def _poison_settled(follower: Follower, answers: list[Any]) -> None:
    assert answers[0]["rejected"][0]["reason"] in {"not_json", "not_utf8", "confluent_framing"}
    assert [saga["execution_id"] for saga in answers[2]["sagas"]] == ["incident-4-behind"]
    assert follower.looks("rejected", "list")["rejected"] == []


def _room_again(follower: Follower, answers: list[Any]) -> None:
    python = answers[0]
    assert (python["used"], python["limit"]) == (3, 3)
    assert [(each["owner"], each["count"]) for each in python["holders"]] == [("greedy", 3)]
    assert {saga["owner"] for saga in answers[2]["sagas"]} == {"greedy"}
    follower.sees(answers[-1]["execution_id"], "running")


SOLVED = {1: _undo_settled, 2: _worker_alive, 3: _cancelled_and_settled, 4: _poison_settled, 5: _room_again}


@pytest.mark.parametrize("asked", ["9", "0", "x", "", "1.0", "-1", "one"])
def test_an_incident_that_there_is_not_is_refused_by_the_names_of_those_that_there_are(
    asked: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = CliRunner().invoke(app, ["local", "up", f"--incident={asked}"])

    assert outcome.exit_code == 2
    (line,) = outcome.stderr.splitlines()
    assert line.startswith(f"sagactl: --incident {asked}: there is no such one") or not asked
    assert all(f"{incident.number} ({incident.title})" in line for incident in INCIDENTS)


@pytest.mark.parametrize("incident", INCIDENTS, ids=lambda incident: str(incident.number))
def test_a_section_names_alarm_page_and_what_is_typed_first(incident: Incident) -> None:
    section = section_of(incident)

    assert f"`{incident.alarm}`" in section
    assert "*Page*: `/console/#/" in section
    assert shlex.split(incident.begins)[1:] == words_of(lines_of(incident)[0])
    assert f"`{incident.alarm}` |" in GUIDE
