"""`sagactl local send`: recorded Kafka records onto the topics of the stack on this machine."""

import json
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from sagactl.connection import READY_FILE
from sagactl.errors import NotDoneError, NotUsableError
from sagactl.local.recorded import Recorded, Recording
from sagactl.options import with_exit_code
from sagactl.outlet import Output, number_of, show, table

_SECONDS = 15


def send(
    files: Annotated[list[Path], typer.Argument(help="Records as JSON lines.", metavar="FILE...")],
    ready_file: Annotated[
        Path, typer.Option("--ready-file", help="Of the stack; as `sagactl local up` wrote it.")
    ] = Path(READY_FILE),
    output: Annotated[Output, typer.Option("--output", help="Format of the result.")] = Output.TABLE,
) -> None:
    """Send recorded Kafka records to the stack on this machine, in the files' order.

    docs/samples has some, and docs/envelopes.md says what a line is. Records with a schema need a stack that was
    started with --schema-registry.
    """

    def run() -> None:
        ready = _ready(ready_file)
        recordings = [Recording(file, lambda *schema: _registered(ready, *schema)) for file in files]
        records = [(each.identifier, record) for each in recordings for record in each.records()]
        _produce(str(ready["kafka_bootstrap"]), [record for _, record in records])
        facts = [{"topic": record.topic, "key": record.key, "id": identifier} for identifier, record in records]
        rows = [[each["topic"], each["key"]] for each in facts]
        show(output, facts, table(f"{number_of(len(facts), 'record')} sent", ("topic", "key"), rows))

    with_exit_code(run)


def _ready(file: Path) -> Mapping[str, Any]:
    try:
        ready: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise NotUsableError(f"no stack is told of in {file}: start one with `sagactl local up`") from error
    return ready


def _registered(ready: Mapping[str, Any], subject: str, schema: str, schema_type: str) -> int:
    registry = ready.get("schema_registry")
    if not registry:
        raise NotUsableError("the stack has no schema registry: start it with `sagactl local up --schema-registry`")
    body = json.dumps({"schema": schema, "schemaType": schema_type}).encode()
    request = urllib.request.Request(  # noqa: S310 - the stack's own registry
        f"{registry}/subjects/{subject}/versions", body, {"Content-Type": "application/vnd.schemaregistry.v1+json"}
    )
    with urllib.request.urlopen(request, timeout=_SECONDS) as reply:  # noqa: S310 - as above
        return int(json.load(reply)["id"])


def _produce(bootstrap: str, records: Sequence[Recorded]) -> None:
    from confluent_kafka import Producer  # noqa: PLC0415 - commands that send nothing do not load it

    failed: list[str] = []
    producer = Producer({"bootstrap.servers": bootstrap, "log_level": 2, "message.max.bytes": 4_000_000})
    for record in records:
        producer.produce(
            record.topic,
            record.value,
            record.key,
            headers=list(record.headers),
            on_delivery=lambda error, _message: failed.append(str(error)) if error else None,
        )
    left = producer.flush(_SECONDS)
    if left or failed:
        raise NotDoneError(f"Kafka did not take {left + len(failed)} of {len(records)} records: {failed[:1]}")
