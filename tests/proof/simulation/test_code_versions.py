"""Two releases in one world: the second copy is one, it is drawn as often as it should be, and it finds bugs."""

import sys
from collections.abc import Iterator
from http import HTTPStatus

import pytest

from saga_orchestrator.adapters.saga_codec import decode, encode
from saga_orchestrator.domain.operating.authority import Deed
from saga_orchestrator.domain.saga import Saga
from saga_orchestrator.domain.states import SagaState
from tests.proof.simulation.campaign import find
from tests.proof.simulation.faults.code_edits import EditDoesNotFit
from tests.proof.simulation.faults.code_versions import MODULES, THIS
from tests.proof.simulation.faults.neighbours import NEWER, OLDER, newer, older
from tests.proof.simulation.faults.second_copy import Edits, second_copy
from tests.proof.simulation.faults.weather import Fault
from tests.proof.simulation.mutants.version_mutants import VERSION_MUTANTS
from tests.proof.simulation.world.lambda_service import API, RUNNER
from tests.proof.simulation.world.world import World

CODEC = "adapters.saga_codec"
ALONE = frozenset({str(Fault.OTHER_VERSION)})
QUICKLY_KILLED = [mutant.name for mutant in VERSION_MUTANTS if mutant.expected != "L2"]


def test_a_second_copy_has_classes_of_its_own_and_leaves_the_first_one_alone() -> None:
    before = dict(sys.modules)

    copy = second_copy({CODEC: [('"execution_id": {"S"', '"run_id": {"S"')]}, [CODEC, "domain.saga"])

    assert {name: sys.modules[name] for name in before} == before
    assert not any(name.startswith("saga_orchestrator") for name in sys.modules.keys() - before.keys())
    assert copy["domain.saga"].Saga is not Saga
    saga = Saga("ex-1", "execution_saga", 1, SagaState.CREATED, 1, 0, "corr-1")
    assert decode(encode(saga)) == saga
    assert "run_id" in copy[CODEC].encode(saga)
    assert "run_id" not in encode(saga)


@pytest.mark.parametrize(
    "edits",
    [{CODEC: [("no such text", "")]}, {CODEC: [("return", "yield")]}, {"domain.secret": [("no such text", "")]}],
    ids=["not there", "there more than once", "in a module that is not wanted"],
)
def test_an_edit_that_does_not_fit_any_more_is_an_error_and_the_package_is_put_back(edits: Edits) -> None:
    before = dict(sys.modules)

    with pytest.raises(EditDoesNotFit):
        second_copy(edits, [CODEC])

    assert dict(sys.modules) == before


@pytest.mark.parametrize("edits", [OLDER, NEWER], ids=["N-1", "N+1"])
def test_neighbours_are_whole_releases(edits: Edits) -> None:
    version = older() if edits is OLDER else newer()

    assert version.entries.keys() == THIS.entries.keys() - {API, RUNNER}
    assert second_copy(edits, list(MODULES)).keys() == MODULES.keys()


def test_a_fifth_of_the_worlds_mixes_two_releases_and_calm_ones_never_do() -> None:
    worlds = [World(seed) for seed in range(600)]
    mixed = [world for world in worlds if world.ledger.versions.mixed]

    assert 0.15 < len(mixed) / len(worlds) < 0.25
    assert {(world.ledger.versions.other.name, world.ledger.versions.newest.name) for world in mixed} == {
        ("N-1", "N"),
        ("N", "N+1"),
    }
    assert not any(world.plan.calm for world in mixed)


def test_mixed_worlds_run_both_releases_and_break_no_oracle() -> None:
    seeds = [seed for seed in range(400) if World(seed).ledger.versions.mixed]
    worlds = [World(seed).run() for seed in seeds]

    assert [world.judge.violations for world in worlds if world.judge.violations] == []
    met = [world for world in worlds if world.faults[Fault.OTHER_VERSION] > 0]
    assert len(met) > 0.9 * len(worlds)
    attributes = {name for world in worlds for saga in world.ledger.sagas.values() for name in saga.image}
    assert "trace" in attributes
    assert any("usage#1" in saga.keys for world in worlds for saga in world.ledger.sagas.values())
    told = [each for world in worlds if world.shop.plans for each in world.api_desk.calls.told]
    assert {each.asked.deed for each in told if each.status == HTTPStatus.OK} >= {*Deed} - {Deed.UNDO}
    assert sum(world.judge.concerned["A5"] for world in worlds if world.shop.plans) > len(worlds)


def test_a_world_without_its_second_release_is_an_ordinary_one() -> None:
    mixed = next(seed for seed in range(400) if World(seed).ledger.versions.mixed)
    world = World(mixed, silenced=ALONE).run()

    assert world.faults[Fault.OTHER_VERSION] == 0
    assert not any("trace" in saga.image for saga in world.ledger.sagas.values())


def _failing_until(expected: str) -> Iterator[World]:
    """Worlds that break an oracle, up to the first that breaks this one."""
    for seed in range(300):
        world = World(seed).run()
        if world.judge.violations:
            yield world
        if expected in {identity for identity, _ in world.judge.violations}:
            return


@pytest.mark.parametrize("name", QUICKLY_KILLED)
def test_a_bug_in_living_with_another_release_is_seen_in_mixed_worlds_and_in_no_other(name: str) -> None:
    mutant = find(name)
    with mutant.applied():
        failing = list(_failing_until(mutant.expected))
        alone = [World(world.seed, silenced=ALONE).run().judge.violations for world in failing]

    assert mutant.expected in {identity for world in failing for identity, _ in world.judge.violations}
    assert not any(alone)
