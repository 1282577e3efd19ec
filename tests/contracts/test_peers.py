"""The cases against raw moto, and against ministack where its environment is installed (`make contracts-peers`)."""

import pytest

from tests.contracts.differences import MINISTACK, RAW_MOTO, problem
from tests.contracts.peers import PROGRAM, ministack, observe
from tests.contracts.suite import CASES


def _problems(emulator: str, answers: dict[str, str]) -> list[str]:
    return [said for case in CASES if (said := problem(emulator, case, answers[case.name]))]


def test_raw_moto_differs_as_recorded() -> None:
    assert _problems(RAW_MOTO, observe()) == []


@pytest.mark.skipif(not PROGRAM.exists(), reason="ministack is not installed: `make contracts-peers` installs it")
def test_ministack_differs_as_recorded() -> None:
    with ministack() as endpoint:
        assert _problems(MINISTACK, observe(endpoint)) == []
