"""How a saga is declared: steps in order, each with its undo, and their messages. Data, not control flow."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from saga_orchestrator.domain.defining.fingerprint import fingerprint
from saga_orchestrator.domain.defining.problems import problems_of
from saga_orchestrator.domain.flow.terms import (
    Announcement,
    Command,
    Kept,
    Number,
    OnExhausted,
    Outcome,
    Retry,
    Start,
    View,
    Who,
)

from .events import ExecutionRequest
from .policy import Policy
from .saga import Saga, TimelineEntry
from .states import SagaState


@dataclass(frozen=True, slots=True)
class StepContext:
    """What a step's check may look at, in epoch ms: `requested_at` by the producer's clock, `now` by ours."""

    request: ExecutionRequest
    requested_at: int
    now: int
    policy: Policy


@dataclass(frozen=True, slots=True)
class Undo:
    """What takes a step back. A claim is given back on every ending, so `releases` only says who owes it.

    `sends` is a command whose answer is awaited, `within` so many seconds an attempt; `emits` are told and not awaited.
    An execution's `emits` are awaited as well where it is `confirmable` and the deployment's ConfirmDeletes says so.
    """

    emits: tuple[str, ...] = ()
    releases: bool = False
    sends: str | None = None
    within: Number = 30
    retry: Retry = field(default_factory=Retry)
    confirmable: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One step. It only states what it wants done; everything up to the next wait commits in one write.

    Args:
        key: stored in the saga, so never rename it and never count on its position.
        check: returns a reason code to refuse, None to go on. Given a `StepContext` for executions, else a `View`.
        claims: names the limited resource to take one unit of. Given the request for executions, else a `View`.
        emits: kinds of the messages to send.
        undo: how to take the step back when the saga ends other than completed.
        undo_when_failed: take it back even when this very step failed: right where its outcome is unknown.
        when: judged once, when the step is reached; a step that is not needed owes nothing.
        sends: the kind of a command that a participant answers; its answer is awaited.
        awaits: events that stand for the step's outcome; beside `sends`, whichever comes first counts.
        within: how long one attempt, or the event, is waited for, in seconds.
        retry: how often the command is sent.
        keeps: fields of the answer's data that later steps and messages may read.
        holds_earlier: the undos of earlier steps are asked for only when this one is taken back.
        pivot: from the write that asks for it, neither cancel nor time undoes anything.
        on_exhausted: what follows when every attempt failed or fell silent; a pivot is parked.
    """

    key: str
    check: Callable[[Any], str | None] | None = None
    claims: Callable[[Any], str] | None = None
    emits: tuple[str, ...] = ()
    undo: Undo | None = None
    undo_when_failed: bool = False
    when: Callable[[View], bool] | None = None
    sends: str | None = None
    awaits: tuple[Outcome, ...] = ()
    within: Number | None = None
    retry: Retry = field(default_factory=Retry)
    keeps: Mapping[str, Kept] = field(default_factory=dict)
    holds_earlier: bool = False
    pivot: bool = False
    on_exhausted: OnExhausted = OnExhausted.COMPENSATE

    @property
    def waits(self) -> bool:
        return self.sends is not None or bool(self.awaits)


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
    messages: Mapping[str, MessageSpec | Command | Announcement] = field(default_factory=dict)
    undo_again_on_late_start: tuple[str, ...] = ()
    """Messages to repeat when a pod reports for duty after the saga ended other than completed."""
    retired: tuple[Step, ...] = ()
    """Steps that no new saga takes any more. Sagas that have taken them are still owed their undo, so a step moves here
    when it is removed, and leaves the code when no saga that has done it is left running."""
    starts: Start | None = None
    """What starts it. None: EXECUTION_REQUESTED, and the other `EXECUTION_*` events move it."""
    cancels: str | None = None
    """The event that cancels it: its owner's, an admin's or an operator's."""
    settings: Mapping[str, int] = field(default_factory=dict)
    """Numbers that a deployment may set, with their defaults. A saga goes on with those it began with."""
    within: Number | None = None
    """How long the whole saga may take, in seconds."""
    announces: Mapping[SagaState, tuple[str, ...]] = field(default_factory=dict)
    """Messages of its own that go out with an outcome, before the saga's own."""
    fingerprint: str = field(init=False, compare=False, repr=False)
    """Of all that is declared; what the functions in it do is not seen. Kept in the sagas that begin under it."""

    def __post_init__(self) -> None:
        if problems := problems_of(self):
            msg = f"saga definition {self.name!r}: {'; '.join(problems)}"
            raise ValueError(msg)
        object.__setattr__(self, "fingerprint", fingerprint(self))

    def confirming(self) -> "SagaDefinition":
        """The same, with every confirmable undo awaited: what is before it, as a slot, goes once it is confirmed."""
        steps = tuple(
            replace(step, undo=replace(step.undo, sends=step.undo.emits[0], emits=()), holds_earlier=True)
            if step.undo is not None and step.undo.confirmable and step.undo.emits
            else step
            for step in self.steps
        )
        return replace(self, steps=steps)

    @property
    def needs_owner(self) -> bool:
        """Somebody must be *anyone but the owner*, and with nobody as the owner that would be everybody."""
        return any(Who.NOT_OWNER in outcome.by for step in self.steps for outcome in step.awaits)

    def step(self, key: str) -> Step | None:
        """The step that is or was taken under this key."""
        return next((step for step in (*self.steps, *self.retired) if step.key == key), None)


def is_command(definition: SagaDefinition, kind: str) -> bool:
    """Subject to the `PublishCommands` switch, as a kind that nobody has declared is."""
    spec = definition.messages.get(kind)
    return not isinstance(spec, MessageSpec) or spec.is_command
