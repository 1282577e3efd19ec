"""How a bug is planted into the real engine: its functions are replaced where they are used."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from saga_orchestrator.domain.flow import (
    answers,
    asking,
    closing,
    compensation,
    deciding,
    dues,
    forward,
    opening,
    telling,
    turn,
    verbs,
)

Patch = tuple[Any, str, Callable[..., Any]]


@dataclass(frozen=True)
class PlantedBug:
    """`search`: by which part of a proof it must be found; `found_by` matches what that says."""

    name: str
    patches: tuple[Patch, ...]
    found_by: str
    saga: str = "trip"
    bars: bool = True
    troubles: int = 2
    search: str = "runs"

    def plant(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for where, name, instead in self.patches:
            monkeypatch.setattr(where, name, instead)


def everywhere(name: str, instead: Callable[..., Any]) -> tuple[Patch, ...]:
    """In every module of the engine that uses it under its name."""
    modules = (answers, asking, closing, compensation, deciding, dues, forward, opening, telling, turn, verbs)
    return tuple((module, name, instead) for module in modules if hasattr(module, name))
