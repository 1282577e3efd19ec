"""`python -m tests.conformance.document` writes docs/conformance.md from the table."""

from pathlib import Path
from typing import Final

from tests.conformance.schema import Theme
from tests.conformance.table import requirements, themes

DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "conformance.md"
_HEAD: Final = """# Conformance

What the orchestrator promises, one sentence each. Every promise marked *verified* is a test that drives the real
handlers over an emulated AWS (`tests/conformance`), with the expected state, timeline, messages, rejections and calls
written beside it. *Not covered* is a gap that we know, with its reason.
The events themselves are described in [events.md](events.md).

Written by `python -m tests.conformance.document`; a test compares.
"""


def render() -> str:
    """The whole document."""
    verified = sum(requirement.status == "verified" for requirement in requirements())
    total = f"{verified} requirements are verified, {len(requirements()) - verified} are not covered."
    return "\n".join([_HEAD, total, "", *(_theme(theme) for theme in themes())])


def _theme(theme: Theme) -> str:
    rows = [
        f"| {requirement.id} | {_cell(requirement.promise)} | {_status(requirement.status, requirement.reason)} |"
        for requirement in theme.requirements
    ]
    head = [f"## {theme.theme}", "", theme.about, "", "| id | promise | status |", "|---|---|---|"]
    return "\n".join([*head, *rows, ""])


def _status(status: str, reason: str | None) -> str:
    return "verified" if reason is None else f"{status.replace('-', ' ')}: {_cell(reason)}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    DOCUMENT.write_text(render(), encoding="utf-8")
