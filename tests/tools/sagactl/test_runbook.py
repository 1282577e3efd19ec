"""What a runbook tells to do, a verb does: each command in the documents is one that `sagactl` takes."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer

from sagactl.app import app

DOCUMENTS = sorted((Path(__file__).parents[3] / "docs").glob("*.md"))
_COMMAND = re.compile(r"`sagactl ([^`]*)`")
_NO_ARGUMENT = re.compile(r"[\[\]]")


def commands() -> list[tuple[str, str]]:
    return sorted({(path.name, text) for path in DOCUMENTS for text in _COMMAND.findall(path.read_text())})


def objection(text: str) -> str | None:
    """What `sagactl` would not understand; words in capitals stand for values."""
    words = [_NO_ARGUMENT.sub("", word) for word in text.split()]
    command: Any = typer.main.get_command(app)
    while hasattr(command, "commands") and words and not words[0].startswith("--"):  # or its own options
        name = words.pop(0)
        if name not in command.commands:
            return f"no command {name}"
        command = command.commands[name]
    options = {option: each for each in command.params for option in (*each.opts, *each.secondary_opts)}
    unknown = [word for word in words if word.startswith("--") and word != "--" and word not in options]
    return f"no option {unknown[0]}" if unknown else None


def test_the_documents_tell_of_commands() -> None:
    assert len([name for name, _ in commands() if name == "operations.md"]) > 20


@pytest.mark.parametrize(("document", "text"), commands())
def test_a_command_in_the_documents_is_one_that_there_is(document: str, text: str) -> None:
    assert objection(text) is None, document


@pytest.mark.parametrize(
    "text", ["rejected redrive --key KEY", "reset EXECUTION_ID", "rejected forget", "list --colour", "slots --colour"]
)
def test_a_command_that_there_is_not_would_be_noticed(text: str) -> None:
    assert objection(text) is not None
