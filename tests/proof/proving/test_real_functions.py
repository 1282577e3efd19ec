"""The same runs on the real functions: seeded worlds, and deliveries at the same time; and bugs of those are found."""

from typing import Any

import pytest

from saga_orchestrator.adapters.saga_store import DynamoDbSagaStore
from saga_orchestrator.application.apply_event import SagaWriter
from saga_orchestrator.application.ports import Stored
from saga_testing.proving.stored.schedules import Schedules
from saga_testing.proving.stored.worlds import Worlds
from tests.proof.proving.subjects import SUBJECTS


@pytest.mark.parametrize("name", SUBJECTS)
def test_seeded_worlds_agree_with_the_core_and_come_to_rest(name: str) -> None:
    worlds = Worlds((SUBJECTS[name],), seeds=100)

    assert worlds.run() is None
    assert worlds.run_so_far == 100


@pytest.mark.parametrize("name", ["execution", "pair", "seat"])
def test_deliveries_at_the_same_time_leave_what_some_order_of_them_leaves(name: str) -> None:
    schedules = Schedules((SUBJECTS[name],))

    assert schedules.run() is None
    assert schedules.is_complete
    assert schedules.run_so_far > 50


def test_a_write_without_its_condition_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    replace = DynamoDbSagaStore.replace

    def writes_over(self: Any, old: Any, new: Any, claims: Any, releases: Any) -> Any:
        outcome = replace(self, old, new, claims, releases)
        return outcome if isinstance(outcome, Stored) else Stored()

    monkeypatch.setattr(DynamoDbSagaStore, "replace", writes_over)

    finding = Schedules((SUBJECTS["pair"],)).run()

    assert finding is not None
    assert "no order of them leaves" in finding.wrong


def test_what_is_stored_otherwise_than_decided_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = SagaWriter.answer

    def loses_answers(self: Any, reply: Any, rules: Any) -> Any:
        return answer(self, reply, rules) if reply.message != "take_right#1" else None

    monkeypatch.setattr(SagaWriter, "answer", loses_answers)

    finding = Worlds((SUBJECTS["pair"],), seeds=20).run()

    assert finding is not None
