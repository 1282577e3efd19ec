"""`sagactl prove`: everything that participants, people and time can do to a saga, and whether it all holds."""

import importlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from saga_orchestrator.domain.definition import SagaDefinition
from saga_testing.proving import Effort, NoInput, Proof, begun, parts
from sagactl.errors import NotDoneError, NotUsableError
from sagactl.options import with_exit_code
from sagactl.outlet import Output, show, tell
from sagactl.proving.report import Report
from sagas import SAGAS

INTERRUPTED = 130


def prove(
    name: Annotated[str, typer.Argument(help="A saga's name, or module:ATTRIBUTE of a file of yours.")],
    depth: Annotated[
        int, typer.Option("--depth", min=0, max=8, help="Every run with at most so many troubles is gone through.")
    ] = 2,
    worlds: Annotated[int, typer.Option("--worlds", min=0, help="So many seeded worlds on the real functions.")] = 200,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the first world; each next one has the next.")] = 0,
    seconds: Annotated[
        float, typer.Option("--seconds", min=1, help="All of it ends after so many seconds of the processor.")
    ] = 60,
    output: Annotated[Output, typer.Option("--output", help="Format of the result.")] = Output.TABLE,
) -> None:
    """Prove a saga's definition, and say what was reached and what was not; needs no stack.

    Exit code 1: something does not hold, and the shortest run that was found is printed as lines of a test.
    Go further with --depth, --worlds and --seconds; --worlds 1 --seed N plays one world again.
    """

    def work() -> None:
        found = find(name)
        proof = _begun(found)
        effort = Effort(depth, worlds, seed, seconds)
        stopped = _run(proof, effort)
        report = Report(proof, found.attribute, effort, stopped=stopped)
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
