"""`ConfirmDeletes`: an execution rests until the end of its pod is known, and its slot is given back exactly once."""

from typing import Any, Final

import pytest

from saga_orchestrator.domain.flow.deciding import decide_waiting
from saga_orchestrator.domain.flow.verbs import OperatorActed, Verb
from saga_orchestrator.domain.saga import Saga
from saga_testing.deployment import EXECUTIONS, Deployment
from saga_testing.samples.sample_events import event
from saga_testing.samples.sample_orders import reply
from saga_testing.telemetry import RecordingTelemetry

QUARTER: Final = 15 * 60


class Confirming(Deployment):
    def __init__(self, *, confirm: bool = True) -> None:
        self.counted = RecordingTelemetry()
        settings = {"CONFIRM_DELETES": str(confirm).lower()}
        super().__init__(settings, sagas=EXECUTIONS, telemetry=self.counted)
        self.happen("REQUESTED", "STARTED")

    def happen(self, *names: str, **fields: Any) -> "Confirming":
        for name in names:
            self.deliver(event(f"EXECUTION_{name}", **fields))
        return self

    def cancel(self) -> "Confirming":
        return self.happen("CANCELLED")

    def answer(self, message: str = "delete_pod#1", outcome: str = "done") -> "Confirming":
        self.deliver(reply(message, outcome) | {"in_reply_to": f"execution_saga:ex-1:{message}"})
        return self

    def wait(self, seconds: float) -> "Confirming":
        self.advance(seconds)
        self.check()
        return self

    @property
    def execution(self) -> Saga:
        found = self.saga()
        assert found is not None
        return found

    def sent(self) -> list[str]:
        return [key for entry in self.execution.timeline for key in entry.messages]

    def reasons(self) -> list[str]:
        return [pointer["reason"] for pointer in self.rejected()]

    def is_over(self, state: str) -> bool:
        """At rest for good: one ending, the slot back, nothing due, everything taken back."""
        ended = self.execution
        endings = [key for key in self.sent() if key.startswith("saga_") and key not in BEGINNINGS]
        return (
            (str(ended.state), self.slots(), ended.claim, ended.deadline, ended.deadline_shard)
            == (state, 0, None, None, None)
            and (ended.mark or "").startswith("ended#")
            and endings == [f"saga_{state}#1"]
            and ended.compensated_steps == ("create_pod", "allocate_resources")
            and ended.expires is not None
        )


BEGINNINGS: Final = {"saga_started#1", "saga_compensating#1"}


def test_a_cancelled_execution_rests_with_its_slot_until_the_delete_is_confirmed() -> None:
    execution = Confirming().cancel()

    assert (str(execution.execution.state), execution.slots()) == ("compensating", 1)
    assert execution.sent()[-2:] == ["delete_pod#1", "saga_compensating#1"]
    execution.answer()

    assert execution.is_over("cancelled")
    assert execution.execution.ended_by == "alice"
    assert execution.reasons() == []


@pytest.mark.parametrize("end", ["COMPLETED", "FAILED", "TIMEOUT"])
def test_the_pods_own_end_confirms_as_well_and_changes_no_outcome(end: str) -> None:
    execution = Confirming().cancel().happen(end)

    assert execution.is_over("cancelled")
    execution.answer()
    assert execution.is_over("cancelled")
    assert execution.reasons() == []


def test_an_execution_that_its_pod_ends_waits_for_nobody() -> None:
    for end, state in (("FAILED", "failed"), ("TIMEOUT", "timeout"), ("COMPLETED", "completed")):
        execution = Confirming().happen(end)

        assert (str(execution.execution.state), execution.slots()) == (state, 0)
        assert not execution.execution.ledger


def test_a_deadline_rests_too_and_is_counted_once_when_it_passes() -> None:
    execution = Confirming().wait(3600)
    assert (str(execution.execution.state), execution.execution.outcome) == ("compensating", "timeout")
    assert execution.counted.counts["SagasTimedOut"] == 1
    execution.wait(31)
    assert execution.counted.counts["SagasTimedOut"] == 1

    assert execution.answer("delete_pod#2").is_over("timeout")
    assert execution.execution.reason == "run_deadline_passed"


def test_a_delete_that_nobody_confirms_is_repeated_parked_and_asked_for_slowly() -> None:
    execution = Confirming().cancel()
    for _ in range(3):
        execution.wait(31)
    assert execution.sent().count("delete_pod#3") == 1
    assert "delete_pod#4" not in execution.sent()
    assert (execution.execution.mark or "").startswith("parked#")
    assert execution.slots() == 1
    execution.wait(QUARTER)
    assert execution.sent()[-1] == "delete_pod#4"

    assert execution.answer("delete_pod#2").is_over("cancelled")


def test_a_refused_delete_is_parked_and_a_failed_one_tried_again() -> None:
    failed = Confirming().cancel().answer(outcome="failed").wait(3)
    assert failed.sent()[-1] == "delete_pod#2"
    refused = Confirming().cancel().answer(outcome="refused")
    assert refused.execution.mark is not None

    assert refused.happen("COMPLETED").is_over("cancelled")


def test_every_delete_says_why_and_the_same_message_has_the_same_bytes() -> None:
    execution = Confirming().cancel().wait(31).answer("delete_pod#2", outcome="failed").wait(10)
    execution.relay_stream()
    before = {body["message_id"]: body for body in execution.published}
    execution.happen("COMPLETED")
    execution.relayed = 0
    execution.relay_stream()

    deletes = [body for body in execution.published if body["message_type"] == "DELETE_POD_COMMAND"]
    assert {body["reason"] for body in deletes} == {"cancelled"}
    # What is awaited says so, and by when: a worker answers no other delete.
    assert {body["operation_id"] for body in deletes} == {"execution_saga:ex-1:create_pod"}
    assert all(body["message_id"].endswith(f"delete_pod#{body['attempt']}") for body in deletes)
    assert {tuple(body["undoes"]) for body in deletes} == {("execution_saga:ex-1:create_pod#1",)}
    assert all(body["expires_at"] > body["timestamp"] for body in deletes)
    assert before.items() <= {body["message_id"]: body for body in execution.published}.items()
    compensating = next(body for body in execution.published if body["message_type"] == "SAGA_COMPENSATING")
    assert (compensating["outcome"], compensating["reason"], compensating["step"]) == ("cancelled", "cancelled", None)


def test_a_delete_that_nobody_awaits_asks_for_no_answer() -> None:
    execution = Confirming(confirm=False).cancel()
    execution.relay_stream()

    (delete,) = [body for body in execution.published if body["message_type"] == "DELETE_POD_COMMAND"]
    assert not {"operation_id", "attempt", "expires_at", "undoes"} & delete.keys()


def test_a_start_that_comes_late_is_deleted_again_before_and_after_the_end() -> None:
    execution = Deployment({"CONFIRM_DELETES": "true"}, sagas=EXECUTIONS, telemetry=RecordingTelemetry())
    execution.deliver(event("EXECUTION_REQUESTED"))
    execution.deliver(event("EXECUTION_CANCELLED"))

    def sent() -> list[str]:
        saga = execution.saga()
        assert saga is not None
        return [key for entry in saga.timeline for key in entry.messages]

    execution.deliver(event("EXECUTION_STARTED"))
    assert sent()[-1] == "delete_pod#2"
    execution.deliver(reply("x#1") | {"in_reply_to": "execution_saga:ex-1:delete_pod#1"})
    assert execution.slots() == 0
    execution.deliver(event("EXECUTION_STARTED"))

    assert sent()[-1] == "delete_pod#3"
    assert execution.slots() == 0
    assert sent().count("saga_cancelled#1") == 1
    execution.deliver(event("EXECUTION_STARTED"))
    execution.deliver(event("EXECUTION_STARTED"))
    assert sum(key.startswith("delete_pod") for key in sent()) <= 4


@pytest.mark.parametrize("first", [True, False])
def test_the_switch_counts_when_compensation_begins(first: bool) -> None:
    execution = Confirming(confirm=first).cancel()
    execution.reconfigure(CONFIRM_DELETES=str(not first).lower())

    assert str(execution.execution.state) == ("compensating" if first else "cancelled")
    execution.answer()
    assert execution.slots() == 0
    assert execution.sent().count("saga_cancelled#1") == 1
    assert execution.reasons() == []


def test_a_second_cancel_needs_the_right_to_and_changes_nothing() -> None:
    execution = Confirming().cancel()
    version = execution.execution.version

    execution.happen("CANCELLED", cancelled_by="root-admin").happen("CANCELLED", cancelled_by="mallory")

    assert execution.execution.version == version
    assert execution.reasons() == ["unauthorised_cancel"]
    execution.happen("REQUESTED")
    assert execution.execution.version == version


def test_what_no_execution_has_sent_or_awaits_is_rejected() -> None:
    execution = Confirming()

    execution.answer("delete_pod#1").answer("create_pod#1")
    assert execution.reasons() == ["never_sent", "not_awaited"]
    assert str(execution.execution.state) == "running"


def test_an_unsure_item_is_left_alone_by_reconcile() -> None:
    from saga_orchestrator.domain.policy import Policy  # noqa: PLC0415 - of this test alone
    from saga_orchestrator.domain.repair import examine  # noqa: PLC0415 - as above
    from sagas.execution import EXECUTION_SAGA  # noqa: PLC0415 - as above

    execution = Confirming().cancel()
    for _ in range(2):
        examined = examine(execution.execution, EXECUTION_SAGA, Policy(), execution.now)
        assert (examined.repairs, examined.by_hand) == ((), ())
        execution.answer()


@pytest.mark.parametrize(
    ("verb", "ended"), [(Verb.RESOLVE, ("create_pod", "allocate_resources")), (Verb.SKIP, ("allocate_resources",))]
)
def test_an_operator_settles_a_parked_delete_and_the_slot_comes_back(verb: Verb, ended: tuple[str, ...]) -> None:
    execution = Confirming().cancel().answer(outcome="refused")
    before, rules = execution.execution, execution.at.rules_of("execution_saga")
    assert rules is not None
    act = OperatorActed(
        event_id="act:1", event_type="act", key="ex-1", correlation_id="c", verb=verb, actor="ops", step="create_pod"
    )

    decision = decide_waiting(before, act, execution.now, rules.of(before))
    assert decision.saga is not None
    execution.at.store.replace(before, decision.saga, decision.claims, decision.releases)

    assert (str(execution.execution.state), execution.slots()) == ("cancelled", 0)
    assert execution.execution.compensated_steps == ended
