"""All requirements, read from the files next to this one, in the order of their themes."""

from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from tests.conformance.schema import Requirement, Theme

FOLDER: Final = Path(__file__).parent / "requirements"


class _UniqueKeys(yaml.CSafeLoader):
    """YAML keeps the last of two equal keys; in a table of promises that is a promise lost."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        if len(set(keys)) != len(keys):
            msg = f"the same key twice near line {node.start_mark.line + 1}: {keys}"
            raise ValueError(msg)
        return super().construct_mapping(node, deep=deep)


def read_theme(text: str) -> Theme:
    """One file's theme; whatever the schema does not know is an error."""
    return Theme.model_validate(yaml.load(text, Loader=_UniqueKeys))  # noqa: S506 - a safe loader that is stricter


@cache
def themes() -> tuple[Theme, ...]:
    return tuple(read_theme(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.yaml")))


@cache
def requirements() -> tuple[Requirement, ...]:
    return tuple(requirement for theme in themes() for requirement in theme.requirements)
