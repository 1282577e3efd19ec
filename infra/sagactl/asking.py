"""Nothing that changes a stack happens by default: the count and the stack's name first, then a yes."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

import typer
from rich.console import Console
from rich.progress import track

from sagactl.deployment import Deployment
from sagactl.errors import NotUsableError
from sagactl.outlet import tell

T = TypeVar("T")


def agreed(stack: Deployment, question: str, *, yes: bool) -> None:
    """Return only if the caller wants it, on this stack. `yes` was said beforehand, with --yes."""
    where = f"stack {stack.stack_name} ({stack.connection.place})"
    if yes:
        tell(f"{question}, on {where}")
        return
    try:
        said = typer.confirm(f"{question}, on {where}?", err=True)
    except typer.Abort:
        raise NotUsableError(f"{question}, on {where}: nobody answered; nothing was done. --yes agrees") from None
    if not said:
        raise NotUsableError("nothing was done")


def tell_stack(stack: Deployment) -> None:
    """For a change of one named execution, which nobody is asked about: where it goes."""
    tell(f"on stack {stack.stack_name} ({stack.connection.place})")


def progress(work: Sequence[T], title: str) -> Iterable[T]:
    """The same, with how far it came on standard error, if somebody sits there."""
    console = Console(file=sys.stderr)
    shown: Iterator[T] = iter(track(work, title, console=console, transient=True, disable=not console.is_terminal))
    return shown
