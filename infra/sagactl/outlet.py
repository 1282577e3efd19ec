"""How results leave the command: the same facts as JSON for programs or as a table for people."""

import json
import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from enum import StrEnum
from typing import Any

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from sagactl.errors import NotUsableError

_WIDTH_WITHOUT_TERMINAL = 240


class Output(StrEnum):
    """Formats of standard output."""

    TABLE = "table"
    JSON = "json"


def console() -> Console:
    """Standard output as it is now; wide where no terminal sets a width, so that a pipe gets whole identifiers."""
    return Console(file=sys.stdout, width=None if sys.stdout.isatty() else _WIDTH_WITHOUT_TERMINAL, highlight=False)


def show(output: Output, facts: Any, *people: RenderableType) -> None:
    """Print `facts` as JSON, or what people see instead."""
    if output is Output.JSON:
        sys.stdout.write(json.dumps(facts, indent=2, ensure_ascii=False) + "\n")
        return
    screen = console()
    for renderable in people:
        screen.print(renderable)


def tell(line: str) -> None:
    """A line on standard error, beside the result. Where nobody can read it, the result still counts."""
    if _is_open(sys.stderr):
        with suppress(OSError, ValueError):
            sys.stderr.write(f"sagactl: {line}\n")


def refuse_closed() -> None:
    """Before anything is done whose result could not be told."""
    if not _is_open(sys.stdout):
        raise NotUsableError("standard output is closed")


def abandon() -> None:
    """Nothing more goes to standard output, not even what is still held for it when the interpreter ends."""
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _is_open(stream: Any) -> bool:
    """Python has no stream where the caller closed it before the start."""
    return stream is not None and not stream.closed


def number_of(count: int, thing: str) -> str:
    """`1 saga`, `2 sagas`."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> RenderableType:
    """A plain table, in which None is shown as a dash; of one without rows the title alone."""
    made = Table(title=title, title_justify="left", title_style="bold", header_style="bold")
    for column in columns:
        made.add_column(column, overflow="fold")
    for row in rows:
        made.add_row(*("-" if cell is None else str(cell) for cell in row))
    return made if made.row_count else Text(title, style="bold")
