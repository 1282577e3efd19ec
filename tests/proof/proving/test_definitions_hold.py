"""Whatever participants, people and time do to these sagas, everything holds; and it was really looked at."""

from functools import reduce
from operator import add

import pytest

from saga_testing.proving import Coverage, Search, possible
from tests.proof.proving.subjects import SUBJECTS

SHAPES = {
    "execution": ("execution", "refused execution"),
    "order": ("order", "dear order"),
    "trip": ("trip", "long trip", "impossible trip"),
    "pair": ("pair",),
    "seat": ("seat",),
    "errand": ("errand", "errand by car"),
    "visit": ("visit",),
    "gates": ("gates",),
}
NEVER = ("fuel",)
"""Its condition holds only when it is too late to ask."""
NEEDS_THREE_TROUBLES = ("by an operator", "only_a_pivot_can_be_undone", "held an earlier one")
"""Two lead to a parked undo; what an operator does then is the third."""


def searched(name: str, troubles: int, *, bars: bool = True) -> Search:
    search = Search(SUBJECTS[name], troubles, bars=bars)
    finding = search.run()
    assert finding is None, finding
    assert search.is_complete
    return search


@pytest.mark.parametrize("shape", SHAPES)
def test_every_run_with_two_troubles_holds_and_reaches_what_two_can_reach(shape: str) -> None:
    coverage = reduce(add, (searched(name, 2).coverage for name in SHAPES[shape]), Coverage())

    missing = coverage.missing(SUBJECTS[SHAPES[shape][0]].definition)
    missing = [place for place in missing if place[0] not in NEVER]
    assert [place for place in missing if not place[1].endswith(NEEDS_THREE_TROUBLES)] == []


@pytest.mark.parametrize("shape", ["pair", "seat", "visit", "execution"])
def test_every_run_with_three_troubles_reaches_every_place(shape: str) -> None:
    coverage = reduce(add, (searched(name, 3).coverage for name in SHAPES[shape]), Coverage())

    assert coverage.missing(SUBJECTS[SHAPES[shape][0]].definition) == []


@pytest.mark.parametrize("name", ["pair", "seat"])
def test_where_participants_bar_nothing_a_late_done_is_taken_back(name: str) -> None:
    searched(name, 4, bars=False)


@pytest.mark.parametrize("name", ["order", "dear order", "trip", "long trip"])
def test_many_runs_with_three_troubles_hold(name: str) -> None:
    search = Search(SUBJECTS[name], 3, most=6_000)

    assert search.run() is None
    assert search.seen >= 6_000


def test_a_place_is_only_counted_where_it_was_seen() -> None:
    search = Search(SUBJECTS["order"], 0)
    search.run()

    missing = search.coverage.missing(SUBJECTS["order"].definition)
    assert ("ship", "done") not in missing
    assert ("approve", "done") in missing
    assert {*missing} < {*possible(SUBJECTS["order"].definition)}
