"""Schema registries as Lambda's Kafka pollers use them: a record's framing says which schema, the registry what it is.

Developer Guide, Using schema registries with Kafka event sources in Lambda.
"""

from local_stack.registry.config import RegistryConfig, registry_of
from local_stack.registry.decoding import Decoded, Decoder, UndecodableError
from local_stack.registry.encoding import avro_value, framed, protobuf_value
from local_stack.registry.schemas import RegistryAwayError
from local_stack.registry.serving import SchemaRegistry

__all__ = [
    "Decoded",
    "Decoder",
    "RegistryAwayError",
    "RegistryConfig",
    "SchemaRegistry",
    "UndecodableError",
    "avro_value",
    "framed",
    "protobuf_value",
    "registry_of",
]
