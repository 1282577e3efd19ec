"""Bugs on purpose, each in the production code while the test runs: the enumeration must notice every one of them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from saga_orchestrator.adapters.patient_writes import PatientWrites, Refused
from saga_orchestrator.adapters.saga_store import DynamoDbSagaStore
from saga_orchestrator.adapters.targets.event_bus import EventBus
from saga_orchestrator.application.ports import Fate, Outcome
from saga_orchestrator.application.relay import EmittingWrite
from saga_orchestrator.domain.decide import decide
from saga_orchestrator.domain.errors import RetryableError
from saga_orchestrator.domain.events import Event
from saga_orchestrator.domain.render import render
from saga_orchestrator.domain.saga import Claim, Saga
from saga_orchestrator.entrypoints import relay_function
from saga_orchestrator.entrypoints.event_function import EventFunction
from sagas.execution import EXECUTION_SAGA
from tests.proof.exhaustion.enumeration import Scenario, Tally, check, single_faults, yardstick
from tests.proof.exhaustion.scenarios import deliveries
from tests.proof.exhaustion.test_interleavings import explore, request
from tests.proof.simulation.campaign import find


def no_version_condition(patch: pytest.MonkeyPatch) -> None:
    original = DynamoDbSagaStore._update

    def unconditional(self: DynamoDbSagaStore, old: Saga, new: Saga) -> dict[str, Any]:
        update = original(self, old, new)
        return update | {"ConditionExpression": "version >= :read_version"}

    patch.setattr(DynamoDbSagaStore, "_update", unconditional)


def no_release(patch: pytest.MonkeyPatch) -> None:
    original = DynamoDbSagaStore.replace

    def keeping(self: DynamoDbSagaStore, old: Saga, new: Saga, claims: str | None, _releases: Claim | None) -> Outcome:
        return original(self, old, new, claims, None)

    patch.setattr(DynamoDbSagaStore, "replace", keeping)


def counter_in_a_write_of_its_own(patch: pytest.MonkeyPatch) -> None:
    original = PatientWrites.transact

    def one_by_one(self: PatientWrites, actions: list[dict[str, Any]], **_deciding: int) -> Refused | None:
        refusals = [original(self, [action]) for action in actions]
        return refusals[0]

    patch.setattr(PatientWrites, "transact", one_by_one)


def no_limit_on_the_counter(patch: pytest.MonkeyPatch) -> None:
    original = DynamoDbSagaStore._count

    def unlimited(self: DynamoDbSagaStore, claim: Claim, change: int) -> dict[str, Any]:
        update = original(self, claim, change)["Update"]
        return {"Update": {name: value for name, value in update.items() if name != "ConditionExpression"}}

    patch.setattr(DynamoDbSagaStore, "_count", unlimited)


def failures_are_swallowed(patch: pytest.MonkeyPatch) -> None:
    original = EventFunction.run

    def forgiving(self: EventFunction, event: Any, context: Any) -> dict[str, Any] | None:
        try:
            return original(self, event, context)
        except RetryableError:
            return None

    patch.setattr(EventFunction, "run", forgiving)


def refused_entries_are_not_looked_at(patch: pytest.MonkeyPatch) -> None:
    original = EventBus.publish

    def trusting(self: EventBus, messages: Any) -> list[Fate]:
        return [Fate.PUBLISHED for _ in original(self, messages)]

    patch.setattr(EventBus, "publish", trusting)


def relay_ignores_changes(patch: pytest.MonkeyPatch) -> None:
    original = relay_function.emitting_write

    def inserts_only(record: dict[str, Any]) -> EmittingWrite:
        write = original(record)
        return write if record["eventName"] == "INSERT" else replace(write, keys=())

    patch.setattr(relay_function, "emitting_write", inserts_only)


def published_before_the_write(patch: pytest.MonkeyPatch) -> None:
    original = EventFunction._apply_to_sagas

    def eager(self: EventFunction, event: Event, sagas: Any) -> None:
        saga = decide(None, event, self.at.clock(), self.at.rules[0]).saga
        if saga is not None and saga.has_emitted("create_pod"):
            message = render(saga, "create_pod#1", EXECUTION_SAGA)
            self.at.publisher.publish([(message, message.encode())])
        original(self, event, sagas)

    patch.setattr(EventFunction, "_apply_to_sagas", eager)


def anybody_cancels(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("saga_orchestrator.domain.decide.authorise", lambda *_: True)


def faults_in(prior: str, delivery: str) -> Callable[[], None]:
    def enumerate_faults() -> None:
        scenario = Scenario(prior, delivery)
        expected = yardstick(scenario).account
        for plan in single_faults(scenario):
            check(scenario, plan, expected, Tally())

    return enumerate_faults


def race_of(prior: str, *names: str) -> Callable[[], None]:
    return lambda: _explored(explore(prior, tuple(deliveries()[name] for name in names)))


def race_for_the_last_slot() -> None:
    _explored(explore("nothing", (request("ex-7"), request("ex-8"))))


def without_any_fault() -> None:
    for prior in ("running, pod started", "completed", "failed"):
        yardstick(Scenario(prior, "relay"))


def _explored(schedules: int) -> None:
    assert schedules


MUTANTS: list[tuple[Callable[[pytest.MonkeyPatch], None], Callable[[], None], str]] = [
    (no_version_condition, race_of("running", "completed", "failed"), "slot"),
    (no_release, faults_in("running", "completed"), "slot"),
    (counter_in_a_write_of_its_own, faults_in("nothing", "request"), "slot"),
    (no_limit_on_the_counter, race_for_the_last_slot, "slot"),
    (failures_are_swallowed, faults_in("nothing", "request"), "S11"),
    (failures_are_swallowed, faults_in("running", "completed"), "S11"),
    (refused_entries_are_not_looked_at, faults_in("running", "relay"), "L2"),
    (relay_ignores_changes, faults_in("running", "completed"), "L2"),
    (published_before_the_write, faults_in("stub: completed", "request"), "S5"),
    (anybody_cancels, faults_in("running", "cancel by a stranger"), "S13"),
]


@pytest.mark.parametrize(
    ("mutate", "explored", "complaint"), MUTANTS, ids=[f"{at}-{each[0].__name__}" for at, each in enumerate(MUTANTS)]
)
def test_the_exploration_notices(
    mutate: Callable[[pytest.MonkeyPatch], None],
    explored: Callable[[], None],
    complaint: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    explored()  # without the bug there is nothing to complain about
    mutate(monkeypatch)
    with pytest.raises(AssertionError, match=complaint):
        explored()


@pytest.mark.parametrize(
    "name",
    [
        "start leaves the start deadline",
        "start deadline a tenth too long",
        "create never expires",
        "completed runs are undone",
        "end not announced",
        "failure taken for a timeout",
    ],
)
def test_what_is_wrong_without_any_fault_is_seen_too(name: str) -> None:
    """The yardstick has the same bug, so only an oracle can tell."""
    without_any_fault()
    with find(name).applied(), pytest.raises(AssertionError):
        without_any_fault()
