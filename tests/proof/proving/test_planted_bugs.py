"""A proof is worth what it finds: each planted bug, by the oracle that is there for it, and in a short run."""

import re

import pytest

from saga_testing.proving import Search
from tests.proof.proving.planted_bugs import PLANTED
from tests.proof.proving.planting import PlantedBug
from tests.proof.proving.subjects import SUBJECTS


@pytest.mark.parametrize("bug", [pytest.param(bug, id=bug.name) for bug in PLANTED])
def test_a_planted_bug_is_found(bug: PlantedBug, monkeypatch: pytest.MonkeyPatch) -> None:
    bug.plant(monkeypatch)

    finding = Search(SUBJECTS[bug.saga], bug.troubles, bars=bug.bars, most=20_000).run()

    assert finding is not None
    assert re.match(bug.found_by, finding.wrong), finding.wrong
    assert len(finding.moves) <= 20
