"""The second saga of docs/define-your-own-saga.md, decided purely and run by the real handlers beside the first one."""

from dataclasses import replace

import pytest

from saga_orchestrator.domain.decide import Rules, Verdict, decide
from saga_orchestrator.domain.definition import Step, Undo
from saga_orchestrator.domain.errors import CorruptSaga
from saga_orchestrator.domain.events import DeadlinePassed, Event, EventType
from saga_orchestrator.domain.policy import Policy
from saga_orchestrator.domain.registry import SagaRegistry
from saga_orchestrator.domain.saga import Saga
from saga_orchestrator.domain.states import SagaState
from saga_orchestrator.entrypoints.decoding import decode_event
from saga_orchestrator.entrypoints.relay_function import CommandRelay
from saga_testing.aws.dynamodb.stream_record import as_lambda_image
from saga_testing.deployment import EXECUTIONS
from saga_testing.lambda_context import Context
from saga_testing.moto_world import World
from saga_testing.samples.sample_events import NOW_MS, event
from tests.handlers.own_saga.workspace_saga import WORKSPACE_SAGA

RULES = Rules(WORKSPACE_SAGA, Policy())


@pytest.fixture
def two_sagas(
    world: World,
) -> World:
    """The handlers' deployment, with the second saga registered as the document says."""
    world.register(SagaRegistry((*EXECUTIONS, WORKSPACE_SAGA)))
    return world


def request(language: str = "python") -> Event:
    fields = event("EXECUTION_REQUESTED", language=language)
    return decode_event(fields, EventType.REQUESTED, by_operator=False, script_buckets=frozenset())


def workspace_of(deployment: World) -> Saga:
    saga = deployment.at.store.get("ex-1", WORKSPACE_SAGA.name)
    assert saga is not None
    return saga


def test_the_decision_runs_all_steps_and_asks_for_the_workspace() -> None:
    decision = decide(None, request(), NOW_MS, RULES)

    assert decision.saga is not None
    assert (decision.saga.state, decision.saga.completed_steps) == (
        SagaState.RUNNING,
        ("check_language", "create_workspace"),
    )
    assert decision.messages == ("saga_started#1", "create_workspace#1")
    assert decision.claims is None


def test_the_decision_refuses_without_undoing_what_was_never_done() -> None:
    decision = decide(None, request(language="cobol"), NOW_MS, RULES)

    assert decision.saga is not None
    assert (decision.saga.state, decision.saga.reason) == (SagaState.FAILED, "no_workspace_for_language")
    assert decision.messages == ("saga_failed#1",)


def test_a_passed_deadline_undoes_the_workspace() -> None:
    running = decide(None, request(), NOW_MS, RULES).saga

    decision = decide(running, DeadlinePassed(), NOW_MS + 300_000, RULES)

    assert decision.verdict is Verdict.APPLIED
    assert decision.messages == ("delete_workspace#1", "saga_timeout#1")


def test_a_step_that_was_removed_is_undone_for_the_sagas_that_have_taken_it() -> None:
    running = decide(None, request(), NOW_MS, RULES).saga
    check, create = WORKSPACE_SAGA.steps
    without_workspace = Rules(replace(WORKSPACE_SAGA, version=2, steps=(check,), retired=(create,)), Policy())

    ended = decide(running, DeadlinePassed(), NOW_MS + 300_000, without_workspace)
    anew = decide(None, request(), NOW_MS, without_workspace)

    assert ended.messages == ("delete_workspace#1", "saga_timeout#1")
    assert anew.messages == ("saga_started#1",)


def test_a_saga_with_a_step_that_nobody_knows_is_not_ended_without_its_undo() -> None:
    running = decide(None, request(), NOW_MS, RULES).saga
    forgetful = Rules(replace(WORKSPACE_SAGA, steps=WORKSPACE_SAGA.steps[:1]), Policy())

    with pytest.raises(CorruptSaga, match="create_workspace"):
        decide(running, DeadlinePassed(), NOW_MS + 300_000, forgetful)


def test_a_retired_step_is_checked_like_any_other() -> None:
    with pytest.raises(ValueError, match="declared twice"):
        replace(WORKSPACE_SAGA, retired=WORKSPACE_SAGA.steps[:1])
    with pytest.raises(ValueError, match="'undo_nothing' is not declared"):
        replace(WORKSPACE_SAGA, retired=(Step("old_step", undo=Undo(emits=("undo_nothing",))),))


def test_one_event_moves_both_sagas_and_only_the_first_takes_a_slot(two_sagas: World) -> None:
    two_sagas.deliver(event("EXECUTION_REQUESTED"))

    first, second = two_sagas.saga(), workspace_of(two_sagas)
    assert first is not None
    assert (first.state, second.state) == (SagaState.RUNNING, SagaState.RUNNING)
    assert (second.saga_id, second.claim) == ("workspace_saga:ex-1", None)
    assert two_sagas.slots() == 1


@pytest.mark.parametrize(
    ("ends_with", "state", "undone"),
    [
        ("EXECUTION_COMPLETED", SagaState.COMPLETED, ()),
        ("EXECUTION_FAILED", SagaState.FAILED, ("create_workspace",)),
        ("EXECUTION_TIMEOUT", SagaState.TIMEOUT, ("create_workspace",)),
        ("EXECUTION_CANCELLED", SagaState.CANCELLED, ("create_workspace",)),
    ],
)
def test_the_handlers_end_both_sagas(
    two_sagas: World, ends_with: str, state: SagaState, undone: tuple[str, ...]
) -> None:
    for name in ("EXECUTION_REQUESTED", "EXECUTION_STARTED", ends_with):
        two_sagas.deliver(event(name))

    first, second = two_sagas.saga(), workspace_of(two_sagas)
    assert first is not None
    assert (first.state, second.state) == (state, state)
    assert second.compensated_steps == undone
    assert (two_sagas.slots(), two_sagas.rejected()) == (0, [])


def test_a_refusal_of_one_saga_leaves_the_other_alone(two_sagas: World) -> None:
    two_sagas.deliver(event("EXECUTION_REQUESTED", language="bash"))

    first, second = two_sagas.saga(), workspace_of(two_sagas)
    assert first is not None
    assert first.state is SagaState.RUNNING
    assert (second.state, second.reason) == (SagaState.FAILED, "no_workspace_for_language")


def test_a_saga_that_cannot_be_read_does_not_keep_the_event_from_the_other(two_sagas: World) -> None:
    two_sagas.deliver(event("EXECUTION_REQUESTED"))
    item = two_sagas.item()
    assert item is not None
    two_sagas.at.sdk.dynamodb.put_item(TableName="sagas", Item=item | {"state": {"S": "hovering"}})

    two_sagas.deliver(event("EXECUTION_FAILED"))

    assert workspace_of(two_sagas).state is SagaState.FAILED
    assert [pointer["reason"] for pointer in two_sagas.rejected()] == ["corrupt_saga"]


def test_an_early_event_waits_for_the_request_in_both(two_sagas: World) -> None:
    two_sagas.deliver(event("EXECUTION_FAILED"))
    assert workspace_of(two_sagas).is_stub

    two_sagas.deliver(event("EXECUTION_REQUESTED"))

    assert workspace_of(two_sagas).state is SagaState.FAILED
    assert workspace_of(two_sagas).outbox == ("saga_failed#1",)


def test_the_timeout_checker_finds_both(two_sagas: World) -> None:
    two_sagas.deliver(event("EXECUTION_REQUESTED"))
    two_sagas.now += 300_000

    assert two_sagas.check() == {"due": 2, "timed_out": 2, "unfinished": False}
    assert workspace_of(two_sagas).outbox == ("delete_workspace#1", "saga_timeout#1")


def test_the_relay_publishes_what_the_second_sagas_stream_record_owes(two_sagas: World) -> None:
    two_sagas.deliver(event("EXECUTION_REQUESTED"))
    (item,) = (item for item in two_sagas.items() if item["saga_name"]["S"] == WORKSPACE_SAGA.name)
    record = {"eventName": "INSERT", "dynamodb": {"SequenceNumber": "100", "NewImage": as_lambda_image(item)}}

    assert two_sagas.relay(record) == {"batchItemFailures": []}

    assert [body["message_type"] for body in two_sagas.published] == ["SAGA_STARTED", "CREATE_WORKSPACE_COMMAND"]
    assert two_sagas.published[1]["owner"] == "alice"


def test_a_relay_that_does_not_know_the_saga_waits_at_its_record(two_sagas: World) -> None:
    two_sagas.deliver(event("EXECUTION_REQUESTED"))
    two_sagas.register(EXECUTIONS)
    records = [
        {
            "eventName": "INSERT",
            "dynamodb": {"SequenceNumber": item["saga_name"]["S"], "NewImage": as_lambda_image(item)},
        }
        for item in two_sagas.items()
        if "outbox" in item
    ]

    assert two_sagas.relay(*records) == {"batchItemFailures": [{"itemIdentifier": WORKSPACE_SAGA.name}]}


def test_an_operator_can_have_the_second_sagas_messages_sent_again(two_sagas: World) -> None:
    two_sagas.deliver(event("EXECUTION_REQUESTED"))
    wanted = {"execution_id": "ex-1", "saga_name": WORKSPACE_SAGA.name}

    CommandRelay(two_sagas.at).run({"republish": [wanted]}, Context())

    assert [(body["message_type"], body["message_id"]) for body in two_sagas.published] == [
        ("SAGA_STARTED", "workspace_saga:ex-1:saga_started#1"),
        ("CREATE_WORKSPACE_COMMAND", "workspace_saga:ex-1:create_workspace#1"),
    ]
