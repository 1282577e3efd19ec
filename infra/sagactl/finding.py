"""Which definition is meant by a name on the command line."""

import importlib
import sys
from dataclasses import dataclass
from pathlib import Path

from saga_orchestrator.domain.definition import SagaDefinition
from sagactl.errors import NotUsableError
from sagas import SAGAS


@dataclass(frozen=True, slots=True)
class Found:
    """A definition, and where it can be imported from; None where no module names it."""

    definition: SagaDefinition
    module: str | None
    attribute: str

    @property
    def spec(self) -> str | None:
        return f"{self.module}:{self.attribute}" if self.module else None


def find(name: str) -> Found:
    """By the name of a registered saga, with or without `_saga`, or by module and attribute.

    Raises:
        NotUsableError: there is none; the message says which there are.
    """
    return _imported(name) if ":" in name else _registered(name)


def _registered(name: str) -> Found:
    definition = SAGAS.named(name) or SAGAS.named(f"{name}_saga")
    if definition is None:
        known = ", ".join(each.name for each in SAGAS)
        raise NotUsableError(f"there is no saga {name}; there is: {known}, or name a file of yours as module:ATTRIBUTE")
    for module in [each for each in sys.modules if each.startswith("sagas.")]:
        for attribute, value in vars(sys.modules[module]).items():
            if value is definition:
                return Found(definition, module, attribute)
    return Found(definition, None, definition.name.upper())


def _imported(name: str) -> Found:
    module, _, attribute = name.partition(":")
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        definition = getattr(importlib.import_module(module), attribute)
    except Exception as error:
        # Whatever a file of somebody raises; a definition with a mistake is refused here, with all mistakes named.
        raise NotUsableError(f"{name} cannot be imported: {type(error).__name__}: {error}") from error
    if not isinstance(definition, SagaDefinition):
        raise NotUsableError(f"{name} is a {type(definition).__name__}, and no SagaDefinition")
    return Found(definition, module, attribute)
