"""What a client needs to know of a running stack: the content of the ready file."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

from local_stack.aws import AwsClients
from local_stack.sources import KafkaMapping
from local_stack.template import Provisioned


@dataclass(frozen=True)
class ReadyFile:
    """Names and addresses, no ARNs."""

    aws_endpoint: str
    region: str
    kafka_bootstrap: str
    event_bus: str
    table: str
    payload_bucket: str
    rejected_queue_url: str
    topics: Mapping[str, str]
    """Event type to topic; empty when the template reads no Kafka."""
    schema_registry: str | None = None
    """Where the mappings' schemas are registered, if they have a registry."""
    api: str | None = None
    """The address of the HTTP API, if the template declares one."""

    issuer: str | None = None
    """Who signs people in, if the stack was started with an issuer."""

    def as_json(self) -> str:
        return json.dumps(asdict(self), indent=2)


_NOT_GIVEN: Final = frozenset({"", "none"})
"""What stands in the place of a name in a function that needs none, for its environment must fit into 4 KB."""


def ready_file(made: Provisioned, clients: AwsClients, kafka_bootstrap: str, issuer: str | None = None) -> ReadyFile:
    """The names are those that the functions themselves are given, where one is given any."""
    settings = {
        name: value
        for spec in made.functions.values()
        for name, value in spec.environment.items()
        if value not in _NOT_GIVEN
    }
    return ReadyFile(
        aws_endpoint=clients.endpoint_url,
        region=clients.region,
        kafka_bootstrap=kafka_bootstrap,
        event_bus=settings.get("EVENT_BUS_NAME", ""),
        table=settings.get("SAGA_TABLE", ""),
        payload_bucket=settings.get("PAYLOAD_BUCKET", ""),
        rejected_queue_url=settings.get("REJECTED_QUEUE_URL", ""),
        topics={_event_type(mapping, made): mapping.topic for mapping in made.kafka},
        schema_registry=next((mapping.registry.uri for mapping in made.kafka if mapping.registry), None),
        api=made.http_api_url,
        issuer=issuer,
    )


def _event_type(mapping: KafkaMapping, made: Provisioned) -> str:
    """A function may take several types, each by a mapping that is called after it: `OrderPlacedKafkaMapping`. One that
    is called otherwise brings what its function's folder is called after."""
    named = re.fullmatch(r"(\w+?)(Msk|Kafka)Mapping", mapping.logical_id)
    if named is None:
        return made.functions[mapping.function].code_dir.name.upper()
    return re.sub(r"(?<!^)(?=[A-Z])", "_", named[1]).upper()
