"""What a mapping's SchemaRegistryConfig asks for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class RegistryConfig:
    """`uri` is a URL of a Confluent registry or the ARN of a Glue registry; `attributes` are KEY and VALUE."""

    uri: str
    as_json: bool
    attributes: frozenset[str]

    @property
    def is_glue(self) -> bool:
        return self.uri.startswith("arn:")


def registry_of(config: Mapping[str, Any]) -> RegistryConfig | None:
    """None where the mapping has no registry. What it says about logging in is not needed on one machine."""
    declared = config.get("SchemaRegistryConfig")
    if not declared:
        return None
    return RegistryConfig(
        declared["SchemaRegistryURI"],
        declared["EventRecordFormat"] == "JSON",
        frozenset(one["Attribute"] for one in declared["SchemaValidationConfigs"]),
    )
