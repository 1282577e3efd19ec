"""`python -m saga_testing.worker_contract`: which clauses a worker keeps. Exit code 1: one is broken; 2: not played."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from saga_testing.clauses import CannotPlay, play_all
from saga_testing.clauses import command_line as shared
from saga_testing.clauses.report import Output, show
from saga_testing.worker_contract.clauses import CLAUSES
from saga_testing.worker_contract.stage import HEARD, Given, WorkerStage

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.command()
def worker_contract(  # noqa: PLR0913 - typer reads a command's options from its parameters
    *,
    kafka: shared.Kafka = None,
    commands_topic: shared.Commands = "contract_commands",
    events_prefix: shared.EventsPrefix = "contract_",
    bus: shared.Bus = None,
    source: shared.Source = "executions",
    endpoint_url: shared.Endpoint = None,
    profile: shared.Profile = None,
    region: shared.Region = None,
    patience: shared.Patience = 60.0,
    quiet: shared.Quiet = 5.0,
    only: shared.Only = None,
    output: shared.OutputFormat = Output.TABLE,
    image: Annotated[
        str, typer.Option("--image", help="An image with Python that the worker can run.")
    ] = "python:3.11-slim",
    python: Annotated[str, typer.Option("--python", help="What starts Python in that image.")] = "python",
    fields: Annotated[str, typer.Option("--fields", help="JSON object: further fields of every create.")] = "{}",
    bucket: Annotated[str | None, typer.Option("--bucket", help="Bucket for scripts that the worker can read.")] = None,
    room: Annotated[int | None, typer.Option("--room", help="How many pods the worker runs at once.", min=1)] = None,
    shared_folder: Annotated[
        Path | None, typer.Option("--shared", help="Folder that scripts and the kit both see.")
    ] = None,
    restart: Annotated[
        str | None, typer.Option("--restart", help="Command that restarts the worker, and waits for it.")
    ] = None,
    log: Annotated[Path | None, typer.Option("--log", help="The worker's log.")] = None,
    unknown_image: Annotated[
        str | None, typer.Option("--unknown-image", help="An image that cannot be pulled.")
    ] = None,
) -> None:
    """Play every clause of docs/worker-contract.md against the worker on a bus, or on topics, of its own."""
    where = shared.Where(kafka, commands_topic, events_prefix, bus, source, endpoint_url, profile, region)

    def work() -> int:
        run = shared.new_run()
        clauses = shared.chosen(CLAUSES, only)
        more = {**shared.json_object("--fields", fields), "runtime_image": image, "runtime_command": [python]}
        _refuse_missing(shared_folder, log)
        channel, clients = shared.open_channel(where, HEARD, run)
        try:
            given = Given(
                patience=patience,
                quiet=quiet,
                fields=more,
                put_script=_putter(clients, bucket),
                bucket=bucket,
                room=room,
                shared=shared_folder and shared_folder.resolve(),
                restart=shared.restarter(restart),
                log=log,
                unknown_image=unknown_image,
            )
            stage = WorkerStage(channel, given, run)
            _refuse_silence(stage)
            return show("Worker's contract", play_all(clauses, stage), output)
        finally:
            channel.close()

    shared.with_exit_code(work)


def _refuse_missing(folder: Path | None, log: Path | None) -> None:
    if folder is not None and not folder.is_dir():
        raise CannotPlay(f"--shared: {folder} is no folder")
    if log is not None and not log.is_file():
        raise CannotPlay(f"--log: {log} is no file")


def _putter(clients: shared.Clients, bucket: str | None) -> Callable[[str, bytes], None] | None:
    if bucket is None:
        return None
    return lambda key, body: clients.s3.put_object(Bucket=bucket, Key=key, Body=body)


def _refuse_silence(stage: WorkerStage) -> None:
    """Where nobody says a word, every clause would seem broken, and most of those about silence kept."""
    create = stage.begin("hello", "print('hello')")
    end = stage.given.patience
    if not stage.heard_within(create, end):
        raise CannotPlay(f"no worker answers: nothing was said about an execution within {end:g} s")


if __name__ == "__main__":
    app()
