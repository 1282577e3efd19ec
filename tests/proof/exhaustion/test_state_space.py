"""Every reachable state of the bounded system: executions, a slot, a worker, deadlines, a crash, duplicates."""

from dataclasses import replace

import pytest

from saga_orchestrator.domain.states import SagaState
from tests.proof.exhaustion.conftest import Figures
from tests.proof.exhaustion.state_space import System, Violation, check_safety, initial, search


def test_one_execution_with_a_cancel_a_crash_and_two_duplicates(figures: Figures) -> None:
    found = search(initial(1, ((0, "requested"), (0, "cancelled")), crashes=1, duplicates=2))
    figures(f"state space of one execution, a cancel, a crash and two duplicates: {found}")
    assert found.states > 10_000


def test_two_executions_that_compete_for_one_slot(exhaustive: bool, figures: Figures) -> None:
    """With a crash as well in the nightly run, which is ten times as many states."""
    crashes = int(exhaustive)
    found = search(initial(2, ((0, "requested"), (1, "requested")), crashes=crashes, duplicates=0))
    figures(f"state space of two executions, one slot and {crashes} crashes: {found}")
    assert found.states > (200_000 if exhaustive else 20_000)


def test_the_search_finds_what_is_broken_and_the_way_to_it() -> None:
    def nothing_may_be_cancelled(system: System) -> None:
        check_safety(system)
        assert not any(saga and saga.state is SagaState.CANCELLED for saga in system.sagas), "cancelled"

    with pytest.raises(Violation, match=r"(?s)cancelled.*reached by: .*cancelled-0 is applied"):
        search(initial(1, ((0, "requested"), (0, "cancelled")), crashes=0, duplicates=0), nothing_may_be_cancelled)


def test_a_leaked_slot_is_seen() -> None:
    start = initial(1, ((0, "requested"),), crashes=0, duplicates=0)
    with pytest.raises(Violation, match="S7"):
        search(replace(start, counter=1))
