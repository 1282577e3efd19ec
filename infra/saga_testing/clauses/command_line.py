"""Options that both kits share, and where what cannot be played becomes one line and an exit code."""

import json
import shlex
import subprocess
import sys
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import boto3
import typer
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from saga_testing.clauses.bus import BusChannel
from saga_testing.clauses.channel import Channel
from saga_testing.clauses.kafka import KafkaChannel
from saga_testing.clauses.model import Clause
from saga_testing.clauses.refusals import CannotPlay
from saga_testing.clauses.report import BAD_USAGE, Output
from saga_testing.clauses.stacks import refuse_stacks_bus, refuse_stacks_topics

Kafka = Annotated[str | None, typer.Option("--kafka", help="Bootstrap servers of the cluster with topics of its own.")]
Commands = Annotated[str, typer.Option("--commands-topic", help="Topic to which commands go.")]
EventsPrefix = Annotated[str, typer.Option("--events-prefix", help="Before the names of the topics that are heard.")]
Bus = Annotated[str | None, typer.Option("--bus", help="Name of an EventBridge bus of its own.")]
Source = Annotated[str, typer.Option("--source", help="The EventBridge source of what is heard.")]
Endpoint = Annotated[str | None, typer.Option("--endpoint-url", help="AWS endpoint, such as an emulator's.")]
Profile = Annotated[str | None, typer.Option("--profile", help="Profile of the AWS configuration.")]
Region = Annotated[str | None, typer.Option("--region", help="AWS region.")]
Patience = Annotated[float, typer.Option("--patience", help="Seconds to wait for what must come.", min=0.1)]
Quiet = Annotated[
    float, typer.Option("--quiet", help="Seconds of silence after which nothing more will come.", min=0.1)
]
Only = Annotated[list[str] | None, typer.Option("--only", help="Play this clause; may be given again.")]
OutputFormat = Annotated[Output, typer.Option("--output", help="Format of the result.")]


@dataclass(frozen=True)
class Where:
    """The bus or the topics, as they were given."""

    kafka: str | None
    commands_topic: str
    events_prefix: str
    bus: str | None
    source: str
    endpoint_url: str | None
    profile: str | None
    region: str | None


class Clients:
    """Plain AWS clients, made when they are asked for."""

    def __init__(self, where: Where) -> None:
        self._session = boto3.Session(profile_name=where.profile, region_name=where.region)
        self._endpoint = where.endpoint_url
        self._config = Config(connect_timeout=5, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 3})
        self._made: dict[str, Any] = {}

    def __getattr__(self, service: str) -> Any:
        if service not in self._made:
            self._made[service] = self._session.client(service, endpoint_url=self._endpoint, config=self._config)
        return self._made[service]


def open_channel(where: Where, hear: Sequence[str], run: str) -> tuple[Channel, Clients]:
    """The way to the other side, unless it is a stack's.

    Raises:
        CannotPlay: one line says why.
    """
    if (where.kafka is None) == (where.bus is None):
        raise CannotPlay("give either --kafka or --bus: the contract is played over one of them")
    clients = Clients(where)
    if where.bus is not None:
        refuse_stacks_bus(clients.events, where.bus, Path.cwd())
        return BusChannel(clients, where.bus, where.source, hear, run), clients
    heard = [f"{where.events_prefix}{name.lower()}" for name in hear]
    refuse_stacks_topics(str(where.kafka), [where.commands_topic, *heard], heard, Path.cwd())
    return KafkaChannel(str(where.kafka), where.commands_topic, heard), clients


def new_run() -> str:
    """Tells this run's executions from those of any other."""
    return uuid.uuid4().hex[:8]


def chosen(clauses: Sequence[Clause[Any]], only: Sequence[str] | None) -> list[Clause[Any]]:
    """Raises CannotPlay for a number that no clause has."""
    numbers = [clause.number for clause in clauses]
    unknown = [number for number in only or () if number not in numbers]
    if unknown:
        raise CannotPlay(f"there is no clause {unknown[0]}; there are {', '.join(numbers)}")
    return [clause for clause in clauses if not only or clause.number in only]


def json_object(option: str, text: str) -> dict[str, Any]:
    """Raises CannotPlay for anything else."""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise CannotPlay(f"{option} is no JSON object")
    return found


def restarter(command: str | None) -> Callable[[], None] | None:
    """What runs the caller's command, and complains when it fails."""
    if command is None:
        return None
    words = shlex.split(command)

    def restart() -> None:
        done = subprocess.run(words, check=False, capture_output=True, text=True)
        if done.returncode:
            raise CannotPlay(f"--restart ended with exit code {done.returncode}: {done.stderr[-200:]}")

    return restart


def with_exit_code(work: Callable[[], int]) -> None:
    """0: no clause is broken. 1: one is. 2: nothing was played, and one line says why."""
    try:
        code = work()
    except CannotPlay as reason:
        code = refused(str(reason))
    except (ClientError, BotoCoreError) as error:
        code = refused(f"AWS refuses: {' '.join(str(error).split())}")
    raise typer.Exit(code)


def refused(reason: str) -> int:
    with suppress(OSError, ValueError):
        sys.stderr.write(f"contract kit: {reason}\n")
    return BAD_USAGE
