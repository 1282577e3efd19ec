"""A proof is worth what it finds: each planted bug, by the search and the oracle that are there for it."""

import re

import pytest

from saga_testing.proving import Finding, Search
from saga_testing.proving.stored.mishaps import Mishaps
from saga_testing.proving.stored.schedules import Schedules
from saga_testing.proving.stored.worlds import Worlds
from tests.proof.proving.document import DOCUMENT, with_its_list
from tests.proof.proving.planted_bugs import PLANTED
from tests.proof.proving.planting import PlantedBug
from tests.proof.proving.subjects import SUBJECTS

LONGEST = {"runs": 20, "faults": 20, "schedules": 20, "worlds": 250}


def searched(bug: PlantedBug) -> Finding | None:
    subject = SUBJECTS[bug.saga]
    match bug.search:
        case "runs":
            return Search(subject, bug.troubles, bars=bug.bars, most=20_000).run()
        case "faults":
            return Mishaps((subject,)).run()
        case "schedules":
            return Schedules((subject,)).run()
        case _:
            return Worlds((subject,), seeds=20).run()


@pytest.mark.parametrize("bug", [pytest.param(bug, id=f"{bug.search}: {bug.name}") for bug in PLANTED])
def test_a_planted_bug_is_found(bug: PlantedBug, monkeypatch: pytest.MonkeyPatch) -> None:
    bug.plant(monkeypatch)

    finding = searched(bug)

    assert finding is not None
    assert re.search(bug.found_by, finding.wrong), finding.wrong
    assert len(finding.moves) <= LONGEST[bug.search]


def test_each_search_has_bugs_that_it_finds() -> None:
    assert {bug.search for bug in PLANTED} == {*LONGEST}
    assert len({bug.name for bug in PLANTED}) == len(PLANTED) >= 50


def test_the_document_lists_them() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")

    assert text == with_its_list(text), "run: python -m tests.proof.proving.document"
