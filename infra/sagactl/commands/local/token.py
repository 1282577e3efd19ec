"""`sagactl local token`: signs somebody in at the local stack's issuer, and prints the access token."""

import json
from pathlib import Path
from typing import Annotated

import typer

from sagactl.connection import READY_FILE
from sagactl.errors import NotUsableError
from sagactl.options import with_exit_code


def token(
    person: Annotated[str, typer.Argument(help="As whom: reader, operator, admin, ada or grace.")],
    ready_file: Annotated[Path, typer.Option("--ready-file", help="That of the stack.")] = Path(READY_FILE),
) -> None:
    """Print an access token for the local stack's API, good for an hour: curl -H "Authorization: Bearer $(...)"."""

    def run() -> None:
        # What signs and listens takes a while to import; commands that only ask a stack do not pay for it.
        from local_stack.issuer import PEOPLE, SignInFailed, access_token  # noqa: PLC0415

        try:
            typer.echo(access_token(_issuer_of(ready_file), person))
        except SignInFailed as failed:
            raise NotUsableError(f"{failed}; there are {', '.join(PEOPLE)}") from failed

    with_exit_code(run)


def _issuer_of(ready_file: Path) -> str:
    try:
        issuer = json.loads(ready_file.read_text())["issuer"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NotUsableError(f"{ready_file} tells of no local stack: start one by `sagactl local up`") from error
    if not isinstance(issuer, str):
        raise NotUsableError(f"the stack of {ready_file} has no issuer: start it by `sagactl local up`")
    return issuer
