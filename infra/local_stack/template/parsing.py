"""A template's text, as the transform reads it."""

import json
from functools import lru_cache
from typing import Any

import yaml
from samtranslator.yaml_helper import intrinsics_multi_constructor


class _TemplateLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # where libyaml is, it is used
    """The transform's own reading of a template, by the parser in C: the one in Python takes most of a second."""


_TemplateLoader.add_multi_constructor("!", intrinsics_multi_constructor)


def parsed(text: str) -> Any:
    """What the text says, for each caller as an object of its own.

    Raises:
        yaml.YAMLError: it is no YAML; the intrinsics' own reading lets others through.
    """
    return json.loads(_as_json(text))


@lru_cache(maxsize=8)
def _as_json(text: str) -> str:
    """Parsing is most of the time, so it is done once a text."""
    return json.dumps(yaml.load(text, Loader=_TemplateLoader), default=str)  # noqa: S506 - a safe loader's child
