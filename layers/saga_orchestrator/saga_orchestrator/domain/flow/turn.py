"""One signal's turn: what it is judged by, and the saga on its way through the one write that it makes."""

import json
from dataclasses import dataclass, replace
from typing import Any
from zlib import crc32

from saga_orchestrator.domain.definition import SagaDefinition, Step
from saga_orchestrator.domain.errors import CorruptSaga
from saga_orchestrator.domain.policy import Policy
from saga_orchestrator.domain.saga import Claim, Saga, TimelineEntry

from .ledger import Entry, StepError, with_error
from .terms import Number, Retry, View


@dataclass(frozen=True, slots=True)
class Turn:
    """What a signal is judged by. `cause` is the timeline's entry for it."""

    definition: SagaDefinition
    policy: Policy
    now: int
    cause: TimelineEntry
    refused: str | None = None
    """Why the claim that this signal was tried with before was refused, nothing having been written."""


@dataclass(frozen=True, slots=True)
class Draft:
    """`saga` as it is so far in this write, and what goes with it: kinds to emit in order, a claim, a release."""

    saga: Saga
    emits: tuple[str, ...] = ()
    claims: str | None = None
    releases: Claim | None = None
    notes: tuple[str, ...] = ()
    """Metrics to count once the write is durable."""

    def change(self, **fields: Any) -> "Draft":
        return Draft(self.saga.having(**fields), self.emits, self.claims, self.releases, self.notes)

    def enter(self, entry: Entry) -> "Draft":
        return self.change(ledger=self.saga.ledger.with_entry(entry))

    def fault(self, message: str, reason: str, turn: Turn) -> "Draft":
        """An attempt that did not do it: `message` is its key, such as `reserve_credit#2`."""
        return self.change(errors=with_error(self.saga.errors, StepError(message, reason, turn.now)))

    def emit(self, *kinds: str) -> "Draft":
        return replace(self, emits=(*self.emits, *kinds))

    def note(self, *metrics: str) -> "Draft":
        return replace(self, notes=(*self.notes, *metrics))

    def complete(self, step: Step) -> "Draft":
        return self.change(completed_steps=(*self.saga.completed_steps, step.key))


def number(saga: Saga, definition: SagaDefinition, wanted: Number) -> int:
    """A number as the definition says it: itself, or the setting with which the saga began."""
    return wanted if isinstance(wanted, int) else numbers(saga, definition)[wanted]


def numbers(saga: Saga, definition: SagaDefinition) -> dict[str, int]:
    """The settings with which the saga began, by name.

    Raises:
        CorruptSaga: there are more or fewer of them than the definition has names.
    """
    if len(saga.settings) != len(definition.settings):
        raise CorruptSaga("it began with other settings than its definition has")
    return dict(zip(definition.settings, saga.settings, strict=True))


def view(saga: Saga, definition: SagaDefinition) -> View:
    """What the saga's own functions may look at."""
    return View(
        key=saga.execution_id,
        owner=saga.owner,
        input=_input(saga),
        settings=numbers(saga, definition),
        data={step: dict(kept) for step, kept in saga.data.items()},
        completed_steps=saga.completed_steps,
        outcome=str(saga.outcome) if saga.outcome else None,
        reason=saga.reason,
    )


def _input(saga: Saga) -> dict[str, Any]:
    try:
        content = json.loads(saga.input) if saga.input is not None else {}
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise CorruptSaga("its input is no JSON object")
    return content


def has_attempts_left(saga: Saga, definition: SagaDefinition, retry: Retry, made: int) -> bool:
    """`made` counts the attempts of the present series."""
    return made < number(saga, definition, retry.attempts)


def pause_ms(saga: Saga, step: str, retry: Retry, made: int) -> int:
    """How long after the `made`th failed attempt the next is asked for: doubled, capped, less up to a fifth."""
    seconds: int = min(retry.cap_seconds, retry.backoff_seconds << min(made - 1, 30))
    spread = crc32(f"{saga.saga_id}:{step}:{made}".encode()) % 200
    return seconds * (1000 - spread)
