"""`sagactl local worker`: a worker for the local stack that is up, for one that was started without."""

from pathlib import Path
from typing import Annotated

import typer

from sagactl.connection import READY_FILE
from sagactl.errors import NotUsableError
from sagactl.options import with_exit_code
from sagactl.outlet import Output


def worker(
    ready_file: Annotated[Path, typer.Option("--ready-file", help="Of the stack; by default this folder's.")] = Path(
        READY_FILE
    ),
    output: Annotated[Output, typer.Option("--output", help="What happens for people, or as one JSON a line.")] = (
        Output.TABLE
    ),
) -> None:
    """Run the pods of the local stack as processes of this machine, until Ctrl-C."""

    def run() -> None:
        # What a worker needs is an extra, as the local stack is.
        from sagactl.local.working import work_for  # noqa: PLC0415
        from stack_client import NotStartedError  # noqa: PLC0415

        try:
            work_for(ready_file, output)
        except NotStartedError as error:
            raise NotUsableError(str(error)) from error

    with_exit_code(run)
