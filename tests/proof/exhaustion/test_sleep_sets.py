"""Playing fewer schedules loses nothing: the outcomes of all of them, and of every class exactly one schedule."""

import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pprint import pformat
from typing import Any, Final

import pytest

from saga_testing.wire import Wire
from tests.proof.exhaustion.conftest import Figures
from tests.proof.exhaustion.deployment import CheckedDeployment, Delivery
from tests.proof.exhaustion.footprints import Footprint, commute, never, of_call
from tests.proof.exhaustion.scenarios import deliveries
from tests.proof.exhaustion.sleep_sets import Independent
from tests.proof.exhaustion.test_interleavings import outcome, overdue, played, request, staged

Stage = Callable[[], CheckedDeployment]
Class = frozenset[tuple[int, int, int, int]]

SAMPLE: Final[dict[str, tuple[Stage, tuple[Delivery, ...]]]] = {
    "request and completed": (partial(staged, "nothing"), (deliveries()["request"], deliveries()["completed"])),
    "request twice": (partial(staged, "nothing"), (deliveries()["request"], deliveries()["request again"])),
    "request and a cancel on a stub": (
        partial(staged, "stub: started"),
        (deliveries()["request"], deliveries()["cancel by the owner"]),
    ),
    "completed and failed": (partial(staged, "running"), (deliveries()["completed"], deliveries()["failed"])),
    "two who want the last slot": (partial(staged, "nothing"), (request("ex-7"), request("ex-8"))),
    "a slot given back and wanted": (partial(staged, "running"), (deliveries()["completed"], request("ex-7"))),
    "the relay and a cancel": (
        partial(staged, "running"),
        (deliveries()["relay"], deliveries()["cancel by the owner"]),
    ),
    "two relays": (partial(staged, "completed"), (deliveries()["relay"], deliveries()["relay"])),
    "a checker and a start": (partial(overdue, "running"), (Delivery("checker", "checker"), deliveries()["started"])),
    "three at once": (
        partial(staged, "nothing"),
        (deliveries()["started"], deliveries()["completed"], deliveries()["failed"]),
    ),
}


@dataclass(frozen=True)
class Played:
    """What a way of playing has seen."""

    classes: list[Class]
    outcomes: frozenset[str]


Play = Callable[[str, Independent], Played]


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Play:
    answers: list[tuple[str, bool]] = []
    invoke = CheckedDeployment.invoke

    def noting(self: CheckedDeployment, delivery: Delivery, wire: Wire | None = None) -> bool:
        answers.append((delivery.name, invoke(self, delivery, wire)))
        return answers[-1][1]

    monkeypatch.setattr(CheckedDeployment, "invoke", noting)

    def play(name: str, independent: Independent) -> Played:
        classes, outcomes = [], set()
        stage, together = SAMPLE[name]

        def afresh() -> CheckedDeployment:
            answers.clear()
            return stage()

        for deployment, search in played(afresh, together, independent):
            classes.append(class_of(search.trace()))
            outcomes.add(pformat((sorted(answers), outcome(deployment))))
        return Played(classes, frozenset(outcomes))

    return play


def class_of(trace: Iterable[tuple[int, Footprint]]) -> Class:
    """In which order each two steps came that do not commute: what the schedules of one class have in common."""
    taken: Counter[int] = Counter()
    steps = []
    for strand, footprint in trace:
        steps.append((strand, taken[strand], footprint))
        taken[strand] += 1
    return frozenset(
        (one, nth, other, mth)
        for (one, nth, before), (other, mth, after) in itertools.combinations(steps, 2)
        if one != other and not commute(before, after)
    )


@pytest.mark.parametrize("name", SAMPLE)
def test_the_outcomes_are_those_of_all_schedules_and_each_class_is_played_once(
    name: str, play: Play, figures: Figures
) -> None:
    whole, reduced = play(name, never), play(name, commute)

    assert reduced.outcomes == whole.outcomes
    assert len(reduced.classes) == len(set(reduced.classes))
    assert set(reduced.classes) == set(whole.classes)
    assert len(reduced.classes) < len(whole.classes)
    figures(f"{name}: {len(reduced.classes)} of {len(whole.classes)} schedules, {len(whole.outcomes)} outcomes in both")


@pytest.mark.parametrize("name", ["completed and failed", "two who want the last slot", "a slot given back and wanted"])
def test_steps_taken_to_commute_that_do_not_would_lose_outcomes(name: str, play: Play) -> None:
    assert play(name, lambda _one, _other: True).outcomes < play(name, never).outcomes


ITEM: Final[dict[str, Any]] = {
    "TableName": "sagas",
    "Key": {"execution_id": {"S": "ex-1"}, "saga_name": {"S": "execution_saga"}},
}
OTHER: Final[dict[str, Any]] = {
    "TableName": "sagas",
    "Key": {"execution_id": {"S": "ex-2"}, "saga_name": {"S": "execution_saga"}},
}
WHOLE: Final = {"TableName": "sagas", "Item": {**ITEM["Key"], "state": {"S": "running"}}}


def both(*actions: dict[str, Any]) -> Footprint:
    return of_call("transact_write_items", {"TransactItems": [{"Update": action} for action in actions]})


def object_of(key: str) -> dict[str, Any]:
    return {"Bucket": "payloads", "Key": key}


def entries(*execution_ids: str) -> Footprint:
    return of_call(
        "put_events", {"Entries": [{"Detail": json.dumps({"execution_id": each})} for each in execution_ids]}
    )


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (of_call("get_item", ITEM), of_call("get_item", ITEM), True),
        (of_call("get_item", ITEM), of_call("update_item", ITEM), False),
        (of_call("update_item", ITEM), of_call("update_item", ITEM), False),
        (of_call("update_item", ITEM), of_call("put_item", WHOLE), False),
        (of_call("update_item", ITEM), of_call("update_item", OTHER), True),
        (of_call("update_item", ITEM), of_call("update_item", ITEM | {"TableName": "operator"}), True),
        (both(ITEM, OTHER), of_call("get_item", OTHER), False),
        (of_call("query", {"TableName": "sagas"}), of_call("update_item", OTHER), False),
        (of_call("query", {"TableName": "sagas"}), of_call("get_item", OTHER), True),
        (of_call("put_object", object_of("a")), of_call("put_object", object_of("a")), False),
        (of_call("put_object", object_of("a")), of_call("get_object", object_of("b")), True),
        (of_call("put_object", object_of("a")), of_call("update_item", ITEM), True),
        (of_call("send_message", {"QueueUrl": "q"}), of_call("send_message", {"QueueUrl": "q"}), False),
        (entries("ex-1", "ex-2"), entries("ex-2"), False),
        (entries("ex-1"), entries("ex-2"), True),
        (of_call("purge_queue", {}), of_call("get_item", ITEM), False),
        (of_call("purge_queue", {}), Footprint(), True),
    ],
)
def test_what_commutes(one: Footprint, other: Footprint, expected: bool) -> None:
    assert (commute(one, other), commute(other, one)) == (expected, expected)
