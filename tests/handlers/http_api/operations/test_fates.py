"""One verb for many sagas: what was shown is what is done, each once, and each with what became of it."""

from dataclasses import replace

from saga_orchestrator.domain.instants import rfc3339
from saga_testing.deployment import Deployment
from saga_testing.http_door import ADMIN, OPERATION_RUNNER, READER
from saga_testing.samples.sample_events import event
from tests.handlers.http_api.operations.desk import Desk, acts
from tests.handlers.http_api.parked_sagas import NAME, STUCK, park_again, store, store_parked, undos


def test_what_was_prepared_is_run_and_each_saga_has_its_act(stack: Deployment, desk: Desk) -> None:
    keys = store_parked(stack, 60)
    store_parked(stack, 3, STUCK, "s")

    told = desk.prepare()
    assert told.status == 201
    operation = told.json["operation"]
    assert (operation["state"], operation["count"], operation["verb"]) == ("prepared", 60, "retry")
    assert operation["filter"] == {"reason": "refused", "step": None, "saga_name": None, "language": None}
    assert operation["prepared"]["actor"].startswith("role/on-call")
    assert [item["execution_id"] for item in told.json["items"]] == keys[:50]
    assert acts(stack) == []
    assert {undos(stack, key) for key in keys} == {1}

    started = desk.started(operation["id"])
    assert (started["state"], started["progress"]["left"]) == ("running", 60)
    assert stack.aws.functions.invoked == [(OPERATION_RUNNER, {"operation": operation["id"]})]
    desk.run({"operation": operation["id"]})

    ended = desk.one(operation["id"]).json
    assert (ended["state"], ended["progress"]) == (
        "ended",
        {"done": 60, "changed": 0, "refused": 0, "failed": 0, "left": 0},
    )
    assert {undos(stack, key) for key in keys} == {2}
    of_sagas = [act for act in acts(stack) if act["target"]["S"].startswith("saga:")]
    assert {act["operation"]["S"] for act in acts(stack)} == {operation["id"]}
    assert len(of_sagas) == 60
    assert {(act["verb"]["S"], act["actor"]["S"], act["reason"]["S"]) for act in of_sagas} == {
        ("retry", operation["prepared"]["actor"], "as agreed")
    }
    assert [item["outcome"] for item in desk.items(operation["id"])] == ["done"] * 60
    (shown,) = desk.door.get("sagas/{name}/{key}/acts", READER, path={"name": NAME, "key": "o-0"}).json["acts"]
    assert shown["operation"] == operation["id"]


def test_running_ones_are_cancelled_by_when_they_began(stack: Deployment, desk: Desk) -> None:
    stack.deliver(event("EXECUTION_REQUESTED", "old"))
    stack.advance(10)
    stack.deliver(event("EXECUTION_REQUESTED", "young"))
    cut = rfc3339(stack.now)
    stack.advance(1)

    identity = desk.prepared(verb="cancel", of="deadlines", filter={"language": "python"}, before=cut)
    desk.started(identity)
    desk.run({"operation": identity})

    states = {key: saga.state for key in ("old", "young") if (saga := stack.saga(key)) is not None}
    assert states == {"old": "cancelled", "young": "running"}
    assert desk.progress(identity)["done"] == 1
    assert stack.slots() == 1


def test_what_changed_since_is_left_alone(stack: Deployment, desk: Desk) -> None:
    keys = store_parked(stack, 6)
    identity = desk.prepared()
    recovered, cancelled, vanished, broken, again, left = keys
    for key in (recovered, again):
        desk.door.act("retry", key, NAME, ADMIN)
    park_again(stack, again)
    saga = stack.saga(cancelled, NAME)
    assert saga is not None
    store(stack, replace(saga, version=saga.version + 1))
    name = {"execution_id": {"S": vanished}, "saga_name": {"S": NAME}}
    stack.aws.dynamodb.delete_item(TableName="sagas", Key=name)
    name["execution_id"]["S"] = broken
    stack.aws.dynamodb.update_item(TableName="sagas", Key=name, UpdateExpression="REMOVE dv")
    before = {key: stack.item(key, NAME) for key in (recovered, cancelled, vanished, broken, again)}

    desk.started(identity)
    desk.run({"operation": identity})

    outcomes = {item["execution_id"]: (item["outcome"], item["code"]) for item in desk.items(identity)}
    assert outcomes == {
        recovered: ("changed", "changed"),
        cancelled: ("changed", "changed"),
        vanished: ("changed", "vanished"),
        broken: ("refused", "corrupt_saga"),
        again: ("changed", "changed"),
        left: ("done", None),
    }
    assert {key: stack.item(key, NAME) for key in before} == before
    assert desk.progress(identity) == {"done": 1, "changed": 4, "refused": 1, "failed": 0, "left": 0}


def test_what_a_saga_does_not_allow_is_listed_with_its_reason(stack: Deployment, desk: Desk) -> None:
    store_parked(stack, 2, STUCK)
    identity = desk.prepared(ADMIN, verb="skip", filter={"step": "ship"})
    desk.started(identity, ADMIN)
    desk.run({"operation": identity})

    assert {(item["outcome"], item["code"]) for item in desk.items(identity)} == {
        ("refused", "a_pivot_cannot_be_skipped")
    }


def test_a_note_for_many_changes_none_of_them(stack: Deployment, desk: Desk) -> None:
    keys = store_parked(stack, 3)
    before = stack.items()
    identity = desk.prepared(verb="note")
    desk.started(identity, body='{"reason":"I have them"}')
    desk.run({"operation": identity})

    assert stack.items() == before
    notes = [act for act in acts(stack) if act["verb"]["S"] == "note"]
    assert {act["target"]["S"] for act in notes} == {f"saga:{NAME}:{key}" for key in keys}
    assert {act["reason"]["S"] for act in notes} == {"I have them"}
    assert desk.progress(identity)["done"] == 3
