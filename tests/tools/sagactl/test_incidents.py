"""The five incidents, each solved by the commands of its section of docs/operations.md, and by nothing else."""

import shlex
import time
from collections.abc import Iterator
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
from tests.tools.sagactl.incident_guide import GUIDE, Follower, lines_of, playing, section_of, words_of


@pytest.fixture(params=INCIDENTS, ids=lambda incident: incident.title.replace(" ", "-"))
def played(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Incident, Follower]]:
    incident: Incident = request.param
    with playing(incident, tmp_path) as (follower, _):
        yield incident, follower


def test_an_incident_is_solved_by_its_section_alone(
    played: tuple[Incident, Follower], capsys: pytest.CaptureFixture[str]
) -> None:
    incident, follower = played
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
