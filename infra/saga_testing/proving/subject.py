"""What is proved: a definition with one input, under one deployment's settings."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from saga_orchestrator.domain.decide import Rules
from saga_orchestrator.domain.defining.numbers import MOST_ATTEMPTS
from saga_orchestrator.domain.definition import SagaDefinition, Step
from saga_orchestrator.domain.flow.terms import NOTHING, Announcement, Kept
from saga_orchestrator.domain.policy import Policy

SAMPLES: Mapping[type, Any] = {int: 7, float: 7.5, bool: True}
LETTERS = "xyzabcdefghijklmnopqrstuvw"


@dataclass(frozen=True, slots=True)
class Asking:
    """What a kind of message means to whoever takes it: an operation, or its undo, with or without an answer."""

    step: Step
    is_undo: bool
    is_awaited: bool


@dataclass(frozen=True)
class Subject:
    """`settings` are what the deployment chose when the saga began; they may have changed since."""

    definition: SagaDefinition
    input: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    settings: Mapping[str, int] = field(default_factory=lambda: NOTHING)
    policy: Policy = field(default_factory=Policy)
    key: str = "k-1"
    owner: str = "ada"

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        return self.definition.steps

    @cached_property
    def place(self) -> Mapping[str, int]:
        return {step.key: place for place, step in enumerate(self.steps)}

    @cached_property
    def asking(self) -> Mapping[str, Asking]:
        """By kind of message; announcements ask nobody for anything."""
        return {kind: asking for step in self.steps for kind, asking in self._kinds_of(step)}

    def _kinds_of(self, step: Step) -> Iterator[tuple[str, Asking]]:
        undo = step.undo
        if step.sends is not None:
            yield step.sends, Asking(step, is_undo=False, is_awaited=True)
        yield from ((kind, Asking(step, is_undo=False, is_awaited=False)) for kind in self._told(step.emits))
        if undo is not None and undo.sends is not None:
            yield undo.sends, Asking(step, is_undo=True, is_awaited=True)
        if undo is not None:
            yield from ((kind, Asking(step, is_undo=True, is_awaited=False)) for kind in self._told(undo.emits))

    def _told(self, kinds: tuple[str, ...]) -> Iterator[str]:
        return (kind for kind in kinds if not isinstance(self.definition.messages[kind], Announcement))

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """The settings with which the saga begins."""
        return {**self.definition.settings, **self.settings}

    def number(self, wanted: int | str) -> int:
        return wanted if isinstance(wanted, int) else self.numbers[wanted]

    @cached_property
    def rules_at_the_start(self) -> Rules:
        return Rules(self.definition, self._chosen(self.settings))

    @cached_property
    def rules_since(self) -> Rules:
        """Another deployment came in between: nothing of a saga that runs may follow its numbers."""
        return Rules(self.definition, self._chosen(self.numbers_since))

    @cached_property
    def numbers_since(self) -> Mapping[str, int]:
        return {name: value - 1 if value == MOST_ATTEMPTS else value + 1 for name, value in self.numbers.items()}

    def _chosen(self, settings: Mapping[str, int]) -> Policy:
        return replace(self.policy, saga_settings={self.definition.name: settings})

    def data_of(self, step: Step, telling: int = 1) -> dict[str, Any]:
        """What a *done* of the step tells. No two tell the same: so that it is seen whose was kept."""
        return {name: sample_of(kept, telling) for name, kept in step.keeps.items()}

    @property
    def waits(self) -> bool:
        """Not an execution's: it has a start of its own, and is decided by `flow`."""
        return self.definition.starts is not None


def sample_of(kept: Kept, telling: int = 1) -> Any:
    later = telling - 1
    if kept.type is str:
        return LETTERS[later % len(LETTERS)]
    return SAMPLES[kept.type] is (later % 2 == 0) if kept.type is bool else SAMPLES[kept.type] + later


def other_settings(definition: SagaDefinition) -> dict[str, int]:
    """Not the defaults, so that whoever reads those is seen; and smaller ones, so that less is tried."""
    return {name: default - 1 if default > 1 else default + 1 for name, default in definition.settings.items()}
