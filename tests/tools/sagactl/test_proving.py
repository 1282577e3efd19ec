"""`sagactl prove`: what it says of sound definitions, of wrong and impure ones, and of what it did not see."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from saga_orchestrator.domain.flow import compensation
from saga_orchestrator.domain.flow.turn import Draft, Turn
from saga_testing.proving.authored.purity import impure_functions
from saga_testing.proving.proof import parts
from sagactl.app import app
from sagactl.proving import searching

PARCEL = """
import random
import time
from datetime import date

from saga_orchestrator.domain.definition import SagaDefinition, Step, Undo
from saga_orchestrator.domain.flow.terms import Command, Start

def nothing(seen):
    return {}

def saga(**bodies):
    return SagaDefinition(
        name="parcel_saga",
        version=1,
        starts=Start("PARCEL_GIVEN", key="parcel_id", input=dict),
        cancels="PARCEL_CANCELLED",
        steps=(
            Step("label", sends="label", within=30, undo=Undo(sends="unlabel", within=30)),
            Step("send", sends="send", within=30),
        ),
        messages={kind: Command(kind.upper(), bodies.get(kind, nothing)) for kind in ("label", "unlabel", "send")},
    )

SOUND = saga()
ASKS_THE_CLOCK = saga(send=lambda seen: {"year": date.today().year})
ASKS_THE_TIME = saga(send=lambda seen: {"hour": int(time.time() // 3600)})
DRAWS = saga(label=lambda seen: {"lot": random.random()})
ORDER_OF_A_SET = saga(unlabel=lambda seen: {"words": list({"apple", "pear", "plum", "fig", "date", "lime"})})
NO_SAGA = "parcel"
"""


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["prove", *arguments])


@pytest.fixture(autouse=True)
def parcel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "parcel_file.py").write_text(PARCEL, encoding="utf-8")
    monkeypatch.chdir(tmp_path)


def facts(*arguments: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(run(*arguments, "--output", "json").stdout)
    return told


def test_a_sound_definition_holds_and_what_was_not_reached_is_said() -> None:
    result = run("parcel_file:SOUND", "--depth", "1", "--worlds", "5", "--seconds", "6")

    assert result.exit_code == 0
    said = " ".join(result.stdout.split())
    assert "every run with at most 1 trouble │" in said
    assert "seeded worlds on the real functions │ 5 worlds, seeds 0 to 4 │ complete" in said
    assert re.search(r"parcel_saga is proven within these bounds; (\d+ places of the table were )?not reached", said)
    assert "(--depth 2 or more --worlds may reach it)" in said


def test_one_world_is_played_again_by_its_seed() -> None:
    result = run("parcel_file:SOUND", "--depth", "0", "--worlds", "1", "--seed", "37", "--seconds", "6")

    assert result.exit_code == 0
    assert "1 world, seed 37" in result.stdout
    assert re.search(r"; \d+ places of the table were not reached \(--depth 1", result.stdout)
    assert "its functions answer alike at other times and under other hash seeds" in result.stdout


def test_nothing_is_said_to_be_reached_that_was_not_seen() -> None:
    told = facts("parcel_file:SOUND", "--depth", "0", "--worlds", "0", "--seconds", "2")

    assert told["holds"]
    assert "done" in told["reached"]["send"]
    assert "refused" in told["not_reached"]["send"]
    assert {*told["not_reached"]["undo label"]} >= {"done", "parked", "asked"}


@pytest.mark.parametrize("name", ["execution_saga", "order"])
def test_a_registered_saga_is_found_by_its_name(name: str) -> None:
    assert facts(name, "--depth", "0", "--worlds", "0", "--seconds", "2")["holds"]


@pytest.mark.parametrize(
    ("attribute", "blamed"),
    [
        ("ASKS_THE_CLOCK", "body of SEND depends on the clock"),
        ("ASKS_THE_TIME", "body of SEND depends on the clock"),
        ("DRAWS", "body of LABEL depends on chance, or state of its own"),
        ("ORDER_OF_A_SET", "body of UNLABEL depends on the order of a set"),
    ],
)
def test_an_impure_function_is_named_with_what_it_looks_at(attribute: str, blamed: str) -> None:
    result = run(f"parcel_file:{attribute}", "--depth", "0", "--worlds", "0")

    assert (result.exit_code, f"impure: {blamed}" in result.stdout) == (1, True)


def test_the_processes_that_are_compared_leave_no_bytecode_to_one_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))

    assert impure_functions("parcel_file:ORDER_OF_A_SET") == ["body of UNLABEL depends on the order of a set"]
    assert not [*tmp_path.rglob("*.pyc")]


def test_what_does_not_hold_is_printed_as_lines_that_anyone_can_replay(monkeypatch: pytest.MonkeyPatch) -> None:
    def ends_at_once(draft: Draft, turn: Turn) -> Draft:
        return compensation.finish(draft, turn)

    monkeypatch.setattr(compensation, "proceed", ends_at_once)

    result = run("parcel_file:SOUND", "--depth", "1", "--worlds", "0")

    assert result.exit_code == 1
    assert "    s = Scenario(SOUND, key='k-1')" in result.stdout
    assert "    s.starts()" in result.stdout
    assert "no end while an undo is owed" in result.stderr


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nonsense", "there is no saga nonsense; there is: execution_saga, order_saga"),
        ("parcel_file:NOTHING", "cannot be imported"),
        ("no_such_file:SAGA", "cannot be imported"),
        ("parcel_file:NO_SAGA", "is a str, and no SagaDefinition"),
    ],
)
def test_a_name_that_leads_to_no_definition_is_one_line_and_exit_code_2(name: str, said: str) -> None:
    result = run(name)

    assert (result.exit_code, said in result.stderr, len(result.stderr.splitlines())) == (2, True, 1)


def test_stopped_by_hand_it_says_what_was_seen_until_then(monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(searching, "parts", lambda effort: (*parts(effort)[:2], stopped))

    result = run("parcel_file:SOUND", "--depth", "1", "--worlds", "3")

    assert result.exit_code == 130
    said = " ".join(result.stdout.split())
    assert "every run with at most 1 trouble │" in said
    assert "stopped at 0 of 3" in said
    assert "nothing is wrong in what was seen, which is not all that was to be seen" in said
