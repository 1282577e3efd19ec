"""What stands in the place of a setting until it expires."""

from saga_orchestrator.adapters.counters.counter_items import counter_key, directory_key
from saga_testing.deployment import Deployment
from saga_testing.http_door import HttpDoor
from saga_testing.samples.sample_events import event
from tests.handlers.http_api.slots.limits_desk import (
    Json,
    acts,
    head,
    limiting,
    one,
    over_all,
    override,
    run,
    state,
    until,
)


def test_an_override_is_in_force_at_the_next_check_and_gives_back_the_setting(stack: Deployment) -> None:
    stack.reconfigure(DEFAULT_LANGUAGE_LIMIT="1", COUNTER_SHARDS="2")
    door = HttpDoor(stack.at)
    run(stack, "ex-1")
    before = head(stack)

    told = override(stack, door, 3, body={"limit": 3, "until": until(stack, 10_000), "reason": "a rush"})

    assert (told.status, told.json["replayed"], told.json["effective"]) == (200, False, "at the next check")
    assert {**head(stack), "override": None, "ov": None} == {**before, "override": None, "ov": None}
    run(stack, "too-early")
    assert state(stack, "too-early") == ("failed", "limit_reached")
    stack.check()
    assert (one(door)["limit"], one(door)["settled"]) == (3, True)
    run(stack, "ex-2", "ex-3", "ex-4")
    assert [state(stack, f"ex-{number}")[0] for number in (2, 3, 4)] == ["running", "running", "failed"]

    stack.advance(11)
    assert one(door)["override"]["stands"] is False
    stack.check()
    assert (one(door)["limit"], one(door)["used"]) == (1, 3)
    run(stack, "ex-5")
    assert state(stack, "ex-5")[0] == "failed"


def test_a_closed_language_takes_no_new_work_and_what_runs_goes_on(stack: Deployment, door: HttpDoor) -> None:
    run(stack, "ex-1", "ex-2", "ex-3")
    told = limiting(door, "close", body={"reason": "a bad image"})
    assert (told.status, told.json["override"]["until"], told.json["override"]["by"]) == (
        *(200, None),
        "user/root-of-sagas",
    )
    stack.check()

    run(stack, "ex-4")
    assert state(stack, "ex-4") == ("failed", "language_closed")
    assert one(door)["closed"] is True
    stack.deliver(event("EXECUTION_STARTED", "ex-1"))
    stack.deliver(event("EXECUTION_COMPLETED", "ex-1"))
    stack.deliver(event("EXECUTION_FAILED", "ex-2"))
    assert [state(stack, f"ex-{number}")[0] for number in (1, 2, 3)] == ["completed", "failed", "running"]
    assert one(door)["used"] == 1

    assert limiting(door, "open", idempotency_key="k-2").json["override"] is None
    stack.check()
    run(stack, "ex-5")
    assert state(stack, "ex-5")[0] == "running"
    assert sorted(acts(stack)) == ["close", "open"]


def test_all_is_every_language_and_the_later_word_counts(stack: Deployment, door: HttpDoor) -> None:
    run(stack, "ex-1")
    run(stack, "ex-2", language="ruby")
    override(stack, door, 7)
    stack.advance(1)
    assert limiting(door, "close", "all", body={"reason": "an incident"}).json["language"] == "all"
    stack.check()
    assert [each["limit"] for each in door.get("slots").json["slots"]] == [0, 0]

    stack.advance(1)
    override(stack, door, 5, idempotency_key="k-2")
    stack.check()
    assert [each["limit"] for each in door.get("slots").json["slots"]] == [5, 0]

    assert limiting(door, "open", "all", idempotency_key="k-2").status == 200
    stack.check()
    assert [each["limit"] for each in door.get("slots").json["slots"]] == [5, 100]


def test_an_idle_check_costs_what_it_did(stack: Deployment, door: HttpDoor) -> None:
    run(stack, "ex-1")
    stack.check()
    stack.wire.calls.clear()
    stack.check()
    before = list(stack.wire.calls)
    override(stack, door, 7)
    stack.check()
    stack.wire.calls.clear()
    stack.check()

    assert stack.wire.calls == before


def test_whatever_stands_there_and_cannot_be_read_stops_no_claim(stack: Deployment, door: HttpDoor) -> None:
    run(stack, "ex-1")
    odd: Json
    for odd in ({"S": "x"}, {"M": {}}, {"M": {"limit": {"S": "x"}, "at": {"N": "1"}}}):
        stack.aws.dynamodb.put_item(TableName="sagas", Item={**head(stack), "override": odd, "ov": {"N": "4"}})
        stack.check()
        assert (one(door)["override"], one(door)["limit"]) == (None, 100)
    run(stack, "ex-2")
    assert state(stack, "ex-2")[0] == "running"


def test_a_release_before_overrides_passes_over_them_and_destroys_none(stack: Deployment, door: HttpDoor) -> None:
    """It sets what it knows of a head, and adds to the directory."""
    run(stack, "ex-1")
    override(stack, door, 7)
    limiting(door, "close", "all", body={"reason": "x"})
    stack.aws.dynamodb.update_item(
        TableName="sagas",
        Key=counter_key("python", 0),
        UpdateExpression="SET #limit = :l, gen = gen + :one, shards = :s, span = :s, unsettled = :t",
        ExpressionAttributeNames={"#limit": "limit"},
        ExpressionAttributeValues={
            ":l": {"N": "100"},
            ":one": {"N": "1"},
            ":s": {"N": "8"},
            ":t": {"BOOL": True},
        },
    )
    run(stack, "ex-2", language="ruby")

    assert one(door)["override"]["limit"] == 7
    directory = stack.aws.dynamodb.get_item(TableName="sagas", Key=directory_key())["Item"]
    assert set(directory["languages"]["SS"]) == {"python", "ruby"}
    assert over_all(door)["override"]["limit"] == 0
