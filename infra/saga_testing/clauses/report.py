"""What people and programs read of a run, and its exit code."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from enum import StrEnum
from typing import Final

from rich.console import Console
from rich.table import Table

from saga_testing.clauses.model import Finding, Verdict

HOLDS: Final = 0
BROKEN: Final = 1
BAD_USAGE: Final = 2
_WIDTH: Final = 160


class Output(StrEnum):
    TABLE = "table"
    JSON = "json"


def show(contract: str, findings: Sequence[Finding], output: Output) -> int:
    """Print what was found; the exit code says whether a clause is broken."""
    if output is Output.JSON:
        sys.stdout.write(json.dumps([asdict(each) for each in findings], indent=2, ensure_ascii=False) + "\n")
    else:
        _print(contract, findings)
    return BROKEN if any(each.verdict is Verdict.BROKEN for each in findings) else HOLDS


def _print(contract: str, findings: Sequence[Finding]) -> None:
    screen = Console(file=sys.stdout, width=None if sys.stdout.isatty() else _WIDTH, highlight=False)
    made = Table(title=contract, title_justify="left", title_style="bold", header_style="bold")
    for column in ("clause", "", "what it says", "what was seen"):
        made.add_column(column, overflow="fold")
    for each in findings:
        made.add_row(each.number, each.verdict.value, each.text, each.seen, style=_STYLES[each.verdict])
    screen.print(made)
    counts = {verdict: sum(each.verdict is verdict for each in findings) for verdict in Verdict}
    screen.print(", ".join(f"{count} {verdict.value}" for verdict, count in counts.items()))


_STYLES: Final = {Verdict.HOLDS: None, Verdict.BROKEN: "red", Verdict.NOT_PLAYED: "dim"}
