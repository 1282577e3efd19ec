"""What is found can be replayed by anyone: as lines of a scenario, over the real functions."""

from typing import Any, Final

import pytest

from saga_orchestrator.domain.flow import deciding
from saga_testing import scenario
from saga_testing.proving import Finding, Search, lines_of
from saga_testing.proving.stored import mishaps, schedules
from saga_testing.proving.stored.mishaps import Mishaps
from saga_testing.proving.stored.schedules import Schedules
from tests.proof.proving.definitions import PAIR
from tests.proof.proving.planted_bugs import PLANTED
from tests.proof.proving.subjects import SUBJECTS
from tests.proof.proving.wrong_turns import cancel_always_counts

NAMES: dict[str, Any] = {name: getattr(scenario, name) for name in scenario.__all__}


LOOKS: Final[dict[str, type[Mishaps | Schedules]]] = {"faults": Mishaps, "schedules": Schedules}


def replayed(lines: list[str]) -> None:
    exec("\n".join(lines), {**NAMES, "PAIR": PAIR})  # noqa: S102 - lines that were printed for exactly this


def found() -> list[str]:
    finding = Search(SUBJECTS["pair"], 2).run()
    assert finding is not None
    return lines_of(finding, "PAIR")


def test_a_finding_goes_through_where_the_bug_is_and_fails_where_it_is_not() -> None:
    with pytest.MonkeyPatch.context() as planted:
        next(each for each in PLANTED if each.name == "barrier missing").plant(planted)
        lines = found()
        replayed(lines)

    assert lines[-1].startswith("# undos_wait_behind_their_barrier: ")
    with pytest.raises(AssertionError, match="and it was not sent"):
        replayed(lines)


def test_verbs_cancels_and_losses_have_lines_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deciding, "_cancel", cancel_always_counts)
    lines = found()

    assert "s.cancels(by='ada')" in lines
    replayed(lines)


def test_every_run_that_was_searched_can_be_told() -> None:
    """Not only those that end in a finding: whatever is expected in the lines is sent by the functions."""

    def stops(subject: Any, played: Any) -> str | None:
        saga = played.after.saga
        return (
            "here" if saga is not None and saga.state.is_terminal and "operator resolve" in played.after.used else None
        )

    finding = Search(SUBJECTS["pair"], 3, oracles=(stops,)).run()

    assert finding is not None
    lines = lines_of(finding, "PAIR")
    assert any(line.startswith("s.operator(resolve, ") for line in lines)
    replayed(lines)


@pytest.mark.parametrize("name", [bug.name for bug in PLANTED if bug.search in LOOKS])
def test_what_a_fault_or_a_crossing_shows_fails_where_the_bug_is_and_goes_through_where_it_is_not(name: str) -> None:
    bug = next(each for each in PLANTED if each.name == name)
    with pytest.MonkeyPatch.context() as planted:
        bug.plant(planted)
        finding = LOOKS[bug.search]((SUBJECTS[bug.saga],)).run()
        assert finding is not None
        lines = lines_of(finding, "PAIR")
        with pytest.raises(AssertionError):
            replayed(lines)

    assert any(line.startswith(("s.goes_wrong(", "s.meanwhile(")) for line in lines)
    replayed(lines)


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_every_fault_and_crossing_that_is_played_can_be_told(look: type[Mishaps | Schedules]) -> None:
    """Also where nothing is wrong: the lines expect what is right, and the functions do it."""
    trials = look(()).trials_of(SUBJECTS["pair"])
    told = [finding for trial in trials if (finding := _as_if_wrong(trial)) is not None]

    assert len(told) > 50
    for finding in told[::7]:
        replayed(lines_of(finding, "PAIR"))


def _as_if_wrong(trial: Any) -> Finding | None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(mishaps, "_suffer", lambda *_: "as if")
        patched.setattr(schedules, "_cross", lambda *_, **__: "as if")
        found: Finding | None = trial()
        return found
