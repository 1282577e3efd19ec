"""A definition in eight digits: another number of seconds, another event or another order of steps shows in them."""

import functools
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Final
from zlib import crc32

if TYPE_CHECKING:
    from saga_orchestrator.domain.definition import SagaDefinition

_NEVER: Final = object()
_COUNTS: Final = frozenset({"steps", "messages", "starts", "cancels", "settings", "within", "announces"})

_LOOKS: Final = "shown"
"""What people see of a saga is none of its meaning."""


def fingerprint(definition: "SagaDefinition") -> str:
    """The same in every process and on every machine."""
    declared = [(field.name, getattr(definition, field.name)) for field in fields(definition) if field.init]
    # A saga keeps its numbers by place, so their names and order count, and their defaults do not.
    plain = [(name, [*value] if name == "settings" else _plain(value)) for name, value in declared if name in _COUNTS]
    return f"{crc32(repr(plain).encode()):08x}"


@functools.cache
def _defaults(kind: type[Any]) -> dict[str, Any]:
    made = [(field.name, field) for field in fields(kind)]
    plain = {name: field.default for name, field in made if field.default is not MISSING}
    return plain | {name: field.default_factory() for name, field in made if field.default_factory is not MISSING}


def _plain(value: Any) -> Any:
    """Of a function only that there is one: its place in memory differs, and its code with Python's version."""
    if isinstance(value, Enum | type):
        return str(value) if isinstance(value, Enum) else value.__name__
    if is_dataclass(value):
        # What is left at its default does not count: a word that the engine learns later changes no older definition.
        kind: Any = type(value)
        defaults: dict[str, Any] = _defaults(kind)
        said = [(each.name, getattr(value, each.name)) for each in fields(value) if each.init and each.name != _LOOKS]
        return [(name, _plain(each)) for name, each in said if each != defaults.get(name, _NEVER)]
    if isinstance(value, Mapping):
        return [(name, _plain(each)) for name, each in value.items()]
    if isinstance(value, frozenset | tuple | list):
        each_plain = map(_plain, value)
        return sorted(each_plain) if isinstance(value, frozenset) else list(each_plain)
    return "function" if callable(value) else value
