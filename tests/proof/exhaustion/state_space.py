"""The whole system as an explicit state space: sagas, messages in flight, the worker, the clock, and one crash.

The production `decide` makes every transition. Around it stand the promises it is built on, as small as they can be
said: a write commits or not, a source delivers again what was not acknowledged, a stream keeps the order of one item,
a bus delivers at least once in any order, a worker obeys docs/worker-contract.md. Breadth first, every state once.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final, TypeVar

from saga_orchestrator.domain.decide import Rules, decide
from saga_orchestrator.domain.errors import RejectedEvent
from saga_orchestrator.domain.events import (
    ClaimRefused,
    DeadlinePassed,
    Event,
    ExecutionCancelled,
    ExecutionCompleted,
    ExecutionRequested,
    ExecutionStarted,
)
from saga_orchestrator.domain.policy import Policy
from saga_orchestrator.domain.saga import Claim, Saga
from saga_orchestrator.domain.states import SagaState
from saga_testing.samples.sample_request import REQUEST
from sagas.execution import EXECUTION_SAGA

Value = TypeVar("Value")

START_MS: Final = 1_795_500_000_000
PHASE_MS: Final = 400_000  # longer than any deadline: when a phase has passed, whatever was waited for is due
LIMIT: Final = 1
RULES: Final = Rules(EXECUTION_SAGA, Policy(payload_bucket="payloads", default_language_limit=LIMIT, counter_shards=1))


@dataclass(frozen=True, slots=True)
class Pod:
    """What the worker knows of one execution."""

    alive: bool = False
    created: bool = False
    deleted: bool = False  # a delete was seen: a create that comes later is refused


@dataclass(frozen=True, slots=True)
class System:
    """One state. Bags are sorted tuples, so that equal states are equal values."""

    sagas: tuple[Saga | None, ...]
    counter: int
    inbox: tuple[tuple[int, str], ...]  # (execution, event) that its source will deliver until it is acknowledged
    stream: tuple[tuple[str, ...], ...]  # message keys of each execution that the relay has not acknowledged, in order
    commands: tuple[tuple[int, str], ...]
    pods: tuple[Pod, ...]
    phase: int = 0
    crashes: int = 1
    duplicates: int = 0


class Violation(AssertionError):
    """An invariant does not hold; the message says which, and how the state was reached."""


def initial(executions: int, events: tuple[tuple[int, str], ...], *, crashes: int, duplicates: int) -> System:
    return System(
        sagas=(None,) * executions,
        counter=0,
        inbox=tuple(sorted(events)),
        stream=((),) * executions,
        commands=(),
        pods=(Pod(),) * executions,
        crashes=crashes,
        duplicates=duplicates,
    )


@cache
def event_named(execution: int, name: str) -> Event:
    execution_id = f"ex-{execution}"
    ids: dict[str, Any] = {"event_id": f"{name}-{execution}", "execution_id": execution_id, "correlation_id": "c"}
    match name:
        case "requested":
            return ExecutionRequested(
                **ids, requested_at=START_MS, owner="alice", request=REQUEST, request_hash=execution_id.encode()
            )
        case "started":
            return ExecutionStarted(**ids)
        case "completed":
            return ExecutionCompleted(**ids, exit_code=0)
        case "cancelled":
            return ExecutionCancelled(**ids, actor="alice", by_operator=False)
        case _:
            msg = f"no event is called {name}"
            raise ValueError(msg)


def successors(system: System) -> Iterator[tuple[str, System]]:
    """Everything that can happen next."""
    yield from _deliveries(system)
    yield from _deadlines(system)
    yield from _relays(system)
    yield from _worker(system)
    yield from _pods(system)
    if any(saga is not None and saga.deadline is not None and saga.deadline > _now(system) for saga in system.sagas):
        # Time passes only while somebody waits for it: each saga has two deadlines at most, so the space is finite.
        yield "time passes", replace(system, phase=system.phase + 1)


def _deliveries(system: System) -> Iterator[tuple[str, System]]:
    for execution, name in dict.fromkeys(system.inbox):
        event = event_named(execution, name)
        after = _applied(system, execution, event)
        acknowledged = replace(after, inbox=_without(after.inbox, (execution, name)))
        yield f"{name}-{execution} is applied", acknowledged
        if system.crashes:
            yield f"{name}-{execution} is applied, then the function dies", replace(after, crashes=system.crashes - 1)
        if system.duplicates:
            yield f"{name}-{execution} is applied and comes again", replace(after, duplicates=system.duplicates - 1)


def _deadlines(system: System) -> Iterator[tuple[str, System]]:
    for execution, saga in enumerate(system.sagas):
        if saga is not None and saga.deadline is not None and saga.deadline <= _now(system):
            yield f"the checker ends {execution}", _applied(system, execution, DeadlinePassed())


def _applied(system: System, execution: int, signal: Event | DeadlinePassed) -> System:
    """What the application does with one signal: decide, and one conditional write with its claim or release."""
    saga, now = system.sagas[execution], _now(system)
    try:
        decision = decide(saga, signal, now, RULES)
        if decision.claims is not None and system.counter >= LIMIT and isinstance(signal, ExecutionRequested):
            decision = decide(saga, ClaimRefused(signal), now, RULES)
    except RejectedEvent:
        return system
    after = decision.saga
    if not decision.changed or after is None:
        return system
    counter = system.counter
    if decision.claims is not None:
        after, counter = replace(after, claim=Claim(decision.claims, 0)), counter + 1
    if decision.releases is not None:
        counter -= 1
    return replace(
        system,
        sagas=_with(system.sagas, execution, after),
        counter=counter,
        stream=_with(system.stream, execution, (*system.stream[execution], *after.outbox)),
    )


def _relays(system: System) -> Iterator[tuple[str, System]]:
    for execution, keys in enumerate(system.stream):
        if not keys:
            continue
        key = keys[0]
        command = key.partition("#")[0] in {"create_pod", "delete_pod"}
        published = replace(system, commands=_plus(system.commands, (execution, key))) if command else system
        yield f"{key} of {execution} is relayed", replace(published, stream=_with(system.stream, execution, keys[1:]))
        if system.crashes and command:
            yield f"{key} of {execution} is relayed, then the relay dies", replace(published, crashes=0)


def _worker(system: System) -> Iterator[tuple[str, System]]:
    for execution, key in dict.fromkeys(system.commands):
        rest = replace(system, commands=_without(system.commands, (execution, key)))
        pod = system.pods[execution]
        if key.startswith("delete_pod"):
            gone = replace(pod, alive=False, deleted=True)
            yield f"worker obeys {key} of {execution}", replace(rest, pods=_with(rest.pods, execution, gone))
        elif pod.created or pod.deleted or _expired(system, execution):
            yield f"worker refuses {key} of {execution}", rest
        else:
            made = replace(pod, alive=True, created=True)
            started = replace(rest, pods=_with(rest.pods, execution, made))
            yield (
                f"worker obeys {key} of {execution}",
                replace(started, inbox=_plus(started.inbox, (execution, "started"))),
            )


def _pods(system: System) -> Iterator[tuple[str, System]]:
    for execution, pod in enumerate(system.pods):
        if pod.alive:
            ended = replace(system, pods=_with(system.pods, execution, replace(pod, alive=False)))
            yield f"pod {execution} ends", replace(ended, inbox=_plus(ended.inbox, (execution, "completed")))


def _now(system: System) -> int:
    return START_MS + system.phase * PHASE_MS


def _expired(system: System, execution: int) -> bool:
    saga = system.sagas[execution]
    return saga is None or saga.create_before is None or saga.create_before < _now(system)


def check_safety(system: System) -> None:
    """S3 is held by `move` in every transition; the others are looked at here, in every state."""
    held = [saga for saga in system.sagas if saga is not None and saga.claim is not None]
    _require("S7", system.counter == len(held) <= LIMIT)
    for saga in filter(None, system.sagas):
        creates, deletes = saga.occurrences("create_pod"), saga.occurrences("delete_pod")
        _require("S4", creates <= 1)
        _require("S8", not saga.state.is_terminal or saga.claim is None)
        _require("S12", not saga.is_stub or not (saga.claim or saga.outbox or saga.deadline))
        undone = saga.state.is_terminal and saga.state is not SagaState.COMPLETED
        _require("S9", not (undone and creates) or deletes >= 1)
        _require("S17", len(saga.outbox) <= 8 and deletes <= 4)


def check_rest(system: System) -> None:
    """Nothing can happen any more: everything has ended, and nothing is left over."""
    _require("L1", all(saga is None or saga.state.is_terminal or saga.is_stub for saga in system.sagas))
    _require("L2", not any(system.stream))
    _require("L3", not any(pod.alive for pod in system.pods) and system.counter == 0)


@dataclass
class Search:
    states: int = 0
    transitions: int = 0
    at_rest: int = 0

    def __str__(self) -> str:
        return f"{self.states} states, {self.transitions} transitions, {self.at_rest} at rest"


def search(start: System, on_state: Callable[[System], None] = check_safety) -> Search:
    """Visit every reachable state.

    Raises:
        Violation: with the shortest way to the state that breaks an invariant.
    """
    found = Search()
    came_from: dict[System, tuple[System, str] | None] = {start: None}
    queue = deque([start])
    while queue:
        system = queue.popleft()
        found.states += 1
        try:
            on_state(system)
            after = list(successors(system))
            if not after:
                found.at_rest += 1
                check_rest(system)
        except AssertionError as broken:
            msg = f"{broken}; reached by: {'; '.join(_way(system, came_from))}"
            raise Violation(msg) from broken
        for label, following in after:
            found.transitions += 1
            if following not in came_from:
                came_from[following] = (system, label)
                queue.append(following)
    return found


def _way(system: System, came_from: dict[System, tuple[System, str] | None]) -> list[str]:
    labels: list[str] = []
    while (step := came_from[system]) is not None:
        system, label = step
        labels.append(label)
    return labels[::-1]


def _require(invariant: str, holds: bool) -> None:
    if not holds:
        raise AssertionError(invariant)


def _with(values: tuple[Value, ...], position: int, value: Value) -> tuple[Value, ...]:
    return (*values[:position], value, *values[position + 1 :])


def _plus(bag: tuple[tuple[int, str], ...], value: tuple[int, str]) -> tuple[tuple[int, str], ...]:
    return tuple(sorted((*bag, value)))


def _without(bag: tuple[tuple[int, str], ...], value: tuple[int, str]) -> tuple[tuple[int, str], ...]:
    position = bag.index(value)
    return (*bag[:position], *bag[position + 1 :])
