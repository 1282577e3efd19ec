"""All commands, in the order in which `--help` shows them."""

from importlib.metadata import version
from typing import Annotated

import typer

from sagactl.commands.acts import list_acts
from sagactl.commands.cancel import cancel
from sagactl.commands.compare import compare
from sagactl.commands.graph import graph
from sagactl.commands.limits import close, open_, override
from sagactl.commands.list import list_sagas
from sagactl.commands.local.demo import demo
from sagactl.commands.local.token import token
from sagactl.commands.local.up import up
from sagactl.commands.local.worker import worker
from sagactl.commands.operations import abort, list_operations, prepare, show_operation, start
from sagactl.commands.prove import prove
from sagactl.commands.reconcile import reconcile
from sagactl.commands.rejected import drop, list_rejected, redrive, show_rejected
from sagactl.commands.republish import republish
from sagactl.commands.request import request
from sagactl.commands.show import show_execution
from sagactl.commands.slots import slots
from sagactl.commands.verbs import note, resolve, retry, skip, undo
from sagactl.commands.verify import verify
from sagactl.commands.versions.diff import diff
from sagactl.commands.versions.migrate import migrate
from sagactl.local.sending import send


def print_version(wanted: bool) -> None:
    """Which release the command is of: reconcile must know what the functions know."""
    if wanted:
        typer.echo(f"sagactl {version('saga-orchestrator')}")
        raise typer.Exit


app = typer.Typer(
    name="sagactl",
    help="Operate a saga orchestrator: a stack on AWS, or one on this machine.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

local = typer.Typer(help="The whole stack on this machine.", no_args_is_help=True)
local.command("up")(up)
local.command("send")(send)
local.command("worker")(worker)
local.command("token")(token)

rejected = typer.Typer(help="Events that had no effect: rejected, given up or never delivered.", no_args_is_help=True)
rejected.command("list")(list_rejected)
rejected.command("show")(show_rejected)
rejected.command("redrive")(redrive)
rejected.command("drop")(drop)

limits = typer.Typer(
    help="Show the slots that are taken; close or open a language, or put another limit in a setting's place.",
    invoke_without_command=True,
)
limits.callback(invoke_without_command=True)(slots)
limits.command("close")(close)
limits.command("open")(open_)
limits.command("override")(override)

operations = typer.Typer(help="One verb for many sagas: frozen, started, followed.", no_args_is_help=True)
operations.command("prepare")(prepare)
operations.command("start")(start)
operations.command("list")(list_operations)
operations.command("show")(show_operation)
operations.command("abort")(abort)

app.add_typer(local, name="local")
app.command("demo")(demo)
app.command("verify")(verify)
app.command("request")(request)
app.command("list")(list_sagas)
app.command("show")(show_execution)
app.add_typer(limits, name="slots")
app.command("cancel")(cancel)
for verb in (retry, resolve, skip, undo, note):
    app.command(verb.__name__)(verb)
app.command("acts")(list_acts)
app.add_typer(operations, name="operations")
app.add_typer(rejected, name="rejected")
app.command("compare")(compare)
app.command("republish")(republish)
app.command("reconcile")(reconcile)
app.command("diff")(diff)
app.command("migrate")(migrate)
app.command("graph")(graph)
app.command("prove")(prove)


@app.callback()
def every_command(
    _version: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=print_version)
    ] = False,
) -> None:
    """Operate a saga orchestrator: a stack on AWS, or one on this machine."""
