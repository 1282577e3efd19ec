"""How a saga is declared: steps in order, each with its undo, and their messages. Data, not control flow."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .events import ExecutionRequest
from .policy import Policy
from .saga import Saga, TimelineEntry

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")


@dataclass(frozen=True, slots=True)
class StepContext:
    """What a step's check may look at, in epoch ms: `requested_at` by the producer's clock, `now` by ours."""

    request: ExecutionRequest
    requested_at: int
    now: int
    policy: Policy


@dataclass(frozen=True, slots=True)
class Undo:
    """What takes a step back. A claim is given back on every ending, so `releases` only says who owes it."""

    emits: tuple[str, ...] = ()
    releases: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One step. It only states what it wants done; everything up to the next wait commits in one write.

    Args:
        key: stored in the saga, so never rename it and never count on its position.
        check: returns a reason code to refuse, None to go on.
        claims: names the limited resource to take one unit of.
        emits: kinds of the messages to send.
        undo: how to take the step back when the saga ends other than completed.
        undo_when_failed: take it back even when this very step failed: right where its outcome is unknown.
    """

    key: str
    check: Callable[[StepContext], str | None] | None = None
    claims: Callable[[ExecutionRequest], str] | None = None
    emits: tuple[str, ...] = ()
    undo: Undo | None = None
    undo_when_failed: bool = False


@dataclass(frozen=True, slots=True)
class MessageSpec:
    """A kind of message: its published type, and its own fields as a pure function of write-once state.

    Args:
        is_command: subject to the `PublishCommands` switch.
        carries_script: its body has a `script_ref`, and takes the script itself where the saga says inline.
        only_before_start: never sent again to a saga that does not wait for its start any more: it would begin work
            whose saga is over, or that runs already.
    """

    type: str
    body: Callable[[Saga, TimelineEntry], Mapping[str, Any]]
    is_command: bool = True
    carries_script: bool = False
    only_before_start: bool = False


@dataclass(frozen=True, slots=True)
class SagaDefinition:
    """A saga, complete. Raise `version` when the meaning of stored steps or messages changes."""

    name: str
    version: int
    steps: tuple[Step, ...]
    messages: Mapping[str, MessageSpec] = field(default_factory=dict)
    undo_again_on_late_start: tuple[str, ...] = ()
    """Messages to repeat when a pod reports for duty after the saga ended other than completed."""
    retired: tuple[Step, ...] = ()
    """Steps that no new saga takes any more. Sagas that have taken them are still owed their undo, so a step moves here
    when it is removed, and leaves the code when no saga that has done it is left running."""

    def __post_init__(self) -> None:
        declared = (*self.steps, *self.retired)
        keys = [step.key for step in declared]
        kinds = {kind for step in declared for kind in (*step.emits, *(step.undo.emits if step.undo else ()))}
        problems = [
            *(
                f"{name!r} is no lower-case name"
                for name in (self.name, *keys, *self.messages)
                if not _NAME.fullmatch(name)
            ),
            *(f"step {key!r} is declared twice" for key in {key for key in keys if keys.count(key) > 1}),
            *(
                f"message {kind!r} is not declared"
                for kind in sorted((kinds | {*self.undo_again_on_late_start}) - {*self.messages})
            ),
            *(["only one step may claim"] if sum(step.claims is not None for step in self.steps) > 1 else []),
        ]
        if problems:
            msg = f"saga definition {self.name!r}: {'; '.join(problems)}"
            raise ValueError(msg)

    def step(self, key: str) -> Step | None:
        """The step that is or was taken under this key."""
        return next((step for step in (*self.steps, *self.retired) if step.key == key), None)
