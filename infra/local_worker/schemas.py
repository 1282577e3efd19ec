"""Writes the JSON Schemas of the commands: `python -m local_worker.schemas docs/schemas`."""

import json
import sys
from pathlib import Path

from local_worker.commands import CommandEnvelope, CreatePodCommand, DeletePodCommand

_MODELS: dict[str, type[CommandEnvelope]] = {
    "create_pod_command": CreatePodCommand,
    "delete_pod_command": DeletePodCommand,
}


def schema_texts() -> dict[str, str]:
    """File name to content, the same on every machine."""
    texts = {}
    for name, model in _MODELS.items():
        schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **model.model_json_schema()}
        texts[f"{name}.schema.json"] = json.dumps(schema, indent=2) + "\n"
    return texts


def main() -> None:
    """Write every schema into the given folder."""
    folder = Path(sys.argv[1])
    for name, text in schema_texts().items():
        (folder / name).write_text(text)


if __name__ == "__main__":
    main()
