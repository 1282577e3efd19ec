"""The whole proof of one definition: purity, every run with so many troubles, faults, schedules, seeded worlds."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from saga_orchestrator.domain.definition import SagaDefinition
from saga_testing.proving.authored.inputs import inputs_of
from saga_testing.proving.authored.purity import impure_functions
from saga_testing.proving.coverage import Coverage
from saga_testing.proving.searching import Finding, Search
from saga_testing.proving.stored.mishaps import Mishaps
from saga_testing.proving.stored.schedules import Schedules
from saga_testing.proving.stored.worlds import Worlds
from saga_testing.proving.subject import Subject, other_settings

SHARES: Final = (0.55, 0.65, 0.9, 1.0)
"""Of its time: when runs, faults, schedules and worlds end at the latest."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How hard to look.

    `seconds` of the processor's time are for everything together, so that a busy machine sees no less; of what a part
    leaves over the later ones have more. `seed` is that of the first world.
    """

    depth: int = 2
    worlds: int = 200
    seed: int = 0
    seconds: float = 60.0


@dataclass
class Proof:
    """What was looked at, and what was found. Everything it says is about what it saw."""

    definition: SagaDefinition
    subjects: tuple[Subject, ...] = ()
    spec: str | None = None
    impure: list[str] = field(default_factory=list)
    was_called_twice: bool = False
    finding: Finding | None = None
    coverage: Coverage = field(default_factory=Coverage)
    situations: int = 0
    depth_seen: int = -1
    """Every run with so many troubles was gone through, for every input."""
    mishaps: int = 0
    all_mishaps: bool = False
    schedules: int = 0
    all_schedules: bool = False
    worlds: int = 0

    @property
    def holds(self) -> bool:
        return self.finding is None and not self.impure


Told = Callable[[str], None]


def prove(definition: SagaDefinition, effort: Effort, *, spec: str | None = None, tell: Told = lambda _: None) -> Proof:
    """Everything, one after the other, until something is wrong or the time is over.

    `spec`: where the definition is (`module:ATTRIBUTE`), so that its functions can be called in other processes.

    Raises:
        NoInput: no input of its model could be made.
    """
    proof = begun(definition, spec)
    for part in parts(effort):
        part(proof, tell)
        if not proof.holds:
            break
    return proof


def begun(definition: SagaDefinition, spec: str | None) -> Proof:
    settings = other_settings(definition)
    inputs = inputs_of(definition, settings)
    return Proof(definition, tuple(Subject(definition, content, settings) for content in inputs), spec)


def parts(effort: Effort) -> tuple[Callable[[Proof, Told], None], ...]:
    began = time.process_time()
    for_runs, for_mishaps, for_schedules, for_worlds = (began + effort.seconds * share for share in SHARES)
    return (
        _purity,
        lambda proof, tell: _runs(proof, effort.depth, for_runs, tell),
        lambda proof, tell: _mishaps(proof, for_mishaps, tell),
        lambda proof, tell: _schedules(proof, for_schedules, tell),
        lambda proof, tell: _worlds(proof, effort, for_worlds, tell),
    )


def _purity(proof: Proof, tell: Told) -> None:
    if proof.spec is None:
        return
    tell("calling its functions at other times and under other hash seeds")
    proof.impure, proof.was_called_twice = impure_functions(proof.spec), True


def _runs(proof: Proof, depth: int, until: float, tell: Told) -> None:
    for troubles in range(depth + 1):
        seen = 0
        for number, subject in enumerate(proof.subjects, start=1):
            tell(f"every run with {so_many(troubles)}{_of_inputs(proof, number)}")
            search = Search(subject, troubles, until=until, coverage=proof.coverage)
            proof.finding = search.run()
            seen += search.seen
            proof.situations = max(proof.situations, seen)
            if proof.finding is not None or not search.is_complete:
                return
        proof.depth_seen = troubles


def so_many(troubles: int) -> str:
    return "1 trouble" if troubles == 1 else f"{troubles or 'no'} troubles"


def _of_inputs(proof: Proof, number: int) -> str:
    return f", input {number} of {len(proof.subjects)}" if len(proof.subjects) > 1 else ""


def _mishaps(proof: Proof, until: float, tell: Told) -> None:
    tell("every fault of AWS at every call")
    mishaps = Mishaps(proof.subjects, until)
    proof.finding = mishaps.run()
    proof.mishaps, proof.all_mishaps = mishaps.run_so_far, mishaps.is_complete


def _schedules(proof: Proof, until: float, tell: Told) -> None:
    tell("deliveries at the same time")
    schedules = Schedules(proof.subjects, until)
    proof.finding = schedules.run()
    proof.schedules, proof.all_schedules = schedules.run_so_far, schedules.is_complete


def _worlds(proof: Proof, effort: Effort, until: float, tell: Told) -> None:
    tell("seeded worlds on the real functions")
    worlds = Worlds(proof.subjects, effort.worlds, until, proof.coverage, first=effort.seed)
    proof.finding = worlds.run()
    proof.worlds = worlds.run_so_far
