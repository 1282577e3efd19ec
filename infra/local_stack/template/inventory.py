"""What a stack consists of once it has been provisioned."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from local_stack.errors import BrokenTemplate, LocalStackError
from local_stack.functions import FunctionSpec
from local_stack.http_front import DeclaredApi
from local_stack.sources import KafkaMapping, QueueMapping, Schedule, StreamMapping

ACCOUNT = "123456789012"


def _nowhere() -> str:
    message = "nobody answers for an HTTP API here"
    raise LocalStackError(message)


@dataclass(frozen=True)
class Physical:
    """What Ref and GetAtt of a resource answer."""

    ref: str
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Provisioned:
    """The stack's inventory, by logical id where it matters to whoever runs the deliveries."""

    physical: dict[str, Physical] = field(default_factory=dict)
    functions: dict[str, FunctionSpec] = field(default_factory=dict)
    streams: list[StreamMapping] = field(default_factory=list)
    kafka: list[KafkaMapping] = field(default_factory=list)
    queues: list[QueueMapping] = field(default_factory=list)
    mappings: dict[str, dict[str, str]] = field(default_factory=dict)
    """What GetEventSourceMapping answers, by the mapping's id."""
    schedules: list[Schedule] = field(default_factory=list)
    listen: Callable[[], str] = _nowhere
    """Opens the front of an HTTP API, and says where it is."""
    http_api: DeclaredApi | None = None
    http_api_url: str | None = None
    tables: list[str] = field(default_factory=list)
    outputs: dict[str, str] = field(default_factory=dict)

    def topics(self) -> set[str]:
        """Every topic that a mapping reads or a function writes."""
        written = {
            spec.environment["KAFKA_TARGET_TOPIC"]
            for spec in self.functions.values()
            if spec.environment.get("KAFKA_TARGET_BOOTSTRAP")
        }
        return written | {mapping.topic for mapping in self.kafka}

    def lookup(self, logical_id: str, attribute: str | None) -> str:
        known = self.physical[logical_id]
        if attribute is None:
            return known.ref
        if attribute not in known.attributes:
            raise BrokenTemplate(f"{logical_id} has no attribute {attribute} on one machine")
        return known.attributes[attribute]
