"""`sagactl demo`: several hundred executions of real scripts on the local stack, each held against what is expected."""

from pathlib import Path
from typing import Annotated

import typer

from local_stack import BrokenTemplate, LocalStackError
from sagactl.commands.local.up import TEMPLATE
from sagactl.errors import NotDoneError, NotUsableError
from sagactl.options import fail, with_exit_code
from sagactl.outlet import Output, show

_INTERRUPTED = 130


def demo(
    executions: Annotated[
        int, typer.Option("--executions", min=1, help="About how many; at least one of every case is played.")
    ] = 400,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed makes the same workload.")] = 1,
    output: Annotated[Output, typer.Option("--output", help="Format of the result.")] = Output.TABLE,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --output json.")] = False,
    template: Annotated[Path, typer.Option("--template", help="The template to run.", show_default=False)] = TEMPLATE,
) -> None:
    """Play real scripts on the whole stack, on this machine: crashing, endless, duplicated, cancelled, out of order.

    Exit code 1 if anything ended otherwise than expected, or a promise was broken.
    """

    def run() -> None:
        # The embedded AWS takes a second to import; commands that only ask a stack do not pay for it.
        from demo import NotSentError, report  # noqa: PLC0415
        from sagactl.local.demo_running import played  # noqa: PLC0415
        from sagactl.local.demo_summary import summary  # noqa: PLC0415
        from stack_client import NotStartedError  # noqa: PLC0415

        try:
            facts = report(played(executions, seed, template), seed)
        except (LocalStackError, BrokenTemplate, NotStartedError) as error:
            raise NotUsableError(str(error)) from error
        except NotSentError as error:
            raise NotDoneError(str(error)) from error
        wanted = Output.JSON if as_json else output
        show(wanted, facts, *(summary(facts) if wanted is Output.TABLE else []))
        if not facts["ok"]:
            raise typer.Exit(1)

    try:
        with_exit_code(run)
    except KeyboardInterrupt:
        fail("interrupted; everything is down again", _INTERRUPTED)
