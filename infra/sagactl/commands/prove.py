"""`sagactl prove`: everything that participants, people and time can do to a saga, and whether it all holds."""

import importlib
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from saga_orchestrator.domain.definition import SagaDefinition
from saga_testing.proving import Effort, NoInput, Proof, begun, in_short, lines_of, parts, possible
from sagactl.errors import NotDoneError, NotUsableError
from sagactl.options import with_exit_code
from sagactl.outlet import Output, number_of, show, table, tell
from sagas import SAGAS

INTERRUPTED = 130


def prove(
    name: Annotated[str, typer.Argument(help="A saga's name, or module:ATTRIBUTE of a file of yours.")],
    depth: Annotated[
        int, typer.Option("--depth", min=0, max=8, help="Every run with at most so many troubles is gone through.")
    ] = 2,
    seeds: Annotated[int, typer.Option("--seeds", min=0, help="So many seeded worlds on the real functions.")] = 200,
    seconds: Annotated[
        float, typer.Option("--seconds", min=1, help="All of it ends after so many seconds of the processor.")
    ] = 120,
    output: Annotated[Output, typer.Option("--output", help="Format of the result.")] = Output.TABLE,
) -> None:
    """Prove a saga's definition, and say what was reached and what was not; needs no stack.

    Exit code 1: something does not hold, and the shortest run that was found is printed as lines of a test.
    """

    def work() -> None:
        found = find(name)
        proof = _begun(found)
        stopped = _run(proof, Effort(depth, seeds, seconds))
        report = Report(proof, found.attribute, depth, seeds, stopped=stopped)
        show(output, report.facts(), *report.people())
        if not proof.holds:
            raise NotDoneError(f"{proof.definition.name} does not hold: {report.wrong}")
        if stopped:
            raise typer.Exit(INTERRUPTED)

    with_exit_code(work)


@dataclass(frozen=True, slots=True)
class Found:
    """A definition, and where it can be imported from; None where no module names it."""

    definition: SagaDefinition
    module: str | None
    attribute: str

    @property
    def spec(self) -> str | None:
        return f"{self.module}:{self.attribute}" if self.module else None


def find(name: str) -> Found:
    """By the name of a registered saga, with or without `_saga`, or by module and attribute.

    Raises:
        NotUsableError: there is none; the message says which there are.
    """
    return _imported(name) if ":" in name else _registered(name)


def _registered(name: str) -> Found:
    definition = SAGAS.named(name) or SAGAS.named(f"{name}_saga")
    if definition is None:
        known = ", ".join(each.name for each in SAGAS)
        raise NotUsableError(f"there is no saga {name}; there is: {known}, or name a file of yours as module:ATTRIBUTE")
    for module in [each for each in sys.modules if each.startswith("sagas.")]:
        for attribute, value in vars(sys.modules[module]).items():
            if value is definition:
                return Found(definition, module, attribute)
    return Found(definition, None, definition.name.upper())


def _imported(name: str) -> Found:
    module, _, attribute = name.partition(":")
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        definition = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        # A definition with a mistake is refused when it is imported, with all its mistakes in sentences.
        raise NotUsableError(f"{name} cannot be imported: {error}") from error
    if not isinstance(definition, SagaDefinition):
        raise NotUsableError(f"{name} is a {type(definition).__name__}, and no SagaDefinition")
    return Found(definition, module, attribute)


def _begun(found: Found) -> Proof:
    try:
        return begun(found.definition, found.spec)
    except NoInput as none:
        raise NotUsableError(str(none)) from none


def _run(proof: Proof, effort: Effort) -> bool:
    """Whether it was stopped by hand: what was seen until then still counts."""
    try:
        for part in parts(effort):
            part(proof, tell)
            if not proof.holds:
                break
    except KeyboardInterrupt:
        tell("stopped; this is what was seen until then")
        return True
    except RuntimeError as error:
        raise NotUsableError(f"its functions cannot be called in another process: {error}") from error
    return False


@dataclass(frozen=True)
class Report:
    """What a proof has to say, and no more than it saw."""

    proof: Proof
    attribute: str
    depth: int
    seeds: int
    stopped: bool = False
    _rows: dict[str, tuple[list[str], list[str]]] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_rows", _rows_of(self.proof))

    @property
    def wrong(self) -> str:
        if self.proof.finding is not None:
            return in_short(self.proof.finding.wrong)
        return "; ".join(self.proof.impure)

    def facts(self) -> dict[str, Any]:
        proof = self.proof
        return {
            "saga_name": proof.definition.name,
            "version": proof.definition.version,
            "holds": proof.holds and not self.stopped,
            "stopped": self.stopped,
            "wrong": self.wrong or None,
            "replay": self._replay(),
            "impure": proof.impure,
            "inputs": [dict(subject.input) for subject in proof.subjects],
            "settings": dict(proof.subjects[0].settings),
            "looked_at": self._looked_at(),
            "reached": {place: reached for place, (reached, _) in self._rows.items()},
            "not_reached": {place: missing for place, (_, missing) in self._rows.items() if missing},
        }

    def people(self) -> list[Any]:
        rows = [
            (place, ", ".join(reached) or "-", ", ".join(missing) or "-")
            for place, (reached, missing) in self._rows.items()
        ]
        title = f"{self.proof.definition.name}, version {self.proof.definition.version}"
        lines = [table(title, ("step", "reached", "not reached"), rows), *self._looked_at()]
        replay = self._replay()
        if replay:
            lines += ["", "Replay it:", "", *(f"    {line}" for line in replay)]
        return [*lines, *(f"impure: {each}" for each in self.proof.impure)]

    def _replay(self) -> list[str]:
        return lines_of(self.proof.finding, self.attribute) if self.proof.finding is not None else []

    def _looked_at(self) -> list[str]:
        """Each part with what it covered; what was cut short says so."""
        proof = self.proof
        seen = f"{number_of(proof.situations, 'situation')} of {number_of(len(proof.subjects), 'input')}"
        runs = f"every run with at most {proof.depth_seen} troubles" if proof.depth_seen >= 0 else "no run to its end"
        cut = "" if proof.depth_seen == self.depth else f"; of those with {proof.depth_seen + 1} only a part"
        all_of_them = "all" if proof.all_schedules else "only a part"
        return [
            f"{runs}{cut}: {seen}",
            f"{number_of(proof.schedules, 'schedule')} of two and three deliveries at the same time ({all_of_them})",
            f"{proof.worlds} of {self.seeds} seeded worlds on the real functions",
            "its functions answer alike at other times and under other hash seeds"
            if proof.was_called_twice and not proof.impure
            else "its functions were not called a second time"
            if not proof.was_called_twice
            else "its functions do not always answer alike",
        ]


def _rows_of(proof: Proof) -> dict[str, tuple[list[str], list[str]]]:
    """By step, undo and saga: what was reached and what was not, in the order of the definition."""
    rows: dict[str, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    known = possible(proof.definition)
    for place, what in known:
        rows[place][0 if (place, what) in proof.coverage.reached else 1].append(what)
    for place, what in proof.coverage.reached:
        if (place, what) not in known:
            rows[place][0].append(what)
    return dict(rows)
