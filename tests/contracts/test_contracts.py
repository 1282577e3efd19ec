"""Every case against the simulated AWS and against the repaired moto. `test_peers` does it with two more."""

from collections.abc import Iterator

import pytest

from tests.contracts.case import Case, observed
from tests.contracts.differences import (
    DOCUMENT,
    REPAIRED_MOTO,
    SIMULATION,
    STAND_INS,
    document,
    problem,
    recorded,
    shown,
)
from tests.contracts.stand_ins import Clients, Moto, Simulated, moto_clients
from tests.contracts.suite import CASES

every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@pytest.fixture(scope="module")
def moto() -> Iterator[Clients]:
    with moto_clients(repaired=True) as clients:
        yield clients


@every_case
def test_the_simulation_does_as_aws_documents(case: Case) -> None:
    said = problem(SIMULATION, case, shown(observed(case, Simulated())))
    assert said is None, said


@every_case
def test_the_repaired_moto_does_as_aws_documents(case: Case, moto: Clients) -> None:
    said = problem(REPAIRED_MOTO, case, shown(observed(case, Moto(moto))))
    assert said is None, said


def test_the_simulation_has_no_known_difference() -> None:
    assert [each for each in recorded() if each.emulator == SIMULATION] == []


def test_cases_have_names_of_their_own_and_a_source() -> None:
    assert len({case.name for case in CASES}) == len(CASES)
    assert all(case.source for case in CASES)


def test_every_known_difference_is_of_a_case_and_a_stand_in() -> None:
    names = {case.name for case in CASES}
    assert all(each.case in names and each.emulator in STAND_INS for each in recorded())


def test_the_document_is_current() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document(), "run `python -m tests.contracts.document`"
