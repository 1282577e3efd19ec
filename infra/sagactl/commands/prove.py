"""`sagactl prove`: everything that participants, people and time can do to a saga, and whether it all holds."""

from typing import Annotated

import typer

from sagactl.errors import NotDoneError
from sagactl.finding import find
from sagactl.options import with_exit_code
from sagactl.outlet import Output, show

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
        # The kit takes a quarter of a second to import; commands that only ask a stack do not pay for it.
        from saga_testing.proving import Effort  # noqa: PLC0415
        from sagactl.proving.report import Report  # noqa: PLC0415
        from sagactl.proving.searching import begin, run_through  # noqa: PLC0415

        found = find(name)
        proof = begin(found)
        effort = Effort(depth, worlds, seed, seconds)
        stopped = run_through(proof, effort)
        report = Report(proof, found.attribute, effort, stopped=stopped)
        show(output, report.facts(), *report.people())
        if not proof.holds:
            raise NotDoneError(f"{proof.definition.name} does not hold: {report.wrong}")
        if stopped:
            raise typer.Exit(INTERRUPTED)

    with_exit_code(work)
