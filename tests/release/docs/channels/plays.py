"""Sagas played by the decoder, the decision and the renderer, for examples that have really been taken and sent."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

from saga_orchestrator.domain.decide import Rules, decide
from saga_orchestrator.domain.definition import SagaDefinition, Step, Undo
from saga_orchestrator.domain.events import DeadlinePassed, EventType
from saga_orchestrator.domain.flow.deciding import decide_waiting
from saga_orchestrator.domain.flow.ledger import UNDOING, Standing
from saga_orchestrator.domain.flow.terms import Answer
from saga_orchestrator.domain.policy import Policy
from saga_orchestrator.domain.registry import SagaRegistry
from saga_orchestrator.domain.render import Message, render, sent_by
from saga_orchestrator.domain.saga import Saga
from saga_orchestrator.entrypoints.decoding import decode_event
from saga_orchestrator.entrypoints.saga_decoding import decode_reply, decode_saga_event
from saga_testing.samples.sample_events import NOW_MS, event, iso

from .waiting_schemas import inbound

Fields = dict[str, Any]

STACK: Final = "saga-orchestrator"
_HOUR_MS: Final = 3_600_000
_TURNS: Final = 50


def example_of(schema: Fields, name: str, definitions: Fields) -> Any:
    """The smallest sensible value that a schema takes; a text is its field's name."""
    if "$ref" in schema:
        return example_of(definitions[schema["$ref"].rpartition("/")[2]], name, definitions)
    if "anyOf" in schema:
        return example_of(schema["anyOf"][0], name, definitions)
    match schema.get("type"):
        case "object":
            return {each: example_of(schema["properties"][each], each, definitions) for each in schema["required"]}
        case "array":
            return [example_of(schema["items"], name, definitions)] * max(1, schema.get("minItems", 1))
        case "integer" | "number":
            return max(1, schema.get("minimum", 1))
        case _:
            return f"{name}-1"


@dataclass
class WaitingPlay:
    """One saga of a definition that waits. Whoever must answer does as `refusing` and `silent` say."""

    definition: SagaDefinition
    refusing: str = ""
    silent: str = ""
    saga: Saga | None = None
    now: int = NOW_MS
    said: list[Fields] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._registry = SagaRegistry((self.definition,))
        self._rules = Rules(self.definition, Policy())

    def play(self, *, cancelled: bool = False) -> "WaitingPlay":
        """From its start to its end."""
        starts = self.definition.starts
        assert starts is not None, "an execution's saga has a play of its own"
        schema = inbound(self._registry)[starts.event_type][1]
        own = [name for name in schema["required"] if name not in {"event_id", "event_type", "timestamp", starts.key}]
        defs = schema.get("$defs", {})
        self._event(starts.event_type, {name: example_of(schema["properties"][name], name, defs) for name in own})
        if cancelled and self.definition.cancels is not None:
            self._event(self.definition.cancels, {"reason": "changed my mind"})
        for _ in range(_TURNS):
            if self.saga is None or self.saga.state.is_terminal:
                return self
            self._go_on(self.saga)
        msg = f"{self.definition.name} comes to no end"
        raise AssertionError(msg)

    def messages(self) -> list[Message]:
        """All that was sent, as it stands on the wire."""
        assert self.saga is not None
        keys = [key for entry in self.saga.timeline for key in entry.messages]
        return [sent_by(STACK, render(self.saga, key, self.definition)) for key in keys]

    def _go_on(self, saga: Saga) -> None:
        """Everybody who is asked answers; where nobody does, time passes."""
        spoke = [self._undone(saga, step.key) or self._done(saga, step.key) for step in self.definition.steps]
        if not any(spoke):
            assert saga.deadline is not None
            self.now = saga.deadline
            self.saga = decide_waiting(saga, DeadlinePassed(), self.now, self._rules).saga

    def _undone(self, saga: Saga, key: str) -> bool:
        step, entry = self.definition.step(key), saga.ledger.of(key)
        if step is None or step.undo is None or entry is None or entry.standing not in UNDOING:
            return False
        self._reply(f"{step.undo.sends}#{entry.undo}", Answer.DONE, {})
        return True

    def _done(self, saga: Saga, key: str) -> bool:
        step, entry = self.definition.step(key), saga.ledger.of(key)
        if step is None or entry is None or entry.standing is not Standing.ASKED or key == self.silent:
            return False
        answer = Answer.REFUSED if key == self.refusing else Answer.DONE
        if step.sends is not None:
            data = {name: f"{name}-1" if kept.type is str else kept.type(1) for name, kept in step.keeps.items()}
            self._reply(f"{step.sends}#{entry.attempt}", answer, data if answer is Answer.DONE else {})
        else:
            self._event(next(each.event_type for each in step.awaits if each.means is answer), {}, actor="boss")
        return True

    def _event(self, event_type: str, own: Fields, actor: str = "ada") -> None:
        starts = self.definition.starts
        assert starts is not None
        fields = {**self._head(event_type), starts.key: "key-1", **own}
        fields["metadata"] = {"user_id": actor, "correlation_id": "corr-1"}
        self.said.append(fields)
        signal = decode_saga_event(fields, self._registry.routes[event_type], by_operator=False)
        self.saga = decide_waiting(self.saga, signal, self.now, self._rules).saga

    def _reply(self, message: str, answer: Answer, data: Fields) -> None:
        fields = self._head("COMMAND_REPLY") | {
            "in_reply_to": f"{self.definition.name}:key-1:{message}",
            "outcome": str(answer),
            **({"reason": "out_of_stock"} if answer is Answer.REFUSED else {}),
            **({"data": data} if data else {}),
        }
        self.said.append(fields)
        self.saga = decide_waiting(self.saga, decode_reply(fields)[1], self.now, self._rules).saga

    def _head(self, event_type: str) -> Fields:
        number = len(self.said) + 1
        return {
            "event_id": f"evt-{number}",
            "event_type": event_type,
            "event_version": "1.0",
            "timestamp": iso(self.now),
        }


def waiting_plays(definition: SagaDefinition) -> Iterator[WaitingPlay]:
    """Done; cancelled; each step refused; each fallen silent.

    A number that is neither a time nor an amount of attempts is taken for a bound, and set so low that all is above it.
    """
    undos = [step.undo for step in definition.steps if step.undo is not None]
    asked: list[Step | Undo] = [*definition.steps, *undos]
    times = {definition.within, *(each.within for each in asked), *(each.retry.attempts for each in asked)}
    settings = {name: value if name in times else 0 for name, value in definition.settings.items()}
    reached = replace(definition, settings=settings)
    yield WaitingPlay(reached).play()
    yield WaitingPlay(reached).play(cancelled=True)
    for step in (each for each in reached.steps if each.waits):
        yield WaitingPlay(reached, refusing=step.key).play()
        if not step.pivot:
            yield WaitingPlay(reached, silent=step.key).play()


def execution_events() -> dict[EventType, Fields]:
    """One event of each type, always with the same bytes."""
    return {each: event(each, event_id=f"evt-{number}") for number, each in enumerate(EventType, 1)}


def execution_messages(definition: SagaDefinition) -> Iterator[Message]:
    """Everything that an execution's saga sends, on each of its ways to end."""
    rules, events = Rules(definition, Policy()), execution_events()
    begun = decide(None, decode_event(events[EventType.REQUESTED], EventType.REQUESTED), NOW_MS, rules).saga
    assert begun is not None
    later = NOW_MS + _HOUR_MS
    begun = replace(begun, script_bucket="payloads")
    endings = (EventType.COMPLETED, EventType.FAILED, EventType.TIMEOUT, EventType.CANCELLED)
    ends = [decide(begun, decode_event(events[each], each), later, rules).saga for each in endings]
    for saga in (begun, *ends, decide(begun, DeadlinePassed(), later, rules).saga):
        assert saga is not None
        for key in (key for entry in saga.timeline for key in entry.messages):
            yield sent_by(STACK, render(saga, key, definition))
