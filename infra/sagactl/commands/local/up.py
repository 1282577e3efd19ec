"""`sagactl local up`: the real template on this machine, until Ctrl-C."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from local_stack import BrokenTemplate, LocalStackError
from sagactl.connection import READY_FILE
from sagactl.errors import NotUsableError
from sagactl.incidents.catalogue import CHECK_INTERVAL, incident_named
from sagactl.options import with_exit_code
from sagactl.outlet import Output

_SAGACTL = Path(__file__).resolve().parents[2]
_IN_THE_WHEEL = _SAGACTL / "project" / "template.yaml"
TEMPLATE = _IN_THE_WHEEL if _IN_THE_WHEEL.exists() else _SAGACTL.parents[1] / "template.yaml"
"""The project's own: an installed wheel brings a copy, the source tree has it at its root."""


class WorkerKind(StrEnum):
    """Who runs the pods."""

    SUBPROCESS = "subprocess"
    NONE = "none"


class ParticipantKind(StrEnum):
    """Who answers for credit, stock and shipping."""

    SUBPROCESS = "subprocess"
    NONE = "none"


def up(  # noqa: PLR0913, PLR0917  typer makes an option of each parameter, and only passes them by name
    kafka_port: Annotated[int, typer.Option("--kafka-port", min=0, max=65535, help="0: any free one.")] = 0,
    aws_port: Annotated[int, typer.Option("--aws-port", min=0, max=65535, help="0: any free one.")] = 0,
    kafka_bootstrap: Annotated[
        str | None,
        typer.Option("--kafka-bootstrap", metavar="HOST:PORT", help="A broker of yours instead of the built-in."),
    ] = None,
    check_interval: Annotated[
        float | None, typer.Option("--check-interval", min=0.1, help="Seconds between ticks of the timeout checker.")
    ] = None,
    worker: Annotated[
        WorkerKind, typer.Option("--worker", help="Run pods as processes of this machine, or leave commands to you.")
    ] = WorkerKind.SUBPROCESS,
    participant: Annotated[
        ParticipantKind,
        typer.Option(
            "--participant",
            help="Answer the commands of sagas by a process of this machine, or leave them to you.",
        ),
    ] = ParticipantKind.NONE,
    parameter: Annotated[
        list[str] | None, typer.Option("--parameter", metavar="NAME=VALUE", help="A template parameter; repeatable.")
    ] = None,
    schema_registry: Annotated[
        bool,
        typer.Option("--schema-registry", help="A registry on this machine, by which Avro and Protobuf are decoded."),
    ] = False,
    incident: Annotated[
        str | None,
        typer.Option(
            "--incident",
            metavar="NUMBER",
            help="Prepare an incident to practise on: 1 a parked undo, 2 a dead worker, 3 a refused event, "
            "4 a poison event, 5 a full language. No worker and no participant then.",
        ),
    ] = None,
    ready_file: Annotated[
        Path | None,
        typer.Option(
            "--ready-file", help=f"Written when everything can be used; by default {READY_FILE} in this folder."
        ),
    ] = None,
    log_dir: Annotated[
        Path | None,
        typer.Option("--log-dir", help="Keep the functions' logs here; by default they are gone when the stack ends."),
    ] = None,
    stack_name: Annotated[
        str, typer.Option("--stack-name", help="Name of the CloudFormation stack.")
    ] = "saga-orchestrator",
    region: Annotated[str, typer.Option("--region", help="Region that the stack pretends to be in.")] = "us-east-1",
    output: Annotated[Output, typer.Option("--output", help="What happens for people, or as one JSON a line.")] = (
        Output.TABLE
    ),
    template: Annotated[Path, typer.Option("--template", help="The template to run.", show_default=False)] = TEMPLATE,
) -> None:
    """Start the whole stack on this machine and show what happens, until Ctrl-C. Leaves nothing behind."""

    def run() -> None:
        # The embedded AWS takes a second to import; commands that only ask a stack do not pay for it.
        from local_stack.stack import StackOptions  # noqa: PLC0415
        from sagactl.local.live_view import LiveView  # noqa: PLC0415
        from sagactl.local.running import keep_up  # noqa: PLC0415
        from stack_client import NotStartedError  # noqa: PLC0415

        view = LiveView(output=output)
        practised = incident_named(incident) if incident is not None else None
        alone = practised is not None
        with_worker = worker is WorkerKind.SUBPROCESS and not alone
        options = StackOptions(
            template=template,
            parameters={**(practised.parameters if practised else {}), **parsed_parameters(parameter or [])},
            defaults=local_defaults(answers_deletes=with_worker),
            aws_port=aws_port,
            kafka_port=kafka_port,
            kafka_bootstrap=kafka_bootstrap,
            check_interval=check_interval or (CHECK_INTERVAL if alone else None),
            log=view.happened,
            log_dir=log_dir,
            region=region,
            stack_name=stack_name,
            schema_registry=schema_registry,
            issuer=True,
        )
        try:
            keep_up(
                options,
                ready_file,
                view,
                with_worker=with_worker,
                with_participant=participant is ParticipantKind.SUBPROCESS and not alone,
                incident=practised,
            )
        except (LocalStackError, BrokenTemplate, NotStartedError) as error:
            raise NotUsableError(str(error)) from error

    with_exit_code(run)


def local_defaults(*, answers_deletes: bool) -> dict[str, str]:
    """What a stack for trying has on. The local worker answers deletes; who obeys commands instead of it need not."""
    roles = ",".join(f"role/local-{role}:{role}" for role in ("reader", "operator", "admin"))
    return {
        "Api": "iam+jwt",
        "IamRoles": roles,
        "OwnerIndex": "true",
        **({"ConfirmDeletes": "true"} if answers_deletes else {}),
    }


def parsed_parameters(given: list[str]) -> dict[str, str]:
    """`Name=Value` pairs; a value may contain further equals signs."""
    pairs = [item.partition("=") for item in given]
    for item, (name, equals, _) in zip(given, pairs, strict=True):
        if not name or not equals:
            raise NotUsableError(f"--parameter {item}: write it as Name=Value")
    return {name: value for name, _, value in pairs}
