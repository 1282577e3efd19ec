"""The options that every command shares, and the one place where expected failures become one line and an exit code."""

import functools
import inspect
import os
import sys
from collections.abc import Callable
from typing import Annotated, Any, NoReturn

import typer
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from saga_orchestrator.adapters.aws_errors import code_of
from saga_orchestrator.application.rejected_events import innermost
from saga_orchestrator.domain.errors import SagaError
from sagactl.connection import Target
from sagactl.errors import REFUSALS, CommandError, NotUsableError, Refusal
from sagactl.outlet import Output, abandon, refuse_closed, tell

Command = Callable[..., None]

_NOT_UNDERSTOOD = (LookupError, TypeError, AttributeError, ValueError)
"""What reading ends with where a part is missing or of another kind, as in a proxy's page that passes for an answer."""
_ALL_OF_IT = "SAGACTL_TRACEBACK"

_EMULATOR = frozenset({"moto", "samtranslator", "awslambdaric", "werkzeug"})
"""What only the extra `local` installs."""

StackName = Annotated[str, typer.Option("--stack-name", help="Name of the CloudFormation stack.")]
EndpointUrl = Annotated[
    str | None, typer.Option("--endpoint-url", help="AWS endpoint, such as the one `sagactl local up` prints.")
]
Profile = Annotated[str | None, typer.Option("--profile", help="Profile of the AWS configuration.")]
Region = Annotated[str | None, typer.Option("--region", help="AWS region.")]
OutputFormat = Annotated[Output, typer.Option("--output", help="Format of the result.")]

_SHARED: dict[str, tuple[Any, Any]] = {
    "stack_name": (StackName, "saga-orchestrator"),
    "endpoint_url": (EndpointUrl, None),
    "profile": (Profile, None),
    "region": (Region, None),
    "output": (OutputFormat, Output.TABLE),
}


def on_stack(command: Command) -> Command:
    """Give a command the shared options; it receives them as its first argument, a Target."""

    @functools.wraps(command)
    def run(**values: Any) -> None:
        target = Target(**{name: values.pop(name) for name in _SHARED})

        def work() -> None:
            _refuse_unreadable(values)
            command(target, **values)

        with_exit_code(work)

    own = list(inspect.signature(command).parameters.values())[1:]
    shared = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        for name, (annotation, default) in _SHARED.items()
    ]
    keyword = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own]
    # typer reads a command's options from its signature and annotations.
    run.__signature__ = inspect.Signature([*keyword, *shared])  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in [*keyword, *shared]}
    return run


def _refuse_unreadable(values: dict[str, Any]) -> None:
    """Bytes of the command line that are no text: neither a key nor an event could hold them."""
    for name, value in values.items():
        try:
            str(value if isinstance(value, str) else "".join(value) if isinstance(value, list) else "").encode()
        except UnicodeEncodeError as error:
            raise NotUsableError(f"{name.replace('_', ' ')}: not UTF-8") from error


def with_exit_code(work: Callable[[], None]) -> None:
    """Run, and turn a failure that was to be expected into one line on standard error."""
    try:
        refuse_closed()
        try:
            work()
        finally:
            sys.stdout.flush()  # what cannot be written must not show first when the interpreter ends
    except CommandError as error:
        fail(str(error), error.exit_code)
    except REFUSALS as error:
        fail(explain(error), 2)
    except SagaError as error:
        # What the engine's own stores say when AWS says no: whichever command forgot it, the operator gets his line.
        refused = error.__cause__
        fail(explain(refused) if isinstance(refused, REFUSALS) else " ".join(str(error).split()), 2)
    except (OSError, UnicodeEncodeError) as error:
        unwritable(error)
    except ModuleNotFoundError as error:
        if str(error.name).partition(".")[0] not in _EMULATOR:
            raise
        fail("the local stack is an extra that is not installed: pip install 'saga-orchestrator[local]'", 2)
    except _NOT_UNDERSTOOD as odd:
        if os.environ.get(_ALL_OF_IT):
            raise
        what = f"an answer could not be understood ({type(odd).__name__} in {innermost(odd)})"
        fail(f"{what}; what was done before stays done. {_ALL_OF_IT}=1 shows all of it", 2)


def unwritable(error: OSError | UnicodeEncodeError) -> NoReturn:
    """A full disk, a reader that has gone, letters that the terminal lacks: whatever was done before stays done."""
    abandon()
    why = error.strerror if isinstance(error, OSError) else f"{error.encoding} lacks a letter; set PYTHONIOENCODING"
    fail(f"the output cannot be written: {why or error}", 2)


def fail(message: str, exit_code: int) -> NoReturn:
    """One line, and out."""
    tell(message)
    raise typer.Exit(exit_code)


def explain(error: Refusal) -> str:
    """What AWS, or the way to it, objected to, and what to do about it."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", "unknown")
        code, text = code_of(error) or status, error.response.get("Error", {}).get("Message", "")
        return " ".join(f"{error.operation_name} was refused: {code}: {text}".split())
    if isinstance(error, ResponseParserError):
        said = " ".join(str(error).split())
        return f"an answer could not be read, so what was asked may be done or not: {said}"
    if isinstance(error, RecursionError):
        return "no answer: a redirect leads back to itself; is there a proxy between?"
    if isinstance(error, NoCredentialsError):
        return "no AWS credentials: pass --profile or sign in, or start `sagactl local up` in this folder"
    if isinstance(error, EndpointConnectionError | ConnectTimeoutError | ReadTimeoutError):
        return f"{error}; is the stack up? A leftover .local-stack.json points to a stack that has gone: remove it"
    return " ".join(str(error).split())
