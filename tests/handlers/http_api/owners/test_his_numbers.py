"""An owner's statistics count what he sees and nothing else."""

from typing import Any

import pytest

from saga_testing.http_door import OPERATOR, HttpDoor
from tests.handlers.http_api.numbers.unread import index_answers
from tests.handlers.http_api.owners.house import ADA, House, person

PARTS = ("open", "ended")


def own_numbers(house: House, who: Any = ADA) -> dict[str, Any]:
    told = house.door.get("statistics", who)
    assert told.status == 200, told.body
    assert set(told.json) == {"as_of", "open", "ended", "more"}
    return {
        **{part: {(each["saga_name"], each["state"]): each["count"] for each in told.json[part]} for part in PARTS},
        "more": told.json["more"],
    }


def test_his_statistics_count_what_he_sees_and_nothing_else() -> None:
    """Not another's, nor what nobody owns, a stub, what expired, or what nobody can read."""
    house = House()
    assert own_numbers(house) == {
        "open": {("execution_saga", "running"): 1},
        "ended": {},
        "more": False,
    }
    assert own_numbers(house, person("grace")) == {
        "open": {("execution_saga", "running"): 1},
        "ended": {("execution_saga", "cancelled"): 1},
        "more": False,
    }
    assert own_numbers(house, person("nobody")) == {"open": {}, "ended": {}, "more": False}
    house.door.cancel("own", arn=ADA)
    assert own_numbers(house)["ended"] == {("execution_saga", "cancelled"): 1}
    assert house.door.get("statistics", ADA, query={"owner": "grace"}).code == "unknown_parameter"
    assert "namespace" in house.door.get("statistics", OPERATOR).json["ended"]


def test_his_statistics_are_exact_to_a_thousand() -> None:
    house = House()
    key = {"execution_id": {"S": "own"}, "saga_name": {"S": "execution_saga"}}
    item = house.aws.dynamodb.get_item(TableName="sagas", Key=key)["Item"]
    for number in range(1002):
        house.aws.dynamodb.put_item(
            TableName="sagas", Item={**item, "owner": {"S": "eve"}, "execution_id": {"S": f"e-{number}"}}
        )
    assert (own_numbers(house, person("eve"))["open"], own_numbers(house, person("eve"))["more"]) == (
        {("execution_saga", "running"): 1000},
        True,
    )
    for number in (7, 8):
        house.aws.dynamodb.delete_item(TableName="sagas", Key={**key, "execution_id": {"S": f"e-{number}"}})
    assert (own_numbers(house, person("eve"))["open"], own_numbers(house, person("eve"))["more"]) == (
        {("execution_saga", "running"): 1000},
        False,
    )


@pytest.mark.parametrize(("code", "status"), [("ThrottlingException", 400), ("ValidationException", 400)])
def test_what_is_his_cannot_be_counted_without_its_index(code: str, status: int) -> None:
    house = House()
    without = HttpDoor(house.stack.at, owner_claim="user").get("statistics", ADA)
    assert (without.status, without.code) == (503, "no_owner_index")
    with index_answers(house.stack, "owner", code, status):
        assert house.door.get("statistics", ADA).status == 503
