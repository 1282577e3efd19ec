"""The files that are written, and their content."""

import json
from pathlib import Path
from typing import Final

import yaml

from tests.release.docs.documents import ROOT

from .asyncapi import document
from .page import page
from .sagas import schema_files

ASYNCAPI: Final = ROOT / "docs/asyncapi.yaml"
PAGE: Final = ROOT / "docs/channels.md"
SCHEMAS: Final = ROOT / "docs/schemas"


def texts() -> dict[Path, str]:
    """Path to content, the same on every machine."""
    described = json.loads(json.dumps(document()))  # plain types, and nothing twice that YAML would make an alias of
    written = yaml.safe_dump(described, sort_keys=False, width=120, allow_unicode=True)
    schemas = {SCHEMAS / name: json.dumps(schema, indent=2) + "\n" for name, schema in schema_files().items()}
    return {ASYNCAPI: written, PAGE: page(described), **schemas}
