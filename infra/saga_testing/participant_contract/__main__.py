"""`python -m saga_testing.participant_contract`: which rules a participant keeps. Exit code 1: one is broken."""

import json
import shlex
import subprocess
from collections.abc import Callable
from typing import Annotated, Any

import typer

from saga_testing.clauses import CannotPlay, play_all
from saga_testing.clauses import command_line as shared
from saga_testing.clauses.report import Output, show
from saga_testing.participant_contract.clauses import CLAUSES
from saga_testing.participant_contract.commands import Step
from saga_testing.participant_contract.stage import HEARD, Given, ParticipantStage

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.command()
def participant_contract(  # noqa: PLR0913 - typer reads a command's options from its parameters
    *,
    command: Annotated[str, typer.Option("--command", help="Type of the step's command.")],
    undo: Annotated[str | None, typer.Option("--undo", help="Type of the command that takes it back.")] = None,
    body: Annotated[str, typer.Option("--body", help="JSON object: the command's own fields, to be done.")] = "{}",
    refused: Annotated[str | None, typer.Option("--refused", help="JSON object: fields that are refused.")] = None,
    key_field: Annotated[str | None, typer.Option("--key-field", help="The saga's own name for its key.")] = None,
    effects: Annotated[
        str | None,
        typer.Option("--effects", help="Command that is given an operation id, and prints how often it happened."),
    ] = None,
    restart: Annotated[str | None, typer.Option("--restart", help="Command that restarts the participant.")] = None,
    kafka: shared.Kafka = None,
    commands_topic: shared.Commands = "contract_commands",
    events_prefix: shared.EventsPrefix = "contract_",
    bus: shared.Bus = None,
    source: shared.Source = "executions",
    endpoint_url: shared.Endpoint = None,
    profile: shared.Profile = None,
    region: shared.Region = None,
    patience: shared.Patience = 30.0,
    quiet: shared.Quiet = 3.0,
    only: shared.Only = None,
    output: shared.OutputFormat = Output.TABLE,
) -> None:
    """Play every rule of docs/participant-contract.md against the participant on a bus, or on topics, of its own."""
    where = shared.Where(kafka, commands_topic, events_prefix, bus, source, endpoint_url, profile, region)

    def work() -> int:
        run, clauses = shared.new_run(), shared.chosen(CLAUSES, only)
        refusing = None if refused is None else shared.json_object("--refused", refused)
        step = Step(command, undo, shared.json_object("--body", body), refusing, key_field)
        channel, _ = shared.open_channel(where, HEARD, run)
        try:
            given = Given(step, patience, quiet, _counter(effects), shared.restarter(restart))
            stage = ParticipantStage(channel, given, run)
            _refuse_silence(stage)
            return show("Participant's contract", play_all(clauses, stage), output)
        finally:
            channel.close()

    shared.with_exit_code(work)


def _counter(words: str | None) -> Callable[[str], int] | None:
    if words is None:
        return None

    def count(operation_id: str) -> int:
        asked = [*shlex.split(words), operation_id]
        done = subprocess.run(asked, check=False, capture_output=True, text=True)
        if done.returncode or not done.stdout.strip().isdigit():
            raise CannotPlay(f"--effects printed no number but {(done.stdout + done.stderr)[-200:]!r}")
        return int(done.stdout)

    return count


def _refuse_silence(stage: ParticipantStage) -> None:
    hello: dict[str, Any] = stage.send(stage.attempt("hello"))
    if not stage.heard_within(hello, stage.given.patience):
        asked = json.dumps(hello["message_type"])
        raise CannotPlay(f"no participant answers: nothing was said to {asked} within {stage.given.patience:g} s")


if __name__ == "__main__":
    app()
