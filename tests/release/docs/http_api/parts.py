"""What JSON Schemas of answers are made of. Closed: whatever is added to an answer is added there, or a test fails."""

from dataclasses import dataclass
from typing import Any, Final

from saga_orchestrator.domain.operating.authority import Demands
from saga_orchestrator.entrypoints.http_api.hands import Reasoned

Schema = dict[str, Any]

TEXT: Final[Schema] = {"type": "string"}
MAYBE_TEXT: Final[Schema] = {"type": ["string", "null"]}
BOOLEAN: Final[Schema] = {"type": "boolean"}
WHOLE: Final[Schema] = {"type": "integer"}
MAYBE_WHOLE: Final[Schema] = {"type": ["integer", "null"]}
MOMENT: Final[Schema] = {"type": "string", "format": "date-time"}
MAYBE_MOMENT: Final[Schema] = {"type": ["string", "null"], "format": "date-time"}
ETAG: Final[Schema] = {"type": "string", "pattern": '^"v[0-9]+-[0-9]+"$'}
TEXTS: Final[Schema] = {"type": "array", "items": TEXT}

ANY_READ: Final = (400, 401, 403, 500, 503)
"""Which problems every route that reads may answer with."""


def closed(**properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def maybe(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def listed(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


def named(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


@dataclass(frozen=True)
class Write:
    """A verb whose target is no saga."""

    summary: str
    shape: str
    demands: Demands
    body: type[Reasoned]
